"""What machines are told of a run of the gate: JSON lines, spans of OpenTelemetry, a file for Prometheus; nothing unless it is asked for.

It watches and decides nothing: whatever fails here is said on standard error, and the exit code is what it was.

- `GATE_LOG=json`: everything on standard error is one JSON document a line.
- `OTEL_EXPORTER_OTLP_ENDPOINT`, or a provider that the surrounding program has set: one span per run, one below it per stage.
- `GATE_METRICS=FILE`: counts, times and days that matter, for the textfile collector of Prometheus' node exporter.
"""

import io
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, redirect_stderr
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

from gate.cli.textfile import Sample

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["Observed", "measure", "observing", "say", "stage"]


class Observed:
    """One run: its command, what was said about it, and where that goes."""

    def __init__(self, command: str, log: "_JsonLines | None", tracer: "Tracer | None", metrics: str) -> None:
        self.command, self._log, self._tracer, self._metrics = command, log, tracer, metrics
        self._begun = self._stage_begun = time.monotonic()
        self._said: dict[str, str] = {}
        self._samples: list[Sample] = []
        self._instead: set[str] = set()
        self._root: Span | None = None if tracer is None else tracer.start_span(command, context=_parent())
        self._span: Span | None = None
        self._stage = ""
        self._event("begin")

    def stage(self, text: str) -> None:
        """A stage begins, and the one before it ends."""
        self._end_stage()
        self._stage, self._stage_begun = text, time.monotonic()
        if self._tracer is not None and self._root is not None:
            from opentelemetry import trace  # noqa: PLC0415 -- only where spans are wanted

            self._span = self._tracer.start_span("gate.stage", context=trace.set_span_in_context(self._root), attributes={"gate.stage": text})

    def say(self, **facts: str) -> None:
        """What was found, for the log and the span of the run."""
        self._said.update(facts)

    def measure(self, samples: Iterable[Sample], *, instead_of: Iterable[str] = ()) -> None:
        """Numbers for the file of metrics."""
        self._samples += samples
        self._instead.update(instead_of)

    def ended(self, code: int) -> None:
        """The run is over."""
        self._end_stage()
        seconds = time.monotonic() - self._begun
        self._event("end", exit_code=code, seconds=round(seconds, 3), **self._said)
        if self._root is not None:
            self._root.set_attributes({"gate.exit_code": code, **{f"gate.{key}": value for key, value in self._said.items()}})
            if code == 4:
                from opentelemetry.trace import StatusCode  # noqa: PLC0415 -- as above

                self._root.set_status(StatusCode.ERROR)
            self._root.end()
        if self._metrics:
            self._written(code, seconds)

    def _written(self, code: int, seconds: float) -> None:
        from pathlib import Path  # noqa: PLC0415 -- only where metrics are wanted

        from gate.cli.textfile import update  # noqa: PLC0415

        of, ended = (("command", self.command),), (("command", self.command), ("exit_code", str(code)))
        own = [
            Sample(name="gate_runs_total", labels=ended, value=1),
            Sample(name="gate_run_seconds_total", labels=of, value=seconds),
            Sample(name="gate_last_run_timestamp_seconds", labels=ended, value=round(time.time())),
        ]
        try:
            update(Path(self._metrics), (*own, *self._samples), instead_of=self._instead)
        except OSError as error:
            sys.stderr.write(f"gate: the file of metrics could not be written: {error.strerror or type(error).__name__}\n")

    def _end_stage(self) -> None:
        if self._stage:
            self._event("stage", stage=self._stage, seconds=round(time.monotonic() - self._stage_begun, 3))
        if self._span is not None:
            self._span.end()
        self._stage, self._span = "", None

    def _event(self, event: str, **facts: object) -> None:
        if self._log is not None:
            self._log.event(event, command=self.command, **facts)


_current: ContextVar[Observed | None] = ContextVar("gate observed", default=None)


def stage(text: str) -> None:
    """A stage of the run begins."""
    if (run := _current.get()) is not None:
        run.stage(text)


def say(**facts: str) -> None:
    """What the run found."""
    if (run := _current.get()) is not None:
        run.say(**facts)


def measure(samples: Iterable[Sample], *, instead_of: Iterable[str] = ()) -> None:
    """Numbers of the run, for the file of metrics."""
    if (run := _current.get()) is not None:
        run.measure(samples, instead_of=instead_of)


@contextmanager
def observing(command: str) -> Iterator[Observed | None]:
    """A run of a command that is watched, if the environment asks for that; its end is told by `Observed.ended`."""
    wants_json, metrics = os.environ.get("GATE_LOG") == "json", os.environ.get("GATE_METRICS", "")
    tracer, flush = _tracer()
    if not (wants_json or metrics or tracer is not None):
        yield None
        return
    log = _JsonLines(sys.stderr) if wants_json else None
    with redirect_stderr(log or sys.stderr):
        run = Observed(command, log, tracer, metrics)
        token = _current.set(run)
        try:
            yield run
        finally:
            _current.reset(token)
            if log is not None:
                log.finish()
            flush()


class _JsonLines(io.TextIOBase):
    """Standard error as JSON, a document a line: events, and whatever else is written there as messages."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._rest = stream, ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *whole, self._rest = (self._rest + text).split("\n")
        for line in whole:
            if line.strip():
                self.event("message", text=line)
        return len(text)

    def flush(self) -> None:
        self._stream.flush()

    def finish(self) -> None:
        """What had no end of line yet."""
        self.write("\n")

    def event(self, event: str, **facts: object) -> None:
        """One line."""
        said = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        self._stream.write(json.dumps(said) + "\n")
        self._stream.flush()


def _tracer() -> tuple["Tracer | None", Any]:
    """Where spans go, and what brings the last ones there; None where nobody wants any."""
    wanted = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT") or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or (not wanted and "opentelemetry.trace" not in sys.modules):
        return None, _nothing
    from opentelemetry import trace  # noqa: PLC0415 -- only where spans may be wanted

    if not isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return trace.get_tracer("gate"), _nothing  # of the surrounding program, which brings them where they belong
    if not wanted:
        return None, _nothing
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 -- an extra
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        sys.stderr.write("gate: spans are asked for by OTEL_EXPORTER_OTLP_ENDPOINT, and fairness-gate[otel] is not installed\n")
        return None, _nothing
    name = os.environ.get("OTEL_SERVICE_NAME", "fairness-gate")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("gate"), provider.shutdown


def _parent() -> Any:  # noqa: ANN401 -- a context of OpenTelemetry
    """The span of the job that started the gate, where it says so in TRACEPARENT."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415 -- as above

    return TraceContextTextMapPropagator().extract({"traceparent": os.environ.get("TRACEPARENT", "")})


def _nothing() -> None:
    """Nothing is left to do."""
