"""Disparities over groups: the extreme pair, without visiting every pair.

A difference asks for every ordered pair whether p₁ − p₂ stays within a bound, a ratio whether φ·p₁ − p₂ stays
below 0. Both are the largest limit of `scale`·p₁ − p₂ over pairs of different groups.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.core.metric import Form
from gate.metrics.comparisons import Pairing
from gate.metrics.intervals import Limits, contrast_lower, contrast_upper

__all__ = ["ExtremePair", "largest_lower", "largest_upper", "spread"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtremePair:
    """The ordered pair whose limit is largest: indices into the groups, and that limit."""

    first: int
    second: int
    limit: float


def largest_upper(groups: Limits, *, scale: float, pairings: Sequence[Pairing] | None = None) -> ExtremePair | None:
    """The pair with the largest upper limit of `scale`·p₁ − p₂; None where no pair of defined groups is compared. Default: all pairs."""
    return _among(groups, pairings, scale=scale, limit=contrast_upper, ceiling=lambda first, second: first.upper - np.min(second.lower))


def largest_lower(groups: Limits, *, scale: float, pairings: Sequence[Pairing] | None = None) -> ExtremePair | None:
    """The pair with the largest lower limit of `scale`·p₁ − p₂; None where no pair of defined groups is compared. Default: all pairs."""
    return _among(groups, pairings, scale=scale, limit=contrast_lower, ceiling=_lower_ceiling)


def _lower_ceiling(first: Limits, second: Limits) -> NDArray[np.float64]:
    """Per first group, a number that no lower limit of its contrasts exceeds: hypot(a, b) is at least (a + b) / √2, and at least a."""
    half = np.sqrt(0.5)
    diagonal = first.value - half * (first.value - first.lower) - np.min(second.value + half * (second.upper - second.value))
    return np.minimum(diagonal, first.lower - np.min(second.value))


def _among(
    groups: Limits,
    pairings: Sequence[Pairing] | None,
    *,
    scale: float,
    limit: Callable[[Limits, Limits], NDArray[np.float64]],
    ceiling: Callable[[Limits, Limits], NDArray[np.float64]],
) -> ExtremePair | None:
    """The extreme pair of all pairings."""
    everyone = np.ones(groups.defined.shape, dtype=np.bool_)
    chosen = (Pairing(first=everyone, second=everyone),) if pairings is None else pairings
    found = [_extreme(groups, pairing.within(groups.defined), scale=scale, limit=limit, ceiling=ceiling) for pairing in chosen]
    return max((pair for pair in found if pair is not None), key=lambda pair: pair.limit, default=None)


def _extreme(
    groups: Limits,
    pairing: Pairing,
    *,
    scale: float,
    limit: Callable[[Limits, Limits], NDArray[np.float64]],
    ceiling: Callable[[Limits, Limits], NDArray[np.float64]],
) -> ExtremePair | None:
    """Branch and bound: visit first groups by the most that any pair of theirs could reach, stop when none can win."""
    firsts, seconds = np.flatnonzero(pairing.first), np.flatnonzero(pairing.second)
    if pairing.pairs == 0:
        return None
    second = groups.take(seconds)
    first = groups.take(firsts).scaled(scale)
    reach = ceiling(first, second)
    best = ExtremePair(first=-1, second=-1, limit=-np.inf)
    for i in np.argsort(-reach, kind="stable"):
        if reach[i] <= best.limit:
            break
        values = limit(first.take(np.array([i])), second)
        values[seconds == firsts[i]] = -np.inf
        j = int(np.argmax(values))
        if values[j] > best.limit:
            best = ExtremePair(first=int(firsts[i]), second=int(seconds[j]), limit=float(values[j]))
    return best


def spread(groups: Limits, pairings: Sequence[Pairing], form: Form) -> float | None:
    """The largest difference or the smallest ratio of any pair that is compared; 0 or 1 where none leans its way, None for 0 / 0."""
    within = [pairing.within(groups.defined) for pairing in pairings]
    sides = [(groups.value[pairing.first], groups.value[pairing.second]) for pairing in within if pairing.pairs]
    if form is Form.DIFFERENCE:
        return max(0.0, *(float(np.max(first)) - float(np.min(second)) for first, second in sides))
    ratios = [ratio for first, second in sides if (ratio := _smallest_ratio(first, second)) is not None]
    return min(ratios, default=None)


def _smallest_ratio(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    """The smallest second rate over the largest first one, at most 1; None where all are 0."""
    top = float(np.max(first))
    if top > 0:
        return min(1.0, float(np.min(second)) / top)
    return 1.0 if np.any(second > 0) else None
