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
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TextIO

from gate.cli.textfile import Sample

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

__all__ = ["Observed", "flush", "measure", "observing", "say", "stage"]


P = ParamSpec("P")


def _harmless(tell: "Callable[Concatenate[Observed, P], None]") -> "Callable[Concatenate[Observed, P], None]":
    """Whatever fails is said, and no span is made any more: who watches a run does not change how it ends."""

    @wraps(tell)
    def told(run: "Observed", /, *words: P.args, **facts: P.kwargs) -> None:
        try:
            tell(run, *words, **facts)
        except Exception as error:  # noqa: BLE001 -- as said
            run.untraced()
            _complain(error)

    return told


class Observed:
    """One run: its command, what was said about it, and where that goes."""

    def __init__(self, command: str, log: "_JsonLines | None", tracer: "Tracer | None", metrics: str) -> None:
        self.command, self._log, self._tracer, self._metrics = command, log, tracer, metrics
        self._begun = self._since = self._stage_begun = time.monotonic()
        self._flushed = False
        self._said: dict[str, str] = {}
        self._samples: list[Sample] = []
        self._instead: set[str] = set()
        self._root: Span | None = None
        self._span: Span | None = None
        self._stage = ""
        self._begin_root()
        self._event("begin")

    def stage(self, text: str) -> None:
        """A stage begins, and the one before it ends."""
        self._end_stage()
        self._stage, self._stage_begun = text, time.monotonic()
        self._begin_span(text)

    def untraced(self) -> None:
        """No span is made from now on."""
        self._tracer = self._root = self._span = None

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
        self._end_root(code)
        if not self._flushed:
            self.flush(code)

    def flush(self, code: int) -> None:
        """Write what was measured: one of many runs of a process that stays has ended, or the only one; after that the end of the process is no run."""
        self._flushed, now = True, time.monotonic()
        if self._metrics:
            self._written(code, now - self._since)
        self._since = now
        self._samples.clear()
        self._instead.clear()

    @_harmless
    def _begin_root(self) -> None:
        if self._tracer is not None:
            self._root = self._tracer.start_span(self.command, context=_parent())

    @_harmless
    def _begin_span(self, text: str) -> None:
        if self._tracer is not None and self._root is not None:
            from opentelemetry import trace  # noqa: PLC0415 -- only where spans are wanted

            self._span = self._tracer.start_span("gate.stage", context=trace.set_span_in_context(self._root), attributes={"gate.stage": text})

    @_harmless
    def _end_span(self) -> None:
        if self._span is not None:
            self._span.end()

    @_harmless
    def _end_root(self, code: int) -> None:
        if self._root is not None:
            self._root.set_attributes({"gate.exit_code": code, **{f"gate.{key}": value for key, value in self._said.items()}})
            if code == 4:
                from opentelemetry.trace import StatusCode  # noqa: PLC0415 -- as above

                self._root.set_status(StatusCode.ERROR)
            self._root.end()

    @_harmless
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
        except (OSError, ValueError) as error:
            sys.stderr.write(f"gate: the file of metrics could not be written: {getattr(error, 'strerror', None) or type(error).__name__}\n")

    def _end_stage(self) -> None:
        if self._stage:
            self._event("stage", stage=self._stage, seconds=round(time.monotonic() - self._stage_begun, 3))
        self._end_span()
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


def flush(code: int) -> None:
    """One of many runs of this process has ended with this code: its numbers are written now."""
    if (run := _current.get()) is not None:
        run.flush(code)


@contextmanager
def observing(command: str) -> Iterator[Observed | None]:
    """A run of a command that is watched, if the environment asks for that; its end is told by `Observed.ended`."""
    wants_json, metrics = os.environ.get("GATE_LOG") == "json", os.environ.get("GATE_METRICS", "")
    log = _JsonLines(sys.stderr) if wants_json else None
    with nullcontext() if log is None else redirect_stderr(log):
        tracer, close = _tracer_or_none()
        run = Observed(command, log, tracer, metrics) if wants_json or metrics or tracer is not None else None
        token = _current.set(run)
        try:
            yield run
        finally:
            _current.reset(token)
            try:
                close()
            except Exception as error:  # noqa: BLE001 -- spans that cannot be sent change no exit code
                _complain(error)
            if log is not None:
                log.finish()


def _complain(error: Exception) -> None:
    with suppress(OSError, ValueError, AttributeError):  # standard error may be closed, full or gone
        sys.stderr.write(f"gate: not everything could be told of this run ({type(error).__name__}); its answer is what it is\n")


class _JsonLines(io.TextIOBase):
    """Standard error as JSON, a document a line: events, and whatever else is written there as messages; silent once nobody takes it any more."""

    def __init__(self, stream: TextIO | None) -> None:
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
        self._put("")

    def finish(self) -> None:
        """What had no end of line yet."""
        self.write("\n")

    def event(self, event: str, **facts: object) -> None:
        """One line."""
        said = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "event": event, **facts}
        self._put(json.dumps(said) + "\n")

    def _put(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            stream, self._stream = self._stream, None
            with suppress(OSError, ValueError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 -- no file
                os.dup2(nowhere.fileno(), stream.fileno())  # else what is left in its buffer fails again when the process ends, with exit code 120


def _tracer_or_none() -> tuple["Tracer | None", Any]:
    try:
        return _tracer()
    except Exception as error:  # noqa: BLE001 -- as above
        _complain(error)
        return None, _nothing


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
