"""Sums over the queries of a ranking: how a group's rows are placed, query by query.

A query is what competes for places, so it is what varies: sums of products over queries give the variance of every
mean. All are whole numbers, so parts that hold whole queries add up to the table bit for bit.
"""

from dataclasses import dataclass, fields
from typing import Self

__all__ = ["UNIT", "RankSums"]

UNIT = 2**40
"""Exposures, shares of the first places and gains are rounded to this part of one, row by row or query by query."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankSums:
    """Sums over the queries in which a group has rows. They add up, with the same `top_k`: `a + b`.

    n is the group's rows in a query. x is how many of them stand among the first `top_k` places, where the query is
    contested: it has more rows than that, so that not everybody is selected. e is the sum of their exposures. v is the
    normalised gain of the group's own list, where all of its rows have a label and one of them is above 0. All three are
    in units of 2⁻⁴⁰.

    Args:
        top_k: how many places of a query count as selected.
        queries: queries in which the group has rows.
        ordered: those of them in which the candidate does not give all rows, of whatever group, the same score.
        rows, rows_2: Σn, Σn².
        contested, contested_rows, contested_rows_2: contested queries, and Σn and Σn² over them.
        top_1, top_2, top_rows: Σx, Σx², Σxn over them.
        exposure_1, exposure_2, exposure_rows: Σe, Σe², Σen.
        rated: queries that have a v.
        gain_1, gain_2: Σv, Σv².
    """

    top_k: int
    queries: int = 0
    ordered: int = 0
    rows: int = 0
    rows_2: int = 0
    contested: int = 0
    contested_rows: int = 0
    contested_rows_2: int = 0
    top_1: int = 0
    top_2: int = 0
    top_rows: int = 0
    exposure_1: int = 0
    exposure_2: int = 0
    exposure_rows: int = 0
    rated: int = 0
    gain_1: int = 0
    gain_2: int = 0

    def __add__(self, other: Self) -> "RankSums":
        if self.top_k != other.top_k:
            raise ValueError("sums over different numbers of first places do not add up")
        names = [entry.name for entry in fields(self) if entry.name != "top_k"]
        return RankSums(top_k=self.top_k, **{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def possible(self) -> bool:
        """Whether any rows could have these sums: shares are at most 1, and no sum of squares is less than the squares of means allow."""
        if min(getattr(self, entry.name) for entry in fields(self)) < 0 or self.top_k < 1:
            return False
        if max(self.ordered, self.rated, self.contested) > self.queries or self.contested_rows > self.rows:
            return False
        tops = _fit(self.contested, self.contested_rows, self.contested_rows_2, (self.top_1, self.top_2, self.top_rows))
        exposures = _fit(self.queries, self.rows, self.rows_2, (self.exposure_1, self.exposure_2, self.exposure_rows))
        return tops and exposures and _fit(self.rated, self.rated, self.rated, (self.gain_1, self.gain_2, self.gain_1))


def _fit(queries: int, rows: int, rows_2: int, sums: tuple[int, int, int]) -> bool:
    """Whether shares of so many rows in so many queries can have these sums, their squares and their products with the rows."""
    first, second, mixed = sums
    counted = queries <= rows <= rows_2 and rows**2 <= queries * rows_2
    return counted and first <= rows * UNIT and first**2 <= queries * second and mixed**2 <= second * rows_2
