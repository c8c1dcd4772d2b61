"""The parent: starts the child, asks it, and turns whatever goes wrong after READY into the candidate's misbehaviour."""

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.core.sandbox import SandboxFacts
from gate.errors import SandboxError
from gate.predict.answers import checked
from gate.predict.backends import PlainBackend
from gate.predict.channel import ClosedError, TimeoutExpiredError
from gate.predict.environments import Environment
from gate.predict.interface import Answer, Backend, Limits
from gate.predict.interview import Interview
from gate.predict.process import Child
from gate.predict.scratch import Scratch
from gate.predict.wire import Frame, Kind, MalformedError, encode, framed

__all__ = ["ChildPredictor"]

_QUOTED = 600
_NEXT = "No code of the model has run. Run again with --debug; `gate doctor` says which sandboxes work on this machine."


class ChildPredictor:
    """A candidate in a child process; a context manager.

    The child starts at once, so that its imports overlap with whatever the parent does until `load`. It gets no
    environment of ours, no standard input and no folder but its own scratch; everything that it started ends with it.

    Args:
        limits: what the candidate may use.
        backend: how the child is kept apart.
        readable: folders that the backend has to show to the child; the model's may still be empty.
        environment: a Python of the model's own; None means ours.
        random: the order in which rows are asked is drawn from it.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        backend: Backend | None = None,
        readable: Sequence[Path] = (),
        environment: Environment | None = None,
        random: np.random.Generator | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._backend = backend or PlainBackend()
        self._interview = Interview(batch_rows=self._limits.batch_rows, random=random)
        self._scratch = Scratch()
        self._deadline: float | None = None
        self._closed = False
        try:
            self._child = Child(self._backend, self._limits, readable=readable, scratch=self._scratch.path, environment=environment)
        except OSError as error:
            self._scratch.remove()
            raise SandboxError(f"The child process did not start: {error}", where=self._backend.name, next_step=_NEXT) from error

    @property
    def sandbox(self) -> str:
        """The name of the backend."""
        return self._backend.name

    @property
    def facts(self) -> SandboxFacts:
        """What the sandbox allowed, and what it lacks here."""
        return self._limits.facts(self._backend)

    @property
    def pid(self) -> int:
        """The process id of what was started, which is also its process group."""
        return self._child.pid

    def inspect(self, file: Path) -> None:
        """Have the child look into a file of skops, without waiting for it; `types` says what it found. Nothing of the model is loaded.

        Raises:
            SandboxError: our own child did not start; no candidate code has run.
        """
        self._begin()
        self._child.channel.send(encode(Kind.INSPECT, {"file": str(file.resolve())}))

    def types(self) -> tuple[str, ...] | Misbehaviour:
        """The types in the file that `inspect` was about which skops does not trust, or why they cannot be known."""
        self._begin()
        reply = self._reply("inspect", expected=Kind.TYPES)
        if isinstance(reply, Misbehaviour):
            return reply
        try:
            return tuple(reply.said.values())
        except MalformedError as error:
            return self._misbehaved("protocol", f"the child that looked into its file wrote {error}")

    def load(self, folder: Path) -> Misbehaviour | None:
        """Load the MLflow model in `folder`; what the candidate does wrong is returned.

        Raises:
            SandboxError: our own child did not start; no candidate code has run.
        """
        self._begin()
        reply = self._ask("load", encode(Kind.LOAD, {"folder": str(folder.resolve())}), expected=Kind.LOADED)
        return reply if isinstance(reply, Misbehaviour) else None

    def answers(self, features: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:
        """One valid answer per row; see `Predictor.answers`. Asked in parts of varied size and hidden order, some rows more than once."""
        return self._interview.answers(features, answer, self._part)

    def renew(self, seconds: float) -> None:
        """Give the candidate so many seconds from now on, for a next question by a person who took their time."""
        self._deadline = time.monotonic() + seconds

    def close(self) -> None:
        """End the child with everything that it started, and remove its scratch folder. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._child.close()
        self._scratch.remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _part(self, part: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:
        reply = self._ask("predict", *framed(Kind.BATCH, _stream(part)), expected=Kind.PREDICTIONS)
        return reply if isinstance(reply, Misbehaviour) else checked(reply.payload, answer, rows=part.num_rows)

    def _begin(self) -> None:
        """Wait for the child, once, and start the candidate's wall clock: what the parent did meanwhile is not the candidate's time."""
        if self._deadline is None:
            self._await_ready()
        self._deadline = time.monotonic() + self._limits.seconds

    def _await_ready(self) -> None:
        try:
            frame = self._child.channel.receive(deadline=time.monotonic() + self._limits.ready_seconds)
        except (ClosedError, MalformedError, TimeoutExpiredError) as error:
            reason = "in time" if isinstance(error, TimeoutExpiredError) else "but ended"
            raise SandboxError(f"The child process did not become ready {reason}{self._quoted()}", where=self._backend.name, next_step=_NEXT) from error
        if frame.kind is not Kind.READY or frame.said.get("walls") != self._child.walls.to_text():
            raise SandboxError("The child process spoke out of turn, or without its walls", where=self._backend.name, next_step=_NEXT)
        self._child.grasp()

    def _ask(self, stage: str, *question: bytes | memoryview, expected: Kind) -> Frame | Misbehaviour:
        """The child's reply of the expected kind, or what it did instead. The child never recovers from a fault."""
        try:
            self._child.channel.send(*question)
        except MalformedError as error:
            return self._written(error)
        return self._reply(stage, expected=expected)

    def _reply(self, stage: str, *, expected: Kind) -> Frame | Misbehaviour:
        try:
            frame = self._child.channel.receive(deadline=self._deadline or 0.0)
            if frame.kind is Kind.FAULT:
                return self._fault(stage, frame)
        except MalformedError as error:
            return self._written(error)
        except TimeoutExpiredError:
            return self._misbehaved("time-limit", f"the candidate took longer than {self._limits.seconds:g} s")
        except ClosedError:
            return self._misbehaved("exit", f"the candidate's process {self._child.ending()} during {stage}")
        if frame.kind is not expected:
            return self._misbehaved("protocol", f"the candidate sent {frame.kind.name} where {expected.name} is due")
        return frame

    def _written(self, error: MalformedError) -> Misbehaviour:
        return self._misbehaved("protocol", f"the candidate wrote {error} to the descriptors of the gate")

    def _fault(self, stage: str, frame: Frame) -> Misbehaviour:
        said = frame.said
        reason = _legible(said.get("message", ""))
        if said.get("check") in {"inputs", "shape", "skops"}:
            return self._misbehaved(said["check"], reason, quote=False)
        return self._misbehaved(stage, f"the candidate raised an exception during {stage}: {reason}", quote=False)

    def _misbehaved(self, check: str, detail: str, *, quote: bool = True) -> Misbehaviour:
        return Misbehaviour(check=check, detail=f"{detail}{self._quoted()}" if quote else detail)

    def _quoted(self) -> str:
        """The last lines that the child printed, marked as its words."""
        printed = self._child.channel.printed()[-_QUOTED:]
        return f"; it printed: {printed!r}" if printed else ""


def _stream(batch: pa.RecordBatch) -> memoryview:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return memoryview(sink.getvalue())


def _legible(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:_QUOTED]
