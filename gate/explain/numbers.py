"""Estimates as the core keeps them: rounded once, so that what is judged from a record is what was judged at first."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gate.core.explanation import Area, Measured, Rate
from gate.metrics.auc import Auc, auc_limits, auc_of
from gate.metrics.intervals import clopper_pearson

__all__ = ["SIDE", "area_of", "areas_of_folds", "measured", "rate_of", "rounded", "spearman"]

SIDE = 0.025
"""The error of either side of an interval of 95 %."""
_DIGITS = 10


def rounded(value: float) -> float:
    """The number at ten significant digits; the record keeps twelve."""
    return float(f"{value:.{_DIGITS}g}")


def rate_of(hits: NDArray[np.bool_]) -> Rate | None:
    """The share of true entries; None where there are none at all."""
    rows, found = len(hits), int(np.sum(hits))
    if not rows:
        return None
    limits = clopper_pearson(np.array([found]), np.array([rows]), level=SIDE)
    return Rate(hits=found, rows=rows, low=rounded(float(limits.lower[0])), high=rounded(float(limits.upper[0])))


def measured(value: float, error: float, *, side: float = SIDE) -> Measured:
    """A number with a standard error, and its normal interval."""
    reach = NormalDist().inv_cdf(1 - side) * error
    return Measured(value=rounded(value), low=rounded(value - reach), high=rounded(value + reach))


def areas_of_folds(scores: NDArray[np.float64], truth: NDArray[np.bool_], folds: NDArray[np.int64]) -> Area:
    """The mean of the areas of the folds, which are independent of one another given the models (LeDell et al. 2015)."""
    areas = [_area(scores[folds == fold], truth[folds == fold]) for fold in np.unique(folds)]
    mean = Auc(
        value=float(np.mean([area.value for area in areas])),
        variance=float(np.sum([area.variance for area in areas])) / len(areas) ** 2,
        fewest=min(area.fewest for area in areas),  # that of a fold, as the floors under the variances are
    )
    return _limited(mean)


def area_of(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Area:
    """The area with DeLong's variance, floored; ties count one half."""
    return _limited(_area(scores, truth))


def _area(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Auc:
    _, places = np.unique(scores, return_inverse=True)
    size = int(places.max()) + 1 if len(places) else 1
    return auc_of(np.bincount(places[truth], minlength=size), np.bincount(places[~truth], minlength=size))


def _limited(area: Auc) -> Area:
    limits = auc_limits([area], level=SIDE)
    low, high = float(limits.lower[0]), float(limits.upper[0])
    return Area(value=rounded(area.value), low=rounded(low), high=rounded(high), variance=rounded(area.variance), fewest=area.fewest)


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """The rank correlation; None where there are fewer than three pairs, or one side is constant."""
    from scipy.stats import rankdata  # noqa: PLC0415 -- only an explanation needs it

    first, second = rankdata(one), rankdata(other)
    if len(first) < 3 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return rounded(float(np.corrcoef(first, second)[0, 1]))
