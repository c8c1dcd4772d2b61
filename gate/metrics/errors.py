"""Means of errors, from moments: estimates with skew-corrected one-sided limits.

Errors have long tails, so no exact interval exists. Hall's transformation (1992) takes the skew out of Student's t; of
the two intervals the wider is used on each side. With a declared range of labels the limits also leave room for errors
that were not drawn (`bounded`). Below 300 rows, and without a range where errors do not vary, there are no limits:
nothing is proven either way.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.special import stdtrit

from gate.core.metric import Rate
from gate.core.moments import FRACTION_BITS, Moments
from gate.metrics.bounded import moved
from gate.metrics.intervals import Limits
from gate.metrics.means import FEWEST

__all__ = ["means"]

_UNIT = 1 << FRACTION_BITS
_NO_SPREAD = 1e-13
"""A variance below this share of the mean square is rounding, not spread."""
_UNDEFINED = (0.0, math.inf, math.inf, False)


_LOWEST = {Rate.MEAN_ABSOLUTE_ERROR: 0.0, Rate.MEAN_SQUARED_ERROR: 0.0, Rate.MEAN_RESIDUAL: -1.0}
"""The smallest term of a mean, in units of the largest."""


def means(rate: Rate, moments: Sequence[Moments | None], *, level: float, reach: float | None = None) -> Limits:
    """A mean of errors, or R², of every group with one-sided limits; infinite where nothing is proven. No error is larger than `reach`.

    Raises:
        ValueError: the counts hold no moments.
    """
    rows = [_limits(rate, entry, level, ranged=reach is not None) for entry in moments]
    value, below, above, defined = (np.array(column) for column in zip(*rows, strict=True))
    floor = 0.0 if _LOWEST.get(rate) == 0.0 else -math.inf
    limits = Limits(value=value, lower=np.maximum(value - below, floor), upper=value + above, below=below, above=above, defined=defined.astype(bool))
    if reach is None or rate not in _LOWEST:
        return replace(limits, below=value - limits.lower)
    most, lowest = reach ** (2 if rate is Rate.MEAN_SQUARED_ERROR else 1), _LOWEST[rate]
    labelled = np.array([1 if entry is None else max(entry.labelled, 1) for entry in moments])
    return moved(limits, most * (1 - lowest) / labelled, level=level, low=most * lowest, high=most)


def _limits(rate: Rate, moments: Moments | None, level: float, *, ranged: bool) -> tuple[float, float, float, bool]:
    """Estimate, how far the limits lie below and above it, and whether there is an estimate at all."""
    if moments is None:
        raise ValueError(f"the counts hold no moments, which {rate.value} is made of")
    if moments.labelled == 0:
        return _UNDEFINED
    match rate:
        case Rate.MEAN_ABSOLUTE_ERROR:
            return _of_mean((moments.absolute_1, moments.residual_2, moments.absolute_3), moments, level=level, power=1, ranged=ranged)
        case Rate.MEAN_SQUARED_ERROR:
            return _of_mean((moments.residual_2, moments.residual_4, moments.residual_6), moments, level=level, power=2, ranged=ranged)
        case Rate.MEAN_RESIDUAL:
            return _of_mean((-moments.residual_1, moments.residual_2, -moments.residual_3), moments, level=level, power=1, ranged=ranged)
        case _:
            return _r2(moments)


def _of_mean(sums: tuple[int, int, int], moments: Moments, *, level: float, power: int, ranged: bool) -> tuple[float, float, float, bool]:
    """A mean with its margins, in the label's unit; whole numbers until the last division, so that nothing cancels."""
    first, second, third = sums
    n, exponent = moments.labelled, power * moments.scale.residual
    value = first / (n * _UNIT)
    below, above = _margins(n, first, second, third, level, ranged=ranged)
    return math.ldexp(value, exponent), math.ldexp(below, exponent), math.ldexp(above, exponent), True


def _margins(n: int, first: int, second: int, third: int, level: float, *, ranged: bool) -> tuple[float, float]:
    """How far the limits lie below and above the mean: the wider of Student's t and Hall's transformation of it.

    Source: Hall 1992, "On the removal of skewness by transformation"; Johnson 1978 for the idea.
    """
    if n < FEWEST:
        return math.inf, math.inf
    variance = (n * second * _UNIT - first * first) / (n * (n - 1) * _UNIT * _UNIT)
    if variance <= _NO_SPREAD * second / (n * _UNIT):
        return (0.0, 0.0) if ranged else (math.inf, math.inf)
    skew = (n * n * third * _UNIT * _UNIT - 3 * n * first * second * _UNIT + 2 * first**3) / (n * _UNIT) ** 3 / variance**1.5
    error, t = math.sqrt(variance / n), -float(stdtrit(n - 1, level))
    pull = skew / math.sqrt(n)
    return error * max(t, _without_skew(t, pull)), error * max(t, -_without_skew(-t, pull))


def _without_skew(quantile: float, pull: float) -> float:
    """The value of Student's t whose transformation is the quantile; `pull` is the skew over √n."""
    if abs(pull) < 1e-9:
        return quantile
    return float(3 / pull * (np.cbrt(1 + pull * (quantile - pull / 6)) - 1))


def _r2(moments: Moments) -> tuple[float, float, float, bool]:
    """1 − residual over total sum of squares; undefined where the labels do not vary. Its limits are not calibrated."""
    n, scale = moments.labelled, moments.scale
    total = (n * moments.label_2 * _UNIT - moments.label_1**2) / (n * _UNIT * _UNIT)
    if total <= _NO_SPREAD * moments.label_2 / _UNIT:
        return _UNDEFINED
    return 1 - math.ldexp(moments.residual_2 / _UNIT / total, 2 * (scale.residual - scale.label)), math.inf, math.inf, True
