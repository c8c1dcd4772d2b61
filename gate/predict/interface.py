"""What the rest of the gate may ask of a candidate, and how it is kept apart."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.core.model import Value

__all__ = ["Answer", "AnswerKind", "Backend", "Limits", "Predictor"]


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
    """

    ready_seconds: float = 120.0
    seconds: float = 600.0
    answer_bytes: int = 64 * 2**20
    output_bytes: int = 64 * 2**10
    batch_rows: int = 65_536
    threads: int = field(default_factory=_threads)


class Backend(Protocol):
    """A way to keep the child apart from everything else."""

    @property
    def name(self) -> str:
        """What the decision records as the sandbox; "none" where nothing is kept apart."""
        ...

    def command(self, argv: Sequence[str], *, readable: Sequence[Path], scratch: Path) -> Sequence[str]:
        """The command that runs `argv` with these folders readable, this one writable, and its descriptors inherited."""
        ...


class Predictor(Protocol):
    """A candidate that answers. What it does wrong is returned, not raised."""

    @property
    def sandbox(self) -> str:
        """The name of the backend that it runs in."""
        ...

    def load(self, folder: Path) -> Misbehaviour | None:
        """Load the MLflow model in `folder`.

        Raises:
            SandboxError: our own child did not start; no candidate code has run.
        """
        ...

    def answers(self, features: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:
        """One valid answer per row, in order, in the type of the declared labels or as float64."""
        ...
