"""Worlds of scores: areas under the curve, mean residuals and other means of errors. Rows are drawn, then counted in bins."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import TypeAlias

import numpy as np
from asking import Counted, Inquiry, World
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.policy import Confidence, Scope, Threshold
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, ScoreCounts
from gate.judge.questions import Question

__all__ = ["worlds"]

Floats: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = Callable[[np.random.Generator, int, int, float], tuple[Floats, Floats]]
"""Draws scores of so many positives and negatives whose true area is given."""
USUAL, SURE = Confidence(), Confidence(passing=0.99, failing=0.999)


def worlds() -> Iterator[World]:
    """Areas by themselves and their gaps, residuals, and mean scores."""
    yield from _gaps_of_areas()
    yield from _areas()
    yield from _residuals()
    yield from _means()


def binormal(rng: np.random.Generator, positives: int, negatives: int, area: float) -> tuple[Floats, Floats]:
    """Scores that are normal on some scale."""
    return ndtr(rng.normal(math.sqrt(2) * ndtri(area), 1, positives)), ndtr(rng.normal(0, 1, negatives))


def far_off(rng: np.random.Generator, positives: int, negatives: int, area: float) -> tuple[Floats, Floats]:
    """A few positives below all negatives, the others above: all that is wrong lies in few rows."""
    missed = rng.random(positives) > area
    return np.where(missed, 0.1 * rng.random(positives), 0.8 + 0.2 * rng.random(positives)), 0.4 + 0.2 * rng.random(negatives)


def counted(positives: Floats, negatives: Floats) -> Counted:
    """What a pass over the rows counts; the answer is positive from a score of .5 on."""
    scores, label = np.concatenate([negatives, positives]), np.repeat([NEGATIVE, POSITIVE], [len(negatives), len(positives)])
    away = np.abs(scores - (label == POSITIVE))
    cell = np.minimum((scores * BINS).astype(np.int64), BINS - 1) * LABELS + label
    order = np.argsort(cell, kind="stable")
    cells, first, rows = np.unique(cell[order], return_index=True, return_counts=True)
    sums = [np.add.reduceat(np.rint(part[order] * UNIT).astype(np.int64), first) for part in (away, away**2)]
    found = ScoreCounts(cells=tuple(cells.tolist()), rows=tuple(rows.tolist()), errors=tuple(sums[0].tolist()), squares=tuple(sums[1].tolist()))
    tp, fp = int(np.sum(positives >= 0.5)), int(np.sum(negatives >= 0.5))
    return ConfusionCounts(tp=tp, fn=len(positives) - tp, fp=fp, tn=len(negatives) - fp), Statistics(scores=found)


def _of_areas(inquiry: Inquiry, shape: Shape, groups: Sequence[tuple[int, int, float]], rng: np.random.Generator) -> tuple[Question, ...]:
    return (inquiry.question([counted(*shape(rng, *group)) for group in groups]),)


SIZES = {
    "30+30 beside 300+500": ((300, 500), (30, 30)),
    "200+200 each": ((200, 200), (200, 200)),
    "30+300, three groups": ((300, 30), (100, 300), (30, 300)),
}
"""Positives and negatives of every group; the last one lags."""


def _gaps_of_areas() -> Iterator[World]:
    for (name, sizes), shape, (high, low) in (
        (s, f, a) for s in SIZES.items() for f in (binormal, far_off) for a in ((0.75, 0.65), (0.95, 0.85), (0.995, 0.895))
    ):
        for confidence in (USUAL, SURE) if name.startswith("30+30") else (USUAL,):
            groups = [(*size, low if i == len(sizes) - 1 else high) for i, size in enumerate(sizes)]
            inquiry = Inquiry.of("roc_auc_score_difference", Threshold(max=round(high - low, 3)), len(groups), confidence)
            what = f"`roc_auc_score_difference` ≤ {high - low:.3g}; {name}; {_named(shape)}; {high:g} and {low:g}"
            yield World(family="gap of areas under the curve", what=what, trial=partial(_of_areas, inquiry, shape, groups), confidence=confidence)


def _areas() -> Iterator[World]:
    for shape, area, size in ((f, a, n) for f in (binormal, far_off) for a in (0.6, 0.9, 0.99) for n in ((30, 300), (300, 300))):
        inquiry = Inquiry.of("roc_auc_score", Threshold(min=area), 1, USUAL, scope=Scope.OVERALL)
        what = f"`roc_auc_score` ≥ {area:g} overall; {size[0]} positives, {size[1]} negatives; {_named(shape)}"
        yield World(family="area under the curve", what=what, trial=partial(_of_areas, inquiry, shape, [(*size, area)]), confidence=USUAL)


def _named(shape: Shape) -> str:
    return "normal scores" if shape is binormal else "few rows far off"


def _labelled(rng: np.random.Generator, size: int, beta: tuple[float, float], bias: float) -> Counted:
    """Scores with a beta distribution; labels are `bias` likelier than they say, where there is room."""
    scores = rng.beta(*beta, size)
    room = np.clip(bias, -scores, 1 - scores)
    label = rng.random(size) < scores + room
    return counted(scores[label], scores[~label])


def _of_labelled(inquiry: Inquiry, beta: tuple[float, float], groups: Sequence[tuple[int, float]], rng: np.random.Generator) -> tuple[Question, ...]:
    return (inquiry.question([_labelled(rng, size, beta, bias) for size, bias in groups]),)


@cache
def true_bias(beta: tuple[float, float], bias: float) -> float:
    """The mean residual of such labels, on a fine grid of the scores' quantiles."""
    scores = betaincinv(*beta, (np.arange(20_000) + 0.5) / 20_000)
    return float(np.mean(np.clip(bias, -scores, 1 - scores)))


