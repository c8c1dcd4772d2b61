"""How far a rate falls from a baseline to the candidate on the same rows: limits from paired counts.

Rates whose denominator both models share (rows, labelled rows, positives or negatives) rest on the discordant rows
alone: the drop is p_b − p_c, the shares of rows that only the baseline and only the candidate gets. Its limits are
MOVER's with Clopper–Pearson and the multinomial correlation. The other rates have a denominator of each model's own:
MOVER again, with the correlation that the two rates have over the rows, and never less than what the rows that tell the
models apart allow by themselves. Why the margins are guarded, and why rows are added before a correlation is taken:
.github/decisions/0012, and the tests, which enumerate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gate.core.metric import Rate
from gate.core.paired import PairedCells
from gate.metrics.discordant import sum_limits
from gate.metrics.intervals import Limits, clopper_pearson, contrast_upper
from gate.metrics.rates import Cells, combine, fractions

__all__ = ["LEAST_TRIALS", "drop", "rise", "shares_denominator"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LEAST_TRIALS = 30
"""Rates with a denominator of each model's own are compared only where both denominators have this many rows."""
_ADDED = 2
"""Rows added to every discordant cell before a correlation is taken: that none was seen does not mean that there are none."""

_UNLABELLED, _NEGATIVE, _POSITIVE = 0, 1, 2

_SHARED: Mapping[Rate, tuple[tuple[int, bool], ...]] = MappingProxyType(
    {
        Rate.SELECTION_RATE: ((_UNLABELLED, True), (_NEGATIVE, True), (_POSITIVE, True)),
        Rate.ACCURACY: ((_NEGATIVE, False), (_POSITIVE, True)),
        Rate.TRUE_POSITIVE_RATE: ((_POSITIVE, True),),
        Rate.FALSE_NEGATIVE_RATE: ((_POSITIVE, False),),
        Rate.FALSE_POSITIVE_RATE: ((_NEGATIVE, True),),
        Rate.TRUE_NEGATIVE_RATE: ((_NEGATIVE, False),),
    }
)
"""The labels whose rows a rate divides by, each with whether being selected counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of many groups, shape (groups, label, baseline's answer, candidate's answer)."""

    n: Ints

    @classmethod
    def of(cls, cells: Sequence[PairedCells]) -> "_Rows":
        kinds = [(entry.unlabelled, entry.negatives, entry.positives) for entry in cells]
        rows = [[[[kind.neither, kind.gained], [kind.lost, kind.both]] for kind in labels] for labels in kinds]
        return cls(n=np.array(rows, dtype=np.int64).reshape(len(rows), 3, 2, 2))

    def counts(self, *, baseline: bool) -> Cells:
        """The confusion counts of one of the two models."""
        (unlabelled, negative, positive) = np.moveaxis(np.sum(self.n, axis=3 if baseline else 2), 1, 0)
        return Cells(
            tp=positive[:, 1], fn=positive[:, 0], fp=negative[:, 1], tn=negative[:, 0],
            unlabelled_selected=unlabelled[:, 1], unlabelled_rejected=unlabelled[:, 0],
        )  # fmt: skip


_EACH = _Rows(n=np.eye(12, dtype=np.int64).reshape(12, 3, 2, 2))
"""One row of every kind."""
_DISCORDANT = np.tile([0, 1, 1, 0], 3)


def shares_denominator(rate: Rate) -> bool:
    """Whether both models' rates divide by the same rows, whatever they answer."""
    return rate in _SHARED or rate is Rate.BALANCED_ACCURACY


def drop(rate: Rate, cells: Sequence[PairedCells], *, level: float) -> Limits:
    """Baseline's rate minus candidate's, per group, with one-sided limits, each at `level`.

    Args:
        rate: what is compared.
        cells: the paired cells of the groups.
        level: one-sided error, in (0, 0.5).

    Undefined where a denominator is empty, or, of a model's own, below `LEAST_TRIALS`.
    """
    rows = _Rows.of(cells)
    if rate is Rate.BALANCED_ACCURACY:
        return _balanced(rows, level=level)
    return _discordant(rate, rows, level=level) if rate in _SHARED else _correlated(rate, rows, level=level)


def rise(rate: Rate, cells: Sequence[PairedCells], *, level: float) -> Limits:
    """Candidate's rate minus baseline's; as `drop`, turned round."""
    fall = drop(rate, cells, level=level)
    return Limits(value=-fall.value, lower=-fall.upper, upper=-fall.lower, below=fall.above, above=fall.below, defined=fall.defined)


