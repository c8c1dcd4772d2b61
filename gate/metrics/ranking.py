"""Places in rankings: means over rows or lists, with limits that know that rows of one query compete.

The variance is that between queries (linearised, as for clusters of rows), turned into the number of independent
yes-or-no rows that would vary as much, for which limits are exact. A number in [0, 1] varies at most as much as yes or
no with the same mean, so an effective size never exceeds the rows, or lists, that there are.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from gate.core.metric import Rate
from gate.core.ranks import UNIT, RankSums
from gate.metrics.design import FEWEST_CLUSTERS
from gate.metrics.intervals import Limits, clopper_pearson

__all__ = ["competing", "deviation", "queries", "rank_limits"]


def queries(rate: Rate, ranks: Sequence[RankSums | None]) -> NDArray[np.int64]:
    """How many queries of every group say something about a rate; 0 where nothing was counted."""
    name = {Rate.NDCG: "rated", Rate.TOP_K_SELECTION_RATE: "contested"}.get(rate, "queries")
    return np.array([0 if entry is None else int(getattr(entry, name)) for entry in ranks], dtype=np.int64)


def rank_limits(rate: Rate, ranks: Sequence[RankSums | None], *, level: float) -> Limits:
    """A rate of every group with one-sided limits, each at `level`; undefined where a group has no row in a query that says something about it.

    Args:
        rate: one of `RANKING_RATES`.
        ranks: what was summed over the queries of each group.
        level: one-sided error, in (0, 0.5).
    """
    found = [_mean(rate, entry, level) for entry in ranks]
    value, size = (np.array(column, dtype=np.float64) for column in zip(*found, strict=True))
    return clopper_pearson(value * size, size, level=level)


def competing(limits: Limits) -> Limits:
    """Limits for contrasts of groups that may share queries: twice the variance, so that margins that add as squares cover their plain sum.

    Where two groups compete for the same places, one gains what the other loses; no correlation can make their
    difference vary more than the sum of both spreads.
    """
    wider = np.sqrt(2.0)
    lower, upper = limits.value - wider * (limits.value - limits.lower), limits.value + wider * (limits.upper - limits.value)
    return replace(limits, lower=lower, upper=upper, below=wider * limits.below, above=wider * limits.above)


def _mean(rate: Rate, ranks: RankSums | None, level: float) -> tuple[float, float]:
    """The mean, and the effective number of independent rows or lists at a level; 0 where there is none."""
    return (0.0, 0.0) if ranks is None else _effective(*_sums(rate, ranks), level=level)


def deviation(rate: Rate, ranks: RankSums | None) -> float:
    """The standard deviation that one query adds to a rate: √(V · C), without the floor that limits put under it. 0 where nothing varies."""
    if ranks is None:
        return 0.0
    x, xx, xn, n, nn, clusters = _sums(rate, ranks)
    if n == 0 or clusters < 2:
        return 0.0
    spread = max(xx * n * n - 2 * x * n * xn + x * x * nn, 0)
    return float(Fraction(spread * clusters * clusters, n**4 * UNIT * UNIT * (clusters - 1))) ** 0.5


def _sums(rate: Rate, ranks: RankSums) -> tuple[int, int, int, int, int, int]:
    """Σx, Σx², Σxn, Σn, Σn² over the queries that say something about a rate, and how many those are."""
    match rate:
        case Rate.TOP_K_SELECTION_RATE:
            return (ranks.top_1, ranks.top_2, ranks.top_rows, ranks.contested_rows, ranks.contested_rows_2, ranks.contested)
        case Rate.EXPOSURE:
            return (ranks.exposure_1, ranks.exposure_2, ranks.exposure_rows, ranks.rows, ranks.rows_2, ranks.queries)
        case _:
            return (ranks.gain_1, ranks.gain_2, ranks.gain_1, ranks.rated, ranks.rated, ranks.rated)


def _effective(x: int, xx: int, xn: int, n: int, nn: int, clusters: int, *, level: float) -> tuple[float, float]:
    """Σx/Σn and p(1 − p)/V, with V = Σ(x_c − p·n_c)²/(Σn_c)² · C/(C − 1), in exact whole numbers until the last step."""
    if n == 0:
        return 0.0, 0.0
    alike = Fraction(n * n, nn)  # Kish: as many queries of one size would vary as little
    spread = xx * n * n - 2 * x * n * xn + x * x * nn
    size = min(Fraction(x * (n * UNIT - x) * n * n, spread) * Fraction(clusters - 1, clusters), Fraction(n)) if spread > 0 else alike
    if x in (0, n * UNIT) or clusters < FEWEST_CLUSTERS:
        size = min(size, alike)
    known = max(min(float(clusters), float(alike)) - 1, 1.0)
    student = float(ndtri(1 - level) / stdtrit(known, 1 - level)) ** 2
    return x / (n * UNIT), float(size) * student
