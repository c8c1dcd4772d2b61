"""The order in which rows are asked: shuffled, with some of them twice, so that an answer by position or by mood shows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

__all__ = ["Order", "shuffled"]

_TWICE = 16


@dataclass(frozen=True, slots=True)
class Order:
    """Places of the rows of a batch in the order in which they are asked; some of them stand there twice."""

    places: npt.NDArray[np.int64]
    rows: int

    def asked(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The batch in this order."""
        return batch.take(pa.array(self.places))

    def once(self, answers: pa.Array) -> pa.Array:
        """The answers in the order of the rows, each the first that was given."""
        return answers.take(pa.array(self._first()))

    def both(self, answers: pa.Array) -> tuple[pa.Array, pa.Array]:
        """First and second answer of every row that was asked twice."""
        firsts = self._first()[self.places]
        again = np.flatnonzero(firsts != np.arange(len(self.places)))
        return answers.take(pa.array(firsts[again])), answers.take(pa.array(again))

    def _first(self) -> npt.NDArray[np.int64]:
        """Where each row stands first."""
        first = np.full(self.rows, -1)
        first[self.places[::-1]] = np.arange(len(self.places))[::-1]
        return first


def shuffled(rows: int, random: np.random.Generator) -> Order:
    """An order of so many rows that nobody can know beforehand."""
    twice = random.choice(rows, size=min(_TWICE, rows), replace=False)
    return Order(random.permutation(np.concatenate([np.arange(rows), twice])), rows)
