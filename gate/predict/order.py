"""The order in which rows are asked: shuffled, with some of them twice, so that an answer by position or by mood shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gate.core.facts import Misbehaviour

__all__ = ["Order", "shuffled"]

_TWICE = 8
_TOLERANCE = 1e-5
"""What the size of a batch may move in a number, absolutely or relatively: single precision, and no more."""


@dataclass(frozen=True, slots=True)
class Order:
    """Places of the rows of a batch in the order in which they are asked; some of them stand there twice."""

    places: npt.NDArray[np.int64]
    rows: int

    def asked(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch in this order."""
        return batch.take(pa.array(self.places))

    def restored(self, answers: pa.Array) -> pa.Array | Misbehaviour:
        """The answers in the order of the rows, each once, or what is wrong: a row that was asked twice has two answers."""
        first = np.full(self.rows, -1)
        first[self.places[::-1]] = np.arange(len(self.places))[::-1]
        again = answers.take(pa.array(first[self.places]))
        if not _alike(answers, again):
            return Misbehaviour(check="nondeterministic", detail="the candidate gave two answers to the same row, asked twice in one batch")
        return answers.take(pa.array(first))


def shuffled(rows: int, random: np.random.Generator) -> Order:
    """An order of so many rows that nobody can know beforehand."""
    twice = random.choice(rows, size=min(_TWICE, rows), replace=False)
    return Order(random.permutation(np.concatenate([np.arange(rows), twice])), rows)


def _alike(one: pa.Array, other: pa.Array) -> bool:
    if pa.types.is_floating(one.type):
        return bool(np.allclose(one.to_numpy(), other.to_numpy(), rtol=_TOLERANCE, atol=_TOLERANCE))
    return bool(one.equals(other))
