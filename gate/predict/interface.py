"""What the rest of the gate may ask of a candidate, and how it is kept apart."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.core.model import Value
from gate.core.sandbox import Capability, SandboxFacts, SandboxLimits
from gate.predict.confinement import Walls

__all__ = ["Answer", "AnswerKind", "Backend", "Launch", "Limits", "Predictor"]


class AnswerKind(StrEnum):
    """What a candidate is asked for."""

    LABEL = "label"
    SCORE = "score"
    NUMBER = "number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What counts as a valid answer: one of the labels, a score in [0, 1], or a number no larger than `limit`.

    A model may return one column (array, list, Series, frame, mapping), or several, of which `column` names the one
    that counts. For a score it may also return two columns of probabilities in the order [negative, positive], as
    scikit-learn's `predict_proba` does; the second is the score.
    """

    kind: AnswerKind
    labels: tuple[Value, ...] = ()
    column: str | None = None
    limit: float = 1.0

    @classmethod
    def label(cls, labels: tuple[Value, ...], *, column: str | None = None) -> "Answer":
        """One of these two labels, in any type that equals them as a number: 1, 1.0 and True stand for the label 1."""
        return cls(kind=AnswerKind.LABEL, labels=labels, column=column)

    @classmethod
    def score(cls, *, column: str | None = None) -> "Answer":
        """A number in [0, 1]."""
        return cls(kind=AnswerKind.SCORE, column=column)

    @classmethod
    def number(cls, *, limit: float, column: str | None = None) -> "Answer":
        """A finite number from −limit to limit."""
        return cls(kind=AnswerKind.NUMBER, limit=limit, column=column)


def _threads() -> int:
    return min(4, os.cpu_count() or 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a candidate may use.

    Args:
        ready_seconds: how long our own child may take to say that it is ready, from the moment it is waited for.
        seconds: wall clock from handing over the model to the last answer.
        answer_bytes: the longest single message from the child.
        output_bytes: how much of what the candidate prints is kept, from its end.
        batch_rows: the most rows in one question.
        threads: threads for the numerical libraries.
        memory_bytes: the child's address space, which is more than the memory that it really uses.
        file_bytes: the largest file that it may write.
        temporary_bytes: the size of its temporary folder, where the sandbox can give it one.
        open_files: files that it may have open at once.
    """

    ready_seconds: float = 120.0
    seconds: float = 600.0
    answer_bytes: int = 64 * 2**20
    output_bytes: int = 64 * 2**10
    batch_rows: int = 65_536
    threads: int = field(default_factory=_threads)
    memory_bytes: int = 4 * 2**30
    file_bytes: int = 256 * 2**20
    temporary_bytes: int = 512 * 2**20
    open_files: int = 1024

    def confined(self, walls: Walls) -> Walls:
        """The walls with these limits; processor time is what all threads together can use until the deadline."""
        return replace(
            walls,
            memory_bytes=self.memory_bytes,
            file_bytes=self.file_bytes,
            cpu_seconds=math.ceil(self.seconds + self.ready_seconds) * self.threads,
            open_files=self.open_files,
        )

    def facts(self, backend: "Backend") -> SandboxFacts:
        """What is recorded of a trial under these limits and this backend."""
        limits = SandboxLimits(
            seconds=self.seconds,
            memory_bytes=self.memory_bytes,
            file_bytes=self.file_bytes,
            temporary_bytes=self.temporary_bytes,
            answer_bytes=self.answer_bytes,
            output_bytes=self.output_bytes,
            open_files=self.open_files,
        )
        return SandboxFacts(limits=limits, missing=tuple(sorted(frozenset(Capability) - backend.capabilities)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What is started: words, environment, and descriptors that it inherits."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    descriptors: tuple[int, ...]


class Backend(Protocol):
    """A way to keep the child apart from everything else."""

    @property
    def name(self) -> str:
        """What the decision records as the sandbox; "none" where nothing is kept apart."""
        ...

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What it keeps a candidate from on this machine."""
        ...

    @property
    def home(self) -> Path | None:
        """The folder that the child may write, as it sees it; None means the scratch folder itself."""
        ...

    def walls(self, *, readable: Sequence[Path], scratch: Path) -> Walls:
        """What the child has to do to itself before anything else."""
        ...

    def launch(self, launch: Launch, *, readable: Sequence[Path], temporary_bytes: int, report: int) -> Launch:
        """The launch under this backend, with these folders readable.

        Args:
            launch: what is to run.
            readable: folders to show, besides those that every Python needs.
            temporary_bytes: the size of the folder that it may write.
            report: a descriptor for what the backend itself has to say: which process is the outermost one inside.
        """
        ...

    def obstacle(self) -> str | None:
        """Why it does not work on this machine, found by trying; None when it does."""
        ...


class Predictor(Protocol):
    """A candidate that answers. What it does wrong is returned, not raised."""

    @property
    def sandbox(self) -> str:
        """The name of the backend that it runs in."""
        ...

    def answers(self, features: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:
        """One valid answer per row, in order, in the type of the declared labels or as float64."""
        ...
