"""Limits of a weighted sum of rare rows: a guard where a comparison of two models rests on few rows that they answer differently.

A correlation between two rates turns margins of hundreds of rows into one of a handful, and treats these as normal.
At a level of .05 that does no harm, at .0001 such limits erred at up to 4.5 times their level. Rows of each kind are
counted as Poisson variables here: more variable than they are, and skewed as they are. Enumerated for two kinds of rows,
each limit errs at its level at most from .05 to .001, and at up to 3.2 times .0001 where one row weighs ten times the other.
"""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from gate.metrics.intervals import GUARD_LEVEL, Limits, guarded

__all__ = ["sum_limits"]

Floats: TypeAlias = NDArray[np.float64]


def sum_limits(rows: NDArray[np.int64], weights: Floats, *, level: float) -> Limits:
    """Σ weight · rows with one-sided limits, each at `level`: those of the terms above 0 and below 0, joined by MOVER.

    Args:
        rows: how many there are of each kind, shape (groups, kinds).
        weights: what one row of each kind adds, of the same shape.
        level: one-sided error, in (0, 0.5).
    """
    more, less = (_positive(rows, np.maximum(side, 0.0), level=level) for side in (weights, -weights))
    value = more.value - less.value
    below, above = np.hypot(more.below, less.above), np.hypot(more.above, less.below)
    return Limits(value=value, lower=value - below, upper=value + above, below=below, above=above, defined=more.defined)


def _positive(rows: NDArray[np.int64], weights: Floats, *, level: float) -> Limits:
    return guarded(_gamma(rows, weights, level), _gamma(rows, weights, GUARD_LEVEL), level=level)


def _gamma(rows: NDArray[np.int64], weights: Floats, level: float) -> Limits:
    """Limits of a weighted sum of Poisson variables, for weights of at least 0. Source: Fay and Feuer 1997."""
    value, variance = np.sum(rows * weights, axis=1), np.sum(rows * weights**2, axis=1)
    one = np.max(weights, axis=1)  # a row of the weightiest kind, seen or not
    some, any_weight = value > 0, one > 0
    lower = np.where(some, _quantile(np.where(some, value, 1.0), np.where(some, variance, 1.0), 1 - level), 0.0)
    upper = np.where(any_weight, _quantile(np.where(any_weight, value + one, 1.0), np.where(any_weight, variance + one**2, 1.0), level), 0.0)
    return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=np.ones_like(some))


def _quantile(mean: Floats, variance: Floats, above: float) -> Floats:
    """What a gamma variable with this mean and variance exceeds with this probability."""
    quantile: Floats = variance / (2 * mean) * chdtri(2 * mean**2 / variance, above)
    return quantile
