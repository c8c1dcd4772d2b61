"""The parent: starts the child, asks it, and turns whatever goes wrong after READY into the candidate's misbehaviour."""

import os
import signal
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.errors import SandboxError
from gate.predict.answers import checked
from gate.predict.backends import PlainBackend
from gate.predict.channel import Channel, ClosedError, TimeoutExpiredError
from gate.predict.environments import Environment
from gate.predict.interface import Answer, Backend, Limits
from gate.predict.wire import Frame, Kind, MalformedError, encode

__all__ = ["ChildPredictor"]

_QUOTED = 600
_NEXT = "No code of the model has run. Run again with --debug, and check that `python -m gate.predict.worker` starts."
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT")


class ChildPredictor:
    """A candidate in a child process; a context manager.

    The child starts at once, so that its imports overlap with whatever the parent does until `load`. It gets no
    environment of ours, no standard input and no folder but its own scratch; its process group is killed at the end.

    Args:
        limits: what the candidate may use.
        backend: how the child is kept apart.
        readable: folders that the backend has to show to the child; the model's may still be empty.
        environment: a Python of the model's own; None means ours.
    """

    def __init__(
        self, *, limits: Limits | None = None, backend: Backend | None = None, readable: Sequence[Path] = (), environment: Environment | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._backend = backend or PlainBackend()
        self._scratch = tempfile.TemporaryDirectory(prefix="gate-child-", ignore_cleanup_errors=True)
        self._deadline = float("inf")
        self._closed = False
        self._environment = environment
        try:
            self._start((*readable, *(environment.readable if environment else ())))
        except OSError as error:
            self._scratch.cleanup()
            raise SandboxError(f"The child process did not start: {error}", where=self._backend.name, next_step=_NEXT) from error

    @property
    def sandbox(self) -> str:
        """The name of the backend."""
        return self._backend.name

    @property
    def pid(self) -> int:
        """The child's process id, which is also its process group."""
        return self._process.pid

    def load(self, folder: Path) -> Misbehaviour | None:
        """Load the model in `folder`; see `Predictor.load`. The wall clock of the candidate starts here."""
        self._await_ready()
        self._deadline = time.monotonic() + self._limits.seconds
        reply = self._ask("load", encode(Kind.LOAD, {"folder": str(folder.resolve())}), expected=Kind.LOADED)
        return reply if isinstance(reply, Misbehaviour) else None

    def answers(self, features: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:
        """One valid answer per row; see `Predictor.answers`. Long batches are asked in parts."""
        parts: list[pa.Array] = []
        for start in range(0, features.num_rows, self._limits.batch_rows):
            part = features.slice(start, self._limits.batch_rows)
            reply = self._ask("predict", encode(Kind.BATCH, _stream(part)), expected=Kind.PREDICTIONS)
            column = reply if isinstance(reply, Misbehaviour) else checked(reply.payload, answer, rows=part.num_rows)
            if isinstance(column, Misbehaviour):
                return column
            parts.append(column)
        return pa.concat_arrays(parts) if parts else checked(b"f\x01", answer, rows=0)

    def close(self) -> None:
        """Kill the child's whole process group, reap the child, and remove its scratch folder. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._kill()
        self._channel.close()
        self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _start(self, readable: Sequence[Path]) -> None:
        scratch = Path(self._scratch.name)
        (asked, questions), (answers, answered), (printed, output) = os.pipe(), os.pipe(), os.pipe()
        try:
            argv = self._backend.command(_worker(asked, answered, self._environment), readable=readable, scratch=scratch)
            self._process = subprocess.Popen(  # noqa: S603  our own program under the chosen backend
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(asked, answered),
                env=_environment(scratch, self._limits, self._environment),
                cwd=scratch,
                start_new_session=True,
            )
        except OSError:
            for descriptor in (questions, answers, printed):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (asked, answered, output):
                os.close(descriptor)
        self._channel = Channel(
            questions=questions, answers=answers, output=printed, answer_bytes=self._limits.answer_bytes, output_bytes=self._limits.output_bytes
        )

    def _kill(self) -> None:
        if self._process.returncode is None:  # not reaped yet, so the number is still its own
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _await_ready(self) -> None:
        try:
            frame = self._channel.exchange(b"", deadline=time.monotonic() + self._limits.ready_seconds)
        except (ClosedError, MalformedError, TimeoutExpiredError) as error:
            reason = "in time" if isinstance(error, TimeoutExpiredError) else "but ended"
            raise SandboxError(f"The child process did not become ready {reason}{self._quoted()}", where=self._backend.name, next_step=_NEXT) from error
        if frame.kind is not Kind.READY:
            raise SandboxError("The child process spoke out of turn", where=self._backend.name, next_step=_NEXT)

    def _ask(self, stage: str, question: bytes, *, expected: Kind) -> Frame | Misbehaviour:
        """The child's reply of the expected kind, or what it did instead. The child never recovers from a fault."""
        try:
            frame = self._channel.exchange(question, deadline=self._deadline)
            if frame.kind is Kind.FAULT:
                return self._fault(stage, frame)
        except MalformedError as error:
            return self._misbehaved("protocol", f"the candidate wrote {error} to the descriptors of the gate")
        except TimeoutExpiredError:
            return self._misbehaved("time-limit", f"the candidate took longer than {self._limits.seconds:g} s")
        except ClosedError:
            self._kill()
            return self._misbehaved("exit", f"the candidate's process {_ending(self._process.returncode)} during {stage}")
        if frame.kind is not expected:
            return self._misbehaved("protocol", f"the candidate sent {frame.kind.name} where {expected.name} is due")
        return frame

    def _fault(self, stage: str, frame: Frame) -> Misbehaviour:
        said = frame.said
        reason = _legible(said.get("message", ""))
        if said.get("check") in {"inputs", "shape"}:
            return self._misbehaved(said["check"], reason, quote=False)
        return self._misbehaved(stage, f"the candidate raised an exception during {stage}: {reason}", quote=False)

    def _misbehaved(self, check: str, detail: str, *, quote: bool = True) -> Misbehaviour:
        return Misbehaviour(check=check, detail=f"{detail}{self._quoted()}" if quote else detail)

    def _quoted(self) -> str:
        """The last lines that the child printed, marked as its words."""
        printed = self._channel.printed()[-_QUOTED:]
        return f"; it printed: {printed!r}" if printed else ""


def _worker(requests: int, answers: int, environment: Environment | None) -> tuple[str, ...]:
    return (str(environment.python) if environment else sys.executable, "-P", "-m", "gate.predict.worker", str(requests), str(answers))


def _environment(scratch: Path, limits: Limits, environment: Environment | None) -> dict[str, str]:
    """Everything that the child gets to know of ours: where programs are, and how many threads it may use."""
    home = environment.worker if environment else Path(__file__).resolve().parents[2]
    installed = {Path(folder).resolve() for folder in site.getsitepackages()}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MPLBACKEND": "Agg",
        **dict.fromkeys(_THREAD_SETTINGS, str(limits.threads)),
        **({} if home in installed else {"PYTHONPATH": str(home)}),
    }


def _stream(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _ending(status: int) -> str:
    """How a process ended, in words. The status never counts as success."""
    return f"stopped answering and was ended by signal {-status}" if status < 0 else f"ended by itself with status {status}"


def _legible(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_QUOTED]
