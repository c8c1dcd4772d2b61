"""What every simulation of planning shares: fixed random numbers, the rule of all pairs on many tables at once, and the search for a size.

Uniform numbers come from a fixed integer hash and are stratified, so the answer depends on nothing that anyone can
choose and is the same everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from gate.core.metric import Form
from gate.judge.questions import Question, claim
from gate.metrics.comparisons import Pairing
from gate.metrics.intervals import Limits, contrast_lower, contrast_upper

__all__ = ["MOST_ROWS", "POWER", "TABLES", "all_within", "kept_of", "smallest_size", "some_beyond", "uniforms"]

POWER = 0.8
TABLES = 400
MOST_GROUPS = 200
"""Simulations look at this many groups, those with the fewest trials: the others hardly matter."""
MOST_ROWS = 10**8
_EXTREMES = 8
"""Per simulated table, pairs are formed among this many highest and lowest groups."""


def kept_of(question: Question) -> NDArray[np.intp]:
    """The groups that a simulation looks at, in their order: the smallest on either side of the comparison."""
    rows = np.where(question.judged, question.cells.rows, np.iinfo(np.int64).max)
    most = min(MOST_GROUPS, int(np.sum(question.judged)) or 1)
    order = np.argsort(rows, kind="stable")
    watched = question.comparison.watched(len(question.groups))[order]
    rank = np.where(watched, np.cumsum(watched), np.cumsum(np.logical_not(watched)))  # both sides in turn, smallest first
    rank = np.where(question.judged[order], rank, np.iinfo(np.int64).max)
    return np.sort(order[np.argsort(rank, kind="stable")[:most]])


def smallest_size(enough: Callable[[int], bool], *, start: int) -> int | None:
    """The smallest size that is enough, within half a percent and to three digits; None beyond `MOST_ROWS`."""
    low, high = start - 1, start
    while not enough(high):
        low, high = high, high * 2
        if high > MOST_ROWS:
            return None
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return _three_digits(high)


def _three_digits(size: int) -> int:
    """Rounded up to three significant digits."""
    step = 10 ** max(len(str(size)) - 3, 0)
    return -(-size // step) * step


def uniforms(tables: int, stream: int, group: int) -> NDArray[np.float64]:
    """Stratified uniform numbers in (0, 1): the middle of each stratum, in an order given by SplitMix64."""
    state = np.arange(tables, dtype=np.uint64) + np.uint64((stream * 1_000_003 + group) * 2**20 + 1)
    with np.errstate(over="ignore"):
        z = state * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (np.argsort(np.argsort(z, kind="stable"), kind="stable") + 0.5) / tables


def all_within(question: Question, simulated: Limits, pairings: Sequence[Pairing]) -> NDArray[np.bool_]:
    """Per table, whether every pair (or group) is proven to be within the threshold."""
    if question.metric.form in (Form.DIFFERENCE, Form.RATIO):
        scale, bound = claim(question.threshold)
        largest = _largest(simulated, pairings, high=simulated.upper, low=-simulated.lower, scale=scale, limit=contrast_upper)
        return np.isfinite(largest) & (largest <= bound)
    if question.threshold.min is not None:
        return np.min(simulated.lower, axis=1) >= question.threshold.min
    return np.max(simulated.upper, axis=1) <= (question.threshold.max or 0.0)


def some_beyond(question: Question, simulated: Limits, pairings: Sequence[Pairing]) -> NDArray[np.bool_]:
    """Per table, whether some pair (or group) is proven to be beyond it."""
    if question.metric.form in (Form.DIFFERENCE, Form.RATIO):
        scale, bound = claim(question.threshold)
        return _largest(simulated, pairings, high=simulated.lower, low=-simulated.upper, scale=scale, limit=contrast_lower) > bound
    if question.threshold.min is not None:
        return np.min(simulated.upper, axis=1) < question.threshold.min
    return np.max(simulated.lower, axis=1) > (question.threshold.max or 0.0)


def _largest(
    simulated: Limits,
    pairings: Sequence[Pairing],
    *,
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    scale: float,
    limit: Callable[[Limits, Limits], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Per table, the largest limit of any pair that is compared, formed among the highest first and the lowest second groups; −∞ without one."""
    largest = np.full(simulated.value.shape[0], -np.inf)
    for pairing in (pairing for pairing in pairings if pairing.pairs):
        firsts, seconds = np.flatnonzero(pairing.first), np.flatnonzero(pairing.second)
        top, bottom = (chosen[_highest(order[:, chosen])] for order, chosen in ((high, firsts), (low, seconds)))
        first, second = _at(simulated, top).expanded(2).scaled(scale), _at(simulated, bottom).expanded(1)
        same = top[:, :, None] == bottom[:, None, :]
        largest = np.maximum(largest, np.max(np.where(same, -np.inf, limit(first, second)), axis=(1, 2)))
    return largest


def _highest(order: NDArray[np.float64]) -> NDArray[np.intp]:
    """Per table, the places of the highest numbers."""
    return np.argsort(-order, axis=1, kind="stable")[:, :_EXTREMES]


def _at(simulated: Limits, index: NDArray[np.intp]) -> Limits:
    """Per table, the limits of some groups."""
    return Limits(**{entry.name: np.take_along_axis(getattr(simulated, entry.name), index, axis=1) for entry in fields(Limits)})
