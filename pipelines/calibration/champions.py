"""Worlds of a candidate beside a champion on the same rows: drops and rises, of the whole table and by group."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from types import MappingProxyType

import numpy as np
from asking import Counted, Inquiry, World

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.paired import Agreement, PairedCells, PairedCounts
from gate.core.policy import Confidence, Scope, Threshold
from gate.judge.questions import Question

__all__ = ["worlds"]

USUAL, SURE = Confidence(), Confidence(passing=0.99, failing=0.999)
CHAMPION = "champion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two models: how many rows are positive, how much of each class the champion selects, and on how many rows they disagree.

    `lost` is the share of the disagreements on positive rows, and `gained` of those on negative ones, in which the candidate errs.
    """

    positive: float
    selected: tuple[float, float]
    disagreement: float
    lost: float
    gained: float

    @property
    def chances(self) -> tuple[float, ...]:
        """Of a row: positive and negative, each selected by both, the champion only, the candidate only, neither."""
        kinds = ((self.positive, self.selected[0], self.lost), (1 - self.positive, self.selected[1], 1 - self.gained))
        found = []
        for share, champion, only in kinds:
            lost, gained = self.disagreement * only, self.disagreement * (1 - only)
            found += [share * (champion - lost), share * lost, share * gained, share * (1 - champion - gained)]
        return tuple(found)

    def fall(self, metric: str) -> float:
        """Champion's true rate less the candidate's."""
        both, lost, gained, neither, fp_both, fp_lost, fp_gained, tn = self.chances
        champion = _RATES[metric](both + lost, gained + neither, fp_both + fp_lost, fp_gained + tn)
        return champion - _RATES[metric](both + gained, lost + neither, fp_both + fp_gained, fp_lost + tn)


_RATES: Mapping[str, Callable[[float, float, float, float], float]] = MappingProxyType(
    {
        "true_positive_rate": lambda tp, fn, _fp, _tn: tp / (tp + fn),
        "false_positive_rate": lambda _tp, _fn, fp, tn: fp / (fp + tn),
        "accuracy": lambda tp, _fn, _fp, tn: tp + tn,
        "balanced_accuracy": lambda tp, fn, fp, tn: (tp / (tp + fn) + tn / (fp + tn)) / 2,
        "precision": lambda tp, _fn, fp, _tn: tp / (tp + fp),
        "false_omission_rate": lambda _tp, fn, _fp, tn: fn / (fn + tn),
        "f1_score": lambda tp, fn, fp, _tn: 2 * tp / (2 * tp + fp + fn),
    }
)
"""From the shares of TP, FN, FP and TN."""
_RISES = frozenset({"false_positive_rate", "false_omission_rate"})
"""Rates of which a rise is bounded."""

PAIRS = {
    "few disagreements": Pair(positive=0.3, selected=(0.7, 0.2), disagreement=0.02, lost=0.98, gained=0.98),
    "some disagreements": Pair(positive=0.3, selected=(0.7, 0.2), disagreement=0.1, lost=0.7, gained=0.9),
    "rare positives": Pair(positive=0.1, selected=(0.8, 0.1), disagreement=0.05, lost=0.9, gained=0.9),
    "one side only": Pair(positive=0.5, selected=(0.9, 0.1), disagreement=0.05, lost=1.0, gained=1.0),
}


def worlds() -> Iterator[World]:
    """Every comparable kind of rate on the whole table, then by group with the smallest group at the bound, then with all groups there."""
    for metric, (name, pair), rows in product(_RATES, PAIRS.items(), (300, 1000)):
        for confidence in (USUAL, SURE) if metric in {"precision", "f1_score", "true_positive_rate"} else (USUAL,):
            yield _world(metric, name, [(rows, pair)], confidence)
    for metric in ("precision", "f1_score"):
        yield _world(metric, "few disagreements", [(20_000, PAIRS["few disagreements"])], SURE)
    for metric, (name, pair) in product(("true_positive_rate", "precision", "f1_score"), list(PAIRS.items())[:2]):
        same = Pair(positive=pair.positive, selected=pair.selected, disagreement=pair.disagreement, lost=0.5, gained=0.5)
        yield _world(metric, name, [(5000, same), (1000, same), (250, pair)], USUAL)
        yield _world(metric, name, [(2000, pair), (1000, pair), (500, pair)], USUAL)


def _world(metric: str, name: str, groups: Sequence[tuple[int, Pair]], confidence: Confidence) -> World:
    """The last group is at the bound; one group alone is the whole table."""
    fall = groups[-1][1].fall(metric)
    bound = -fall if metric in _RISES else fall
    threshold = Threshold(max_increase=bound) if metric in _RISES else Threshold(max_drop=bound)
    scope = Scope.OVERALL if len(groups) == 1 else Scope.BY_GROUP
    inquiry = Inquiry.of(metric, threshold, len(groups), confidence, scope=scope, versus=CHAMPION)
    where = "all at the bound" if all(pair == groups[0][1] for _, pair in groups) else "the last at the bound"
    rows = ", ".join(f"{size:,}" for size, _ in groups)
    what = f"`{metric}` {'rises' if metric in _RISES else 'drops'} by ≤ {bound:.4f}; rows {rows}{'' if len(groups) == 1 else f' by group, {where}'}; {name}"
    return World(family="against a champion", what=what, trial=partial(_of_pairs, inquiry, groups), confidence=confidence)


def _of_pairs(inquiry: Inquiry, groups: Sequence[tuple[int, Pair]], rng: np.random.Generator) -> tuple[Question, ...]:
    return (inquiry.question([_counted(rng.multinomial(size, pair.chances).tolist()) for size, pair in groups]),)


def _counted(rows: Sequence[int]) -> Counted:
    positives, negatives = (Agreement(both=part[0], lost=part[1], gained=part[2], neither=part[3]) for part in (rows[:4], rows[4:]))
    (tp, fn), (fp, tn) = positives.candidate, negatives.candidate
    paired = PairedCounts(baselines=((CHAMPION, PairedCells(positives=positives, negatives=negatives)),))
    return ConfusionCounts(tp=tp, fn=fn, fp=fp, tn=tn), Statistics(paired=paired)
