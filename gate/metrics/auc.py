"""The area under the ROC curve from a histogram: ties within a bin count one half.

Logit-DeLong limits with a floor under the variance: scores that separate the labels almost perfectly show too few
errors to estimate a variance from, and plain DeLong then promises far too much. Where a few rows far off are all the
errors that there are, the logit is no better than the normal it rests on: the limits of a share of the same variance
are then the wider ones, and taken.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, logit, stdtrit

from gate.metrics.intervals import GUARD_LEVEL, Limits, guarded

__all__ = ["Auc", "auc_limits", "auc_of"]

_FEW = 3.0
"""With fewer errors than this in the smaller class, the variance is the largest that any scores can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auc:
    """An area under the curve, and what its limits need.

    Args:
        value: the area; ties within a bin count one half.
        variance: of the area, floored.
        fewest: how many rows the smaller class has; 0 means that there is no area.
        blur: the share of pairs of a positive and a negative whose order the bins hide.
    """

    value: float
    variance: float
    fewest: int
    blur: float = 0.0


def auc_of(positives: NDArray[np.int64], negatives: NDArray[np.int64], *, blurred: NDArray[np.bool_] | None = None) -> Auc:
    """The area that rows per bin have, with the variance of DeLong et al. 1988, floored.

    Args:
        positives: rows with the positive label, by bin of the score.
        negatives: the same of the negative label.
        blurred: the bins whose scores are not all equal; None where all ties are real.
    """
    m, n = int(np.sum(positives)), int(np.sum(negatives))
    if not m or not n:
        return Auc(value=0.5, variance=0.25, fewest=0)
    below = (np.cumsum(negatives) - negatives / 2) / n  # of a positive: how many negatives are below it
    above = (m - np.cumsum(positives) + positives / 2) / m
    value = float(positives @ below) / m
    delong = _spread(positives, below, value, m) + _spread(negatives, above, value, n)
    hidden = 0.0 if blurred is None else float(positives[blurred] @ negatives[blurred]) / m / n
    return Auc(value=value, variance=max(delong, _floor(value, m, n)), fewest=min(m, n), blur=hidden)


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
    """Areas with one-sided limits, each at `level`; undefined where a class is empty.

    Hidden pairs move an area by at most half their share. The limits give way by the whole share, so that those of a
    contrast, whose margins add as squares, cover both areas.
    """
    found = guarded(_at(areas, level), _at(areas, GUARD_LEVEL), level=level)
    blur = np.array([area.blur for area in areas])
    return Limits(
        value=found.value,
        lower=np.maximum(found.lower - blur, 0.0),
        upper=np.minimum(found.upper + blur, 1.0),
        below=found.below + blur,
        above=found.above + blur,
        defined=found.defined,
    )


def _at(areas: Sequence[Auc], level: float) -> Limits:
    value = np.array([area.value for area in areas])
    fewest = np.array([area.fewest for area in areas])
    inside = np.array([_inside(area.value, max(area.fewest, 1)) for area in areas])
    variance = np.array([area.variance for area in areas])
    error = np.sqrt(variance) / (inside * (1 - inside))
    reach = stdtrit(np.maximum(fewest - 1, 1), 1 - level) * error
    low, high = _as_share(value, inside * (1 - inside) / variance, level)
    lower, upper = np.minimum(expit(logit(inside) - reach), low), np.maximum(expit(logit(inside) + reach), high)
    return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=fewest > 0)


def _as_share(value: NDArray[np.float64], trials: NDArray[np.float64], level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Clopper–Pearson limits of a share with the area's value and variance: exact where a few rows are all that is misplaced."""
    good, bad = value * trials, (1 - value) * trials
    lower = np.where(good > 0, betaincinv(np.maximum(good, 1e-9), bad + 1, level), 0.0)
    upper = np.where(bad > 0, betaincinv(good + 1, np.maximum(bad, 1e-9), 1 - level), 1.0)
    return np.minimum(lower, value), np.maximum(upper, value)
