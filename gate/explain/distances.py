"""How far rows are apart: numbers in standard deviations, categories 0 or 1, and a missing value 1 away from any other."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gate.explain.box import Box
from gate.explain.encoding import encoded
from gate.explain.mixed import Places

__all__ = ["Distances"]

_REAL = 1000
"""So many real rows say how near real rows are to one another."""
_USUAL = 0.95
_AT_ONCE = 4_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distances:
    """The rows of a box as points.

    Args:
        matrix: (n, d) numbers, and codes of categories; NaN where there is no value.
        numbers: (d,) which inputs are numbers or moments.
        scale: (d,) the standard deviation of a number; 0 of one that is constant.
        rank: (n, d) the place of a number among the different ones; −1 where it is none.
        usual: the distance within which 95 of 100 real rows have another real row.
        among: the real rows that changed rows are compared with.
    """

    matrix: Floats
    numbers: NDArray[np.bool_]
    scale: Floats
    rank: Places
    usual: float
    among: Places

    @classmethod
    def of(cls, box: Box, *, random: np.random.Generator) -> Self:
        """The points of a box."""
        inputs = encoded(box.inputs)
        numbers = ~inputs.categorical
        matrix = np.column_stack([inputs.matrix[:, place] if numbers[place] else _codes(box.inputs.column(place)) for place in range(len(box.columns))])
        scale = np.array([_spread(matrix[:, place]) if numbers[place] else 1.0 for place in range(matrix.shape[1])])
        rank = np.column_stack([_ranks(matrix[:, place]) for place in range(matrix.shape[1])])
        among = np.sort(random.choice(box.rows, size=min(box.rows, max(50, min(_REAL, _AT_ONCE // max(matrix.shape[1], 1) ** 2))), replace=False)).astype(
            np.int64
        )
        made = cls(matrix=matrix, numbers=numbers, scale=scale, rank=rank, usual=np.inf, among=among)
        if len(among) < 2:
            return made
        apart = made._between(matrix[among], matrix[among])
        np.fill_diagonal(apart, np.inf)
        usual = float(np.quantile(apart.min(axis=1), _USUAL))
        return cls(matrix=matrix, numbers=numbers, scale=scale, rank=rank, usual=usual, among=among)

    def step(self, place: int, before: Places, after: Places) -> Floats:
        """Per pair of rows: how far the one's value of an input is from the other's."""
        return self._steps(self.matrix[before, place][:, None], self.matrix[after, place][:, None], np.array([place]))[:, 0]

    def cost(self, rows: Places, sources: Places) -> Floats:
        """(n, d) what every change of rows to mixed rows costs."""
        return self._steps(self.matrix[rows], self._points(sources), np.arange(self.matrix.shape[1]))

    def plausible(self, sources: Places, rows: Places) -> NDArray[np.bool_]:
        """Per mixed row: is a real row, other than the one that it was made from, as near as real rows are to one another?"""
        if not len(sources):
            return np.zeros(0, dtype=bool)
        apart = self._between(self._points(sources), self.matrix[self.among])
        apart[rows[:, None] == self.among[None, :]] = np.inf
        return np.asarray(apart.min(axis=1) <= self.usual + 1e-12, dtype=bool)

    def nearest(self, rows: Places, among: Places, amount: int) -> Places:
        """(n, amount) of some rows, the nearest ones among others, the nearest first; fewer where there are fewer."""
        amount = min(amount, len(among))
        found = [np.argsort(self._between(self.matrix[[row]], self.matrix[among])[0], kind="stable")[:amount] for row in rows]
        return np.stack([among[each] for each in found])

    def row_at(self, inputs: Places, ranks: Places) -> Places:
        """Per pair of an input and a place among its values: a row that has that value."""
        found = np.empty(len(inputs), dtype=np.int64)
        for place in np.unique(inputs):
            here = inputs == place
            order = np.argsort(self.rank[:, place], kind="stable")
            found[here] = order[np.searchsorted(self.rank[order, place], ranks[here])]
        return found

    def _points(self, sources: Places) -> Floats:
        return np.take_along_axis(self.matrix, sources, axis=0)

    def _steps(self, one: Floats, other: Floats, places: Places) -> Floats:
        """(…, d) input by input."""
        missing = np.isnan(one) | np.isnan(other)
        scale = np.where(self.scale[places] > 0, self.scale[places], 1.0)
        apart = np.where(self.numbers[places], np.abs(one - other) / scale, (one != other).astype(float))
        return np.where(missing, (np.isnan(one) != np.isnan(other)).astype(float), apart)

    def _between(self, one: Floats, other: Floats) -> Floats:
        """(n, m) from every point to every other, the sum over inputs."""
        size = max(1, _AT_ONCE // max(other.size, 1))
        places = np.arange(one.shape[1])
        parts = [self._steps(one[start : start + size, None, :], other[None, :, :], places).sum(axis=2) for start in range(0, len(one), size)]
        return np.concatenate(parts)


def _spread(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.std()) if len(known) else 0.0


def _ranks(values: Floats) -> Places:
    ranks = np.full(len(values), -1, dtype=np.int64)
    known = ~np.isnan(values)
    ranks[known] = np.unique(values[known], return_inverse=True)[1]
    return ranks


def _codes(column: pa.ChunkedArray) -> Floats:
    """Every category by a number of its own; NaN without one."""
    column = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    texts = np.array(pc.cast(column, pa.string()).to_pylist(), dtype=object)
    codes = np.full(len(texts), np.nan)
    known = np.array([text is not None for text in texts], dtype=bool)
    codes[known] = np.unique(texts[known].astype(str), return_inverse=True)[1]
    return codes
