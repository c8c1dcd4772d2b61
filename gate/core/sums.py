"""Sums of weights by confusion cell, with their products: what a rate needs when rows do not all count the same."""

from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Self

__all__ = ["CELLS", "PAIRS", "PATTERNS", "WEIGHT_UNITS", "CellSums"]

CELLS = ("tp", "fp", "tn", "fn", "unlabelled_selected", "unlabelled_rejected")
"""The cells, in the order of every vector below."""
PAIRS = tuple(combinations_with_replacement(range(len(CELLS)), 2))
"""The pairs of cells whose products are summed: (0, 0), (0, 1), … (5, 5)."""
WEIGHT_UNITS = 2**28
"""A weight of 1 is counted as so many: weights are whole numbers, so that their sums are exact."""
PATTERNS = 2 ** len(CELLS)
"""In how many ways a cluster can have or not have weight in each cell; cell i is bit i."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CellSums:
    """Let a unit be a row, or a cluster of rows, with a vector of whole weights by cell: these are sums over units.

    They add up exactly and in any order, because all are whole numbers: `a + b`, over batches that share no unit. The
    scale of the weights is of no importance: rates and effective sizes do not depend on it.

    Args:
        totals: per cell, the sum of the weights.
        products: per pair of cells, in the order of `PAIRS`, the sum of the products; a row has weight in one cell only.
        clusters: how many clusters have weight in exactly the cells of each pattern; None where every row is a unit.
    """

    totals: tuple[int, ...]
    products: tuple[int, ...]
    clusters: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        lengths = {"totals": len(CELLS), "products": len(PAIRS), **({} if self.clusters is None else {"clusters": PATTERNS})}
        for name, length in lengths.items():
            values = getattr(self, name)
            if len(values) != length or min(values) < 0:
                raise ValueError(f"the {name} of weighted sums are {length} whole numbers of at least 0.")

    @classmethod
    def zero(cls, *, clustered: bool) -> "CellSums":
        """The sums over no units."""
        return cls(totals=(0,) * len(CELLS), products=(0,) * len(PAIRS), clusters=(0,) * PATTERNS if clustered else None)

    def __add__(self, other: Self) -> "CellSums":
        if (self.clusters is None) != (other.clusters is None):
            raise ValueError("sums over rows and sums over clusters do not add up")
        clusters = None if self.clusters is None or other.clusters is None else _added(self.clusters, other.clusters)
        return CellSums(totals=_added(self.totals, other.totals), products=_added(self.products, other.products), clusters=clusters)


def _added(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))
