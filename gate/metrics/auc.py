"""The area under the ROC curve from a histogram: ties within a bin count one half.

Logit-DeLong limits with a floor under the variance: scores that separate the labels almost perfectly show too few
errors to estimate a variance from, and plain DeLong then promises far too much.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, stdtrit

from gate.metrics.intervals import GUARD_LEVEL, Limits, guarded

__all__ = ["Auc", "auc_limits", "auc_of"]

_FEW = 3.0
"""With fewer errors than this in the smaller class, the variance is the largest that any scores can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auc:
    """An area under the curve, its variance, and how many rows the smaller class has; 0 means that there is no area."""

    value: float
    variance: float
    fewest: int


def auc_of(positives: NDArray[np.int64], negatives: NDArray[np.int64]) -> Auc:
    """The area that rows per bin have, with the variance of DeLong et al. 1988, floored.

    Args:
        positives: rows with the positive label, by bin of the score.
        negatives: the same of the negative label.
    """
    m, n = int(np.sum(positives)), int(np.sum(negatives))
    if not m or not n:
        return Auc(value=0.5, variance=0.25, fewest=0)
    below = (np.cumsum(negatives) - negatives / 2) / n  # of a positive: how many negatives are below it
    above = (m - np.cumsum(positives) + positives / 2) / m
    value = float(positives @ below) / m
    delong = _spread(positives, below, value, m) + _spread(negatives, above, value, n)
    return Auc(value=value, variance=max(delong, _floor(value, m, n)), fewest=min(m, n))


def _spread(rows: NDArray[np.int64], placed: NDArray[np.float64], mean: float, size: int) -> float:
    return float(rows @ (placed - mean) ** 2) / (max(size - 1, 1) * size)


def _floor(value: float, m: int, n: int) -> float:
    """The variance of exponential scores (Hanley and McNeil 1982); with few errors, the largest that is possible (Birnbaum and Klose 1957)."""
    fewest = min(m, n)
    a = _inside(value, fewest)
    good, bad = a / (2 - a) - a * a, 2 * a * a / (1 + a) - a * a
    exponential = (a * (1 - a) + (m - 1) * good + (n - 1) * bad) / (m * n)
    errors = fewest * min(a, 1 - a)
    return max(exponential, a * (1 - a) / fewest * min(1.0, _FEW / errors))


def _inside(value: float, fewest: int) -> float:
    """The area, half an error of the smaller class away from 0 and 1."""
    edge = 1 / (2 * fewest)
    return min(max(value, edge), 1 - edge)


def auc_limits(areas: Sequence[Auc], *, level: float) -> Limits:
    """Areas with one-sided limits, each at `level`; undefined where a class is empty."""
    return guarded(_at(areas, level), _at(areas, GUARD_LEVEL), level=level)


def _at(areas: Sequence[Auc], level: float) -> Limits:
    value = np.array([area.value for area in areas])
    fewest = np.array([area.fewest for area in areas])
    inside = np.array([_inside(area.value, max(area.fewest, 1)) for area in areas])
    error = np.sqrt([area.variance for area in areas]) / (inside * (1 - inside))
    reach = stdtrit(np.maximum(fewest - 1, 1), 1 - level) * error
    lower, upper = np.minimum(expit(logit(inside) - reach), value), np.maximum(expit(logit(inside) + reach), value)
    return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=fewest > 0)
