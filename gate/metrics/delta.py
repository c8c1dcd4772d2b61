"""Approximate limits by the delta method: for numbers that are neither a fraction nor monotone in one.

Nobody has measured how often these limits err in small groups, so a rule on such a number is advisory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from gate.core.metric import Rate
from gate.metrics.intervals import Limits
from gate.metrics.rates import Cells, fractions

__all__ = ["DELTA", "delta_limits"]

Floats: TypeAlias = NDArray[np.float64]

_BENEFIT = np.array([1.0, 2.0, 1.0, 0.0])
"""b = ŷ − y + 1 of TP, FP, TN and FN (Speicher et al. 2018)."""
_BENEFIT_LOG_BENEFIT = np.array([0.0, 2 * np.log(2.0), 0.0, 0.0])
_SMOOTHING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Function:
    """A number as a function of the shares of TP, FP, TN and FN (last axis), its gradient, and the range it lies in."""

    value: Callable[[Floats], Floats]
    gradient: Callable[[Floats], Floats]
    lowest: float
    highest: float


def _margins(p: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Selected, positive, negative and rejected shares."""
    tp, fp, tn, fn = np.moveaxis(p, -1, 0)
    return tp + fp, tp + fn, tn + fp, tn + fn


def _mcc(p: Floats) -> Floats:
    tp, fp, tn, fn = np.moveaxis(p, -1, 0)
    selected, positive, negative, rejected = _margins(p)
    ratio: Floats = (tp * tn - fp * fn) / np.sqrt(selected * positive * negative * rejected)
    return ratio


def _mcc_gradient(p: Floats) -> Floats:
    tp, fp, tn, fn = np.moveaxis(p, -1, 0)
    selected, positive, negative, rejected = _margins(p)
    root, half = np.sqrt(selected * positive * negative * rejected), _mcc(p) / 2
    parts = (
        tn / root - half * (1 / selected + 1 / positive),
        -fn / root - half * (1 / selected + 1 / negative),
        tp / root - half * (1 / negative + 1 / rejected),
        -fp / root - half * (1 / positive + 1 / rejected),
    )
    return np.stack(parts, axis=-1)


def _mean(p: Floats, of: Floats) -> Floats:
    """The mean of a number per cell, keeping the last axis."""
    return np.sum(p * of, axis=-1, keepdims=True)


def _entropy(p: Floats) -> Floats:
    squares: Floats = (_mean(p, _BENEFIT**2) / _mean(p, _BENEFIT) ** 2 - 1) / 2
    return squares[..., 0]


def _entropy_gradient(p: Floats) -> Floats:
    mean, squares = _mean(p, _BENEFIT), _mean(p, _BENEFIT**2)
    slope: Floats = _BENEFIT**2 / (2 * mean**2) - squares * _BENEFIT / mean**3
    return slope


def _theil(p: Floats) -> Floats:
    mean = _mean(p, _BENEFIT)
    index: Floats = _mean(p, _BENEFIT_LOG_BENEFIT) / mean - np.log(mean)
    return index[..., 0]


def _theil_gradient(p: Floats) -> Floats:
    mean = _mean(p, _BENEFIT)
    slope: Floats = _BENEFIT_LOG_BENEFIT / mean - _mean(p, _BENEFIT_LOG_BENEFIT) * _BENEFIT / mean**2 - _BENEFIT / mean
    return slope


DELTA: Mapping[Rate, _Function] = MappingProxyType(
    {
        Rate.MATTHEWS_CORRCOEF: _Function(value=_mcc, gradient=_mcc_gradient, lowest=-1.0, highest=1.0),
        Rate.THEIL_INDEX: _Function(value=_theil, gradient=_theil_gradient, lowest=0.0, highest=np.inf),
        Rate.GENERALIZED_ENTROPY_INDEX: _Function(value=_entropy, gradient=_entropy_gradient, lowest=0.0, highest=np.inf),
    }
)
"""The numbers whose limits are approximate."""


def delta_limits(rate: Rate, cells: Cells, *, level: float) -> Limits:
    """A number of every group with approximate one-sided limits; undefined where it divides by nothing.

    The variance is the larger of that at the counts and that at the counts plus a half: a table without errors has
    no variance of its own, which must not read as certainty.
    """
    function = DELTA[rate]
    defined = np.logical_and.reduce([part.trials(cells) > 0 for part in fractions(rate)])
    counted = np.stack([cells.tp, cells.fp, cells.tn, cells.fn], axis=-1).astype(np.float64)
    counts = np.where(defined[..., None], counted, 1.0)  # entries that are not defined mean nothing, but have to be finite
    value = function.value(_shares(counts))
    variance = np.maximum(_variance(function, counts), _variance(function, counts + _SMOOTHING))
    margin = -float(ndtri(level)) * np.sqrt(variance)
    lower, upper = np.maximum(value - margin, function.lowest), np.minimum(value + margin, function.highest)
    return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=defined)


def _shares(counts: Floats) -> Floats:
    shares: Floats = counts / np.sum(counts, axis=-1, keepdims=True)
    return shares


def _variance(function: _Function, counts: Floats) -> Floats:
    """Σ p g² − (Σ p g)², over n: multinomial."""
    p = _shares(counts)
    slope = function.gradient(p)
    spread = np.sum(p * slope**2, axis=-1) - np.sum(p * slope, axis=-1) ** 2
    variance: Floats = np.maximum(spread, 0.0) / np.sum(counts, axis=-1)
    return variance
