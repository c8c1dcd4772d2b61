"""Rates of groups: from confusion counts to estimates with limits.

Every rate is made of one or two fractions (successes of trials). A fraction has an exact interval; a rate that is
no fraction itself takes its limits from its fractions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gate.core.counts import ConfusionCounts
from gate.core.metric import Rate
from gate.metrics.intervals import Limits, clopper_pearson, contrast_lower, contrast_upper

__all__ = ["ON_DEMAND", "Cells", "Fraction", "Unit", "at", "combine", "fractions", "limits", "trials"]

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Unit: TypeAlias = str
"""What the trials of a fraction are: rows, positives, negatives, or something that the predictions decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Confusion counts of many groups as arrays of one shape."""

    tp: Ints
    fp: Ints
    tn: Ints
    fn: Ints
    unlabelled_selected: Ints
    unlabelled_rejected: Ints
    answered: Ints = field(default_factory=lambda: np.zeros((), dtype=np.int64))
    unlabelled_answered: Ints = field(default_factory=lambda: np.zeros((), dtype=np.int64))

    @classmethod
    def of(cls, counts: Sequence[ConfusionCounts]) -> "Cells":
        """The counts of groups, in their order."""
        names = [cell.name for cell in fields(cls)]
        rows = [tuple(getattr(entry, name) for name in names) for entry in counts]
        columns = np.array(rows, dtype=np.int64).reshape(len(rows), len(names)).T
        return cls(**dict(zip(names, columns, strict=True)))

    @property
    def positives(self) -> Ints:
        """Rows with the positive label."""
        return self.tp + self.fn

    @property
    def negatives(self) -> Ints:
        """Rows with the negative label."""
        return self.fp + self.tn

    @property
    def labelled(self) -> Ints:
        """Rows with a label."""
        return self.positives + self.negatives + self.answered

    @property
    def rows(self) -> Ints:
        """All rows."""
        return self.labelled + self.unlabelled_selected + self.unlabelled_rejected + self.unlabelled_answered


@dataclass(frozen=True, slots=True, kw_only=True)
class Fraction:
    """Successes of trials, and what a trial is."""

    successes: Callable[[Cells], Ints]
    trials: Callable[[Cells], Ints]
    unit: Unit


_SELECTED = Fraction(successes=lambda c: c.tp + c.fp + c.unlabelled_selected, trials=lambda c: c.rows, unit="rows")
_CORRECT = Fraction(successes=lambda c: c.tp + c.tn, trials=lambda c: c.labelled, unit="rows")
_TPR = Fraction(successes=lambda c: c.tp, trials=lambda c: c.positives, unit="positives")
_FNR = Fraction(successes=lambda c: c.fn, trials=lambda c: c.positives, unit="positives")
_FPR = Fraction(successes=lambda c: c.fp, trials=lambda c: c.negatives, unit="negatives")
_TNR = Fraction(successes=lambda c: c.tn, trials=lambda c: c.negatives, unit="negatives")
_PPV = Fraction(successes=lambda c: c.tp, trials=lambda c: c.tp + c.fp, unit="selected rows")
_FDR = Fraction(successes=lambda c: c.fp, trials=lambda c: c.tp + c.fp, unit="selected rows")
_FOR = Fraction(successes=lambda c: c.fn, trials=lambda c: c.fn + c.tn, unit="rejected rows")
_JACCARD = Fraction(successes=lambda c: c.tp, trials=lambda c: c.tp + c.fp + c.fn, unit="selected or positive rows")
_REJECTED = Fraction(successes=lambda c: c.tn + c.fn + c.unlabelled_rejected, trials=lambda c: c.rows, unit="rows")
_MISSED = Fraction(successes=lambda c: np.where(c.fp > 0, c.fn, 0), trials=lambda c: np.where(c.fp > 0, c.fn + c.fp, 0), unit="wrong rows")
_BENEFIT = Fraction(successes=lambda c: c.tp + 2 * c.fp, trials=lambda c: c.tp + 2 * c.fp + c.tn, unit="rows")

_FRACTIONS: Mapping[Rate, tuple[Fraction, ...]] = MappingProxyType(
    {
        Rate.SELECTION_RATE: (_SELECTED,),
        Rate.ACCURACY: (_CORRECT,),
        Rate.BALANCED_ACCURACY: (_TPR, _FPR),
        Rate.PRECISION: (_PPV,),
        Rate.TRUE_POSITIVE_RATE: (_TPR,),
        Rate.FALSE_POSITIVE_RATE: (_FPR,),
        Rate.FALSE_NEGATIVE_RATE: (_FNR,),
        Rate.TRUE_NEGATIVE_RATE: (_TNR,),
        Rate.FALSE_DISCOVERY_RATE: (_FDR,),
        Rate.FALSE_OMISSION_RATE: (_FOR,),
        Rate.F1_SCORE: (_JACCARD,),
        Rate.AVERAGE_ODDS: (_TPR, _TNR),
        Rate.REJECTION_RATE: (_REJECTED,),
        Rate.TREATMENT_EQUALITY: (_MISSED,),
        Rate.MATTHEWS_CORRCOEF: (_TPR, _FPR, _PPV, _FOR),
        Rate.THEIL_INDEX: (_BENEFIT,),
        Rate.GENERALIZED_ENTROPY_INDEX: (_BENEFIT,),
    }
)

ON_DEMAND = frozenset(
    {
        Rate.AVERAGE_ODDS,
        Rate.REJECTION_RATE,
        Rate.TREATMENT_EQUALITY,
        Rate.MATTHEWS_CORRCOEF,
        Rate.THEIL_INDEX,
        Rate.GENERALIZED_ENTROPY_INDEX,
        Rate.BPSN_AUC,
        Rate.BNSP_AUC,
    }
)
"""Rates that a record shows only where a rule asks for them."""


def fractions(rate: Rate) -> tuple[Fraction, ...]:
    """The fractions that a rate is made of, or whose denominators it needs where its limits are the delta method's."""
    return _FRACTIONS[rate]