def _discordant(rate: Rate, rows: _Rows, *, level: float) -> Limits:
    """Newcombe's construction for paired proportions (1998, method 10), with exact limits."""
    parts = [(rows.n[:, label], selected) for label, selected in _SHARED[rate]]
    lost = np.sum([n[:, 1, 0] if selected else n[:, 0, 1] for n, selected in parts], axis=0)
    gained = np.sum([n[:, 0, 1] if selected else n[:, 1, 0] for n, selected in parts], axis=0)
    trials = np.sum([np.sum(n, axis=(1, 2)) for n, _ in parts], axis=0)
    p, q = (lost + 1) / (trials + 2), (gained + 1) / (trials + 2)
    correlation = -np.minimum(np.sqrt(p * q / ((1 - p) * (1 - q))), 1.0)
    return _difference(clopper_pearson(lost, trials, level=level), clopper_pearson(gained, trials, level=level), correlation)


def _balanced(rows: _Rows, *, level: float) -> Limits:
    """Half of what the true positive rate loses less what the false positive rate loses: other rows, so independent."""
    tpr, fpr = (_discordant(rate, rows, level=level) for rate in (Rate.TRUE_POSITIVE_RATE, Rate.FALSE_POSITIVE_RATE))
    value, lower, upper = (tpr.value - fpr.value) / 2, -contrast_upper(fpr, tpr) / 2, contrast_upper(tpr, fpr) / 2
    return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=tpr.defined & fpr.defined)


def _correlated(rate: Rate, rows: _Rows, *, level: float) -> Limits:
    """Two rates of the same rows, each with its own denominator."""
    (part,) = fractions(rate)
    own = [rows.counts(baseline=True), rows.counts(baseline=False)]
    first, second = (combine(rate, [clopper_pearson(part.successes(one), part.trials(one), level=level)]) for one in own)
    weights = rows.n.reshape(-1, 12) + _ADDED * _DISCORDANT
    deviations = []
    for one in (_EACH.counts(baseline=True), _EACH.counts(baseline=False)):
        successes, trials = part.successes(one), part.trials(one)
        mean = (weights @ successes) / (weights @ trials)
        deviations.append(successes - mean[:, None] * trials)
    covariance = np.sum(weights * deviations[0] * deviations[1], axis=1)
    spread = np.sqrt(np.prod([np.sum(weights * one**2, axis=1) for one in deviations], axis=0))
    correlation = np.where(spread > 0, covariance / np.where(spread > 0, spread, 1.0), -1.0)
    found, alone = _difference(first, second, correlation), sum_limits(rows.n.reshape(-1, 12), _weights(rate, rows), level=level)
    below, above = np.maximum(found.below, alone.below), np.maximum(found.above, alone.above)
    enough = np.logical_and.reduce([part.trials(one) >= LEAST_TRIALS for one in own])
    return Limits(value=found.value, lower=found.value - below, upper=found.value + above, below=below, above=above, defined=enough)


def _weights(rate: Rate, rows: _Rows) -> Floats:
    """What one row of every kind adds to first − second, shape (groups, 12), for the denominators that were seen.

    X₁/N₁ − X₂/N₂ = (X₁ − θN₁)/N₁ − (X₂ − θN₂)/N₂ for any θ. At the rate of both models together, rows that they answer
    alike add next to nothing.
    """
    sums = [_sums(rate, _EACH.counts(baseline=baseline)) for baseline in (True, False)]
    n = rows.n.reshape(-1, 12)
    sizes = [np.maximum(n @ trials, 1) for _, trials in sums]
    pooled = sum(n @ successes for successes, _ in sums) / sum(sizes)
    (one, other) = ((successes - pooled[:, None] * trials) / size[:, None] for (successes, trials), size in zip(sums, sizes, strict=True))
    return one - other


def _sums(rate: Rate, cells: Cells) -> tuple[Ints, Ints]:
    """Numerator and denominator of the rate itself; that of F1 is 2 TP over 2 TP + FP + FN."""
    (part,) = fractions(rate)
    successes, trials = part.successes(cells), part.trials(cells)
    return (2 * successes, successes + trials) if rate is Rate.F1_SCORE else (successes, trials)


def _difference(first: Limits, second: Limits, correlation: Floats) -> Limits:
    """MOVER for first − second of correlated estimates (Zou and Donner 2008), guarded as `contrast_upper` is."""
    value = first.value - second.value
    below = np.minimum(_joined(first.below, second.above, correlation), (first.value - first.lower) + (second.upper - second.value))
    above = np.minimum(_joined(first.above, second.below, correlation), (first.upper - first.value) + (second.value - second.lower))
    return Limits(value=value, lower=value - below, upper=value + above, below=below, above=above, defined=first.defined & second.defined)


def _joined(one: Floats, other: Floats, correlation: Floats) -> Floats:
    return np.sqrt(np.maximum(one**2 + other**2 - 2 * correlation * one * other, 0.0))
