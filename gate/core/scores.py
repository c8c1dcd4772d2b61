"""Scores as a histogram: what is summed over rows where the candidate gives a score in [0, 1] and not only an answer.

Everything is an integer, so that sums are exact, come out alike in any order, and splitting rows and summing counts
is the identity bit for bit.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Self

__all__ = ["BINS", "LABELS", "NEGATIVE", "POSITIVE", "UNIT", "UNLABELLED", "ScoreCounts"]

BINS = 4096
"""Bins of equal width over [0, 1]; a score of exactly 1 is in the last one."""
UNIT = 2**40
"""Errors and their squares are rounded to this part of one, row by row, before they are summed."""
UNLABELLED, NEGATIVE, POSITIVE = 0, 1, 2
LABELS = 3
"""The cell of a bin and a label stands at 3·bin + label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCounts:
    """Rows by bin of the score × label, and how far their scores are from 0, or from 1 where the label is positive.

    Args:
        cells: 3·bin + label of every cell that has rows, ascending.
        rows: rows of each cell.
        errors: Σ|s − y| of each cell in units of 2⁻⁴⁰, with y = 0 where the label is missing.
        squares: Σ(s − y)² of each cell in the same units.

    Counts add up: `a + b`.
    """

    cells: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    errors: tuple[int, ...] = ()
    squares: tuple[int, ...] = ()

    @classmethod
    def of(cls, cells: Iterable[tuple[int, int, int, int]]) -> "ScoreCounts":
        """The counts of (cell, rows, errors, squares) in any order; entries of one cell are summed."""
        sums: dict[int, tuple[int, int, int]] = {}
        for cell, rows, errors, squares in cells:
            have = sums.get(cell, (0, 0, 0))
            sums[cell] = (have[0] + rows, have[1] + errors, have[2] + squares)
        kept = [(cell, *sums[cell]) for cell in sorted(sums) if sums[cell][0]]
        columns = tuple(zip(*kept, strict=True)) or ((), (), (), ())
        return cls(cells=columns[0], rows=columns[1], errors=columns[2], squares=columns[3])

    def __add__(self, other: Self) -> "ScoreCounts":
        return ScoreCounts.of(chain(self.entries(), other.entries()))

    def entries(self) -> Iterable[tuple[int, int, int, int]]:
        """(cell, rows, errors, squares) of every cell that has rows."""
        return zip(self.cells, self.rows, self.errors, self.squares, strict=True)

    @property
    def by_label(self) -> Mapping[int, int]:
        """Rows by label."""
        totals = dict.fromkeys((UNLABELLED, NEGATIVE, POSITIVE), 0)
        for cell, rows in zip(self.cells, self.rows, strict=True):
            totals[cell % LABELS] += rows
        return totals

    @property
    def impossible(self) -> str | None:
        """Why no rows can have given these sums; None when some can."""
        if not len(self.cells) == len(self.rows) == len(self.errors) == len(self.squares):
            return "the columns of the scores are not of one length"
        if list(self.cells) != sorted(set(self.cells)):
            return "the cells of the scores are not in order"
        if any(not _possible(*entry) for entry in self.entries()):
            return "the sums of the scores do not fit their bins"
        return None


def _possible(cell: int, rows: int, errors: int, squares: int) -> bool:
    """Whether so many scores of this bin can have these sums."""
    if not 0 <= cell < BINS * LABELS or rows < 1:
        return False
    place = BINS - 1 - cell // LABELS if cell % LABELS == POSITIVE else cell // LABELS
    width = UNIT // BINS
    low, high = place * width, (place + 1) * width
    return rows * low <= errors <= rows * high and rows * (low * low // UNIT) <= squares <= rows * (high * high // UNIT + 1)
