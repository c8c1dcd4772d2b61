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

    n is the group's rows in a query, x how many of them stand among the first `top_k` places, e the sum of their
    exposures, both in units of 2⁻⁴⁰; v is the normalised gain of the group's own list, in the same unit, where all of
    its rows have a label and one of them is above 0.

    Args:
        top_k: how many places of a query count as selected.
        queries: queries in which the group has rows.
        ordered: those of them in which the candidate does not give all rows, of whatever group, the same score.
        rows, rows_2: Σn, Σn².
        top_1, top_2, top_rows: Σx, Σx², Σxn.
        exposure_1, exposure_2, exposure_rows: Σe, Σe², Σen.
        rated: queries that have a v.
        gain_1, gain_2: Σv, Σv².
    """

    top_k: int
    queries: int = 0
    ordered: int = 0
    rows: int = 0
    rows_2: int = 0
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
        few = max(self.ordered, self.rated) <= self.queries <= self.rows <= self.rows_2 and self.rows**2 <= self.queries * self.rows_2
        whole = max(self.top_1, self.exposure_1) <= self.rows * UNIT and self.gain_1 <= self.rated * UNIT
        triples = ((self.top_1, self.top_2, self.top_rows), (self.exposure_1, self.exposure_2, self.exposure_rows))
        spread = all(first**2 <= self.queries * second and mixed**2 <= second * self.rows_2 for first, second, mixed in triples)
        return few and whole and spread and self.gain_1**2 <= self.rated * self.gain_2
