"""Means of bounded numbers with skew-corrected t limits, which take hold from 300 rows on.

A t interval trusts a symmetric mean; errors of scores are skewed. Hall's transformation puts that right on the side
of the tail. Where it would shorten a margin, the plain t margin stays, and no margin is smaller than what as many
rows without an exception still allow.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from gate.metrics.intervals import GUARD_LEVEL, Limits, guarded

__all__ = ["FEWEST", "Means", "mean_limits"]

FEWEST = 300
"""With fewer rows a mean is shown, and nothing is proven by it: its limits are the ends of the scale."""
_SYMMETRIC = 1e-6
"""Below this skewness over √n the correction is smaller than rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """Sample moments of groups, shape (groups,): how many, mean, variance and skewness; and the ends of the scale."""

    count: NDArray[np.int64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    skewness: NDArray[np.float64]
    low: float
    high: float
    reach: float = 1.0


def mean_limits(means: Means, *, level: float) -> Limits:
    """Means with one-sided limits, each at `level`; undefined without rows.

    Source: Johnson 1978; Hall 1992.
    """
    return guarded(_at(means, level), _at(means, GUARD_LEVEL), level=level)


def _at(means: Means, level: float) -> Limits:
    known = means.count >= FEWEST
    n = np.where(known, means.count, FEWEST).astype(np.float64)
    error, a = np.sqrt(means.variance / n), means.skewness / np.sqrt(n)
    quantile = stdtrit(n - 1, 1 - level)
    least = np.maximum(quantile * error, means.reach * np.log(1 / level) / n)
    below = np.maximum(least, error * _hall(quantile, a))
    above = np.maximum(least, -error * _hall(-quantile, a))
    lower = np.where(known, np.maximum(means.mean - below, means.low), means.low)
    upper = np.where(known, np.minimum(means.mean + above, means.high), means.high)
    return Limits(value=means.mean, lower=lower, upper=upper, below=means.mean - lower, above=upper - means.mean, defined=means.count > 0)


def _hall(x: NDArray[np.float64], a: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of Hall's cubic: the plain t statistic that stands where the corrected one is `x`."""
    skewed = np.abs(a) > _SYMMETRIC
    safe = np.where(skewed, a, 1.0)
    return np.where(skewed, 3 / safe * (np.cbrt(1 + safe * (x - safe / 6)) - 1), x)