SCORES = {"even": (2.0, 2.0), "mostly low": (0.5, 4.5), "nearly all at 0": (0.1, 3.9)}


def _residuals() -> Iterator[World]:
    for (name, beta), sizes in ((b, s) for b in SCORES.items() for s in ((300, 300), (5000, 300), (300, 5000), (2000, 1000, 500))):
        bias = true_bias(beta, 0.05)
        groups = [(size, 0.05 if i == len(sizes) - 1 else 0.0) for i, size in enumerate(sizes)]
        inquiry = Inquiry.of("mean_residual_difference", Threshold(max=bias), len(sizes), USUAL)
        what = f"`mean_residual_difference` ≤ {bias:.4f}; rows {_listed(sizes)}; scores {name}"
        yield World(family="mean residual", what=what, trial=partial(_of_labelled, inquiry, beta, groups), confidence=USUAL)
    for (name, beta), side, confidence in ((b, s, c) for b in SCORES.items() for s in (0.05, -0.05) for c in (USUAL, SURE)):
        bias = true_bias(beta, side)
        inquiry = Inquiry.of("mean_residual_group_max", Threshold(max=abs(bias)), 2, confidence)
        what = f"`mean_residual_group_max` ≤ {abs(bias):.4f}; rows 1,000, 300; labels {'likelier' if side > 0 else 'rarer'} than scores say; scores {name}"
        yield World(family="mean residual", what=what, trial=partial(_of_labelled, inquiry, beta, [(1000, 0.0), (300, side)]), confidence=confidence)


def _of_mixed(inquiry: Inquiry, groups: Sequence[tuple[int, float]], rng: np.random.Generator) -> tuple[Question, ...]:
    """Scores that are right by .1 or, at a chance, off by .9."""
    tables = []
    for size, chance in groups:
        scores = np.where(rng.random(size) < chance, 0.9, 0.1)
        tables.append(counted(1 - scores[: size // 2], scores[size // 2 :]))
    return (inquiry.question(tables),)


def _means() -> Iterator[World]:
    gap = 0.05
    bound = round(0.8 * gap, 12)  # scores of .9 for .1, squared errors of .81 for .01: .8 either way
    for metric, sizes, chance in (
        (m, s, c) for m in ("brier_score_loss_difference", "negative_class_balance") for s in ((1200, 700), (5000, 700)) for c in (0.02, 0.3)
    ):
        inquiry = Inquiry.of(metric, Threshold(max=bound), 2, USUAL)
        groups = [(sizes[0], chance), (sizes[1], chance + gap)]
        what = f"`{metric}` ≤ {bound:g}; rows {_listed(sizes)}, half of them positive; {chance:.0%} and {chance + gap:.0%} of the scores far off"
        yield World(family="means of scores and errors", what=what, trial=partial(_of_mixed, inquiry, groups), confidence=USUAL)


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(f"{size:,}" for size in sizes)