def trials(rate: Rate, cells: Cells) -> Ints:
    """The fewest trials among the fractions of a rate, per group."""
    return np.minimum.reduce([fraction.trials(cells) for fraction in _FRACTIONS[rate]])


def limits(rate: Rate, cells: Cells, *, level: float) -> Limits:
    """A rate of every group with one-sided limits, each at `level`. Undefined where a fraction has no trials."""
    return combine(rate, [clopper_pearson(part.successes(cells), part.trials(cells), level=level) for part in _FRACTIONS[rate]])


def combine(rate: Rate, parts: Sequence[Limits]) -> Limits:
    """A rate from its fractions: mostly the identity.

    Balanced accuracy (1 + TPR − FPR) / 2 and average odds (1 + TPR − TNR) / 2 by MOVER; F1 is monotone in
    TP/(TP+FP+FN), FN/FP in the share of the errors that are misses.
    """
    match rate:
        case Rate.BALANCED_ACCURACY | Rate.AVERAGE_ODDS:
            first, second = parts
            value = (1 + first.value - second.value) / 2
            lower, upper = (1 + contrast_lower(first, second)) / 2, (1 + contrast_upper(first, second)) / 2
            return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=first.defined & second.defined)
        case Rate.F1_SCORE:
            (theta,) = parts
            value, lower, upper = _f1(theta.value), _f1(theta.lower), _f1(theta.upper)
            below, above = value - _f1(np.maximum(theta.value - theta.below, 0)), _f1(theta.value + theta.above) - value
            return Limits(value=value, lower=lower, upper=upper, below=np.maximum(below, value - lower), above=above, defined=theta.defined)
        case Rate.TREATMENT_EQUALITY:
            (theta,) = parts
            value, lower, upper = _odds(theta.value), _odds(theta.lower), _odds(theta.upper)
            return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=theta.defined)
        case _:
            (part,) = parts
            return part


def _f1(theta: Floats) -> Floats:
    return 2 * theta / (1 + theta)


def _odds(theta: Floats) -> Floats:
    return theta / (1 - theta)


def at(rate: Rate, pooled: Sequence[float], value: float) -> tuple[float, ...]:
    """Probabilities of a rate's fractions at which the rate is `value`, nearest to the pooled ones in shape.

    Balanced accuracy and average odds move both of their fractions by the same amount, as far as each can go.
    """
    match rate:
        case Rate.BALANCED_ACCURACY | Rate.AVERAGE_ODDS:
            tpr, fpr = pooled
            shift = value - (1 + tpr - fpr) / 2
            low, high = max(-tpr, fpr - 1), min(1 - tpr, fpr)
            both = min(max(shift, low), high)
            rest = 2 * (shift - both)
            return (min(max(tpr + both + rest, 0.0), 1.0), fpr - both) if 0 <= tpr + both + rest <= 1 else (tpr + both, min(max(fpr - both - rest, 0.0), 1.0))
        case Rate.F1_SCORE:
            return (value / (2 - value),)
        case _:
            return (value,)
