"""Effective sizes: as how many independent rows do weighted or clustered rows count?

A fraction p = x/n is a ratio of two sums over units (rows, or clusters of rows). Its linearised variance is
V = (Σx_c² − 2pΣx_c n_c + p²Σn_c²)/n², times C/(C − 1) for C clusters; p(1 − p)/V independent rows are as precise.
Sums are whole numbers, so that each size comes from exact arithmetic and one division.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction as Exact

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.sums import CELLS, PAIRS, CellSums
from gate.metrics.rates import Cells, Fraction

__all__ = ["FEWEST_CLUSTERS", "Effective", "effective"]

FEWEST_CLUSTERS = 30
"""With fewer clusters than this, a variance between clusters is not to be trusted."""
_UNITS = Cells.of([ConfusionCounts(**{name: 1}) for name in CELLS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effective:
    """A fraction of every group: its weighted value, its effective size, and the clusters that have trials.

    Args:
        value: Σw of successes over Σw of trials; 0 where no trial has weight.
        size: effective number of independent rows, at most the rows there are; 0 where no trial has weight.
        total: Σw of trials, in the unit in which weights are counted.
        clusters: clusters with weight among the trials; None where rows are no clusters.
        alike: as many clusters of one size would vary as little (Kish's (Σn_c)²/Σn_c²); rows likewise where rows are no clusters.
    """

    value: NDArray[np.float64]
    size: NDArray[np.float64]
    total: NDArray[np.float64]
    clusters: NDArray[np.int64] | None
    alike: NDArray[np.float64]

    def at(self, level: float) -> NDArray[np.float64]:
        """The size for limits with a one-sided error in (0, 0.5): smaller where its variance is itself estimated from few clusters.

        It shrinks by the square of the normal quantile over Student's (Korn and Graubard 1998), of which the degrees of
        freedom count clusters as if they were of one size (Carter, Schnepel and Steigerwald 2017): from 30 clusters that
        differ much, limits else err half as often again as they should.
        """
        if self.clusters is None:
            return self.size
        student = stdtrit(np.maximum(np.minimum(self.clusters, self.alike) - 1, 1), 1 - level)
        return self.size * (ndtri(1 - level) / student) ** 2


def effective(part: Fraction, cells: Cells, statistics: Sequence[Statistics]) -> Effective | None:
    """The effective sizes of a fraction; None where every row counts the same and by itself."""
    sums = [entry.sums for entry in statistics]
    known = [entry for entry in sums if entry is not None]
    if not known:
        return None
    if len(known) < len(sums):
        raise ValueError("some groups have sums of weights or clusters, and some have not")
    successes, trials = _places(part.successes(_UNITS)), _places(part.trials(_UNITS))
    most = part.trials(cells)
    found = [_of_group(entry, successes, trials, int(rows)) for entry, rows in zip(known, most, strict=True)]
    values, sizes, totals, clusters, alike = zip(*found, strict=True) if found else ((), (), (), (), ())
    clustered = None if any(entry.clusters is None for entry in known) else np.array(clusters, dtype=np.int64)
    value, size, total, kish = (np.array(part, dtype=np.float64) for part in (values, sizes, totals, alike))
    return Effective(value=value, size=size, total=total, clusters=clustered, alike=kish)


def _places(indicator: NDArray[np.int64]) -> frozenset[int]:
    return frozenset(int(place) for place in np.flatnonzero(indicator))


def _of_group(sums: CellSums, successes: frozenset[int], trials: frozenset[int], rows: int) -> tuple[float, float, float, int, float]:
    """Value, effective size, total weight, clusters, and as many of one size, of one group."""
    x, n = (sum(sums.totals[i] for i in places) for places in (successes, trials))
    clusters = 0 if sums.clusters is None else sum(count for pattern, count in enumerate(sums.clusters) if any(pattern >> i & 1 for i in trials))
    if n == 0:
        return 0.0, 0.0, 0.0, clusters, 0.0
    xx, xn, nn = (_product(sums, one, other) for one, other in ((successes, successes), (successes, trials), (trials, trials)))
    alike = Exact(n * n, max(nn, 1))  # Kish: exact if all units of the same size have the same chance
    spread = xx * n * n - 2 * x * n * xn + x * x * nn  # V · n⁴, before the correction for few clusters
    size = Exact(x * (n - x) * n * n, spread) if spread > 0 else Exact(rows)
    if sums.clusters is not None:
        size = size * Exact(clusters - 1, max(clusters, 1))
    if x in (0, n) or (sums.clusters is not None and clusters < 2):
        size = alike
    elif sums.clusters is not None and clusters < FEWEST_CLUSTERS:
        size = min(size, alike)
    return x / n, float(min(size, Exact(rows))), float(n), clusters, float(alike)


def _product(sums: CellSums, one: frozenset[int], other: frozenset[int]) -> int:
    """Σ_c of the weight in the cells `one` times the weight in the cells `other`."""
    return sum(value * ((i in one and j in other) + (i != j and j in one and i in other)) for (i, j), value in zip(PAIRS, sums.products, strict=True))
