"""Worlds of binary answers: declared comparisons, small error levels, and many looks at one holdout."""

from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np
from asking import Counted, Inquiry, World
from numpy.typing import NDArray

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.policy import Confidence, Threshold
from gate.judge.questions import Question

__all__ = ["worlds"]

USUAL, SURE = Confidence(), Confidence(passing=0.99, failing=0.999)
SIZES = {"200 beside 600, 600, 300": (600, 600, 300, 200), "75 beside 3,000, 1,000, 150": (3000, 1000, 150, 75)}
"""Rows of every group; half are positive, and the last group lags."""
DECLARED: dict[str, tuple[int | None, tuple[int, ...]]] = {
    "with the first group": (0, ()),
    "of the last two groups": (None, (2, 3)),
    "of the last group with the first": (0, (3,)),
}
METRICS = {
    "demographic_parity_difference": 0.1,
    "demographic_parity_ratio": 0.8,
    "equalized_odds_difference": 0.1,
    "false_negative_rate_difference": 0.1,
}


def worlds() -> Iterator[World]:
    """Declared comparisons, then small levels, then looks."""
    yield from _declared()
    yield from _small_levels()
    yield from _looks()


def _asked(inquiry: Inquiry, groups: Sequence[tuple[int, float]], rng: np.random.Generator) -> tuple[Question, ...]:
    return (inquiry.question([_counted(rng, size, rate) for size, rate in groups]),)


def _counted(rng: np.random.Generator, size: int, rate: float) -> Counted:
    """A group that is selected at one rate, whatever the label."""
    positives = size // 2
    tp, fp = (int(found) for found in rng.binomial((positives, size - positives), rate))
    return ConfusionCounts(tp=tp, fn=positives - tp, fp=fp, tn=size - positives - fp), Statistics()


def _groups(metric: str, sizes: Sequence[int], high: float) -> list[tuple[int, float]]:
    """All groups at the rate `high`, but for the last, which lags by what the bound allows."""
    bound = METRICS[metric]
    low = high * bound if metric.endswith("ratio") else high - bound
    return [(size, low if i == len(sizes) - 1 else high) for i, size in enumerate(sizes)]


def _threshold(metric: str) -> Threshold:
    return Threshold(min=METRICS[metric]) if metric.endswith("ratio") else Threshold(max=METRICS[metric])


def _shown(metric: str) -> str:
    return f"`{metric}` {'≥' if metric.endswith('ratio') else '≤'} {METRICS[metric]:g}"


def _declared() -> Iterator[World]:
    for metric, (name, (reference, protected)), (sizes, rows) in ((m, d, s) for m in METRICS for d in DECLARED.items() for s in SIZES.items()):
        inquiry = Inquiry.of(metric, _threshold(metric), len(rows), USUAL, reference=reference, protected=protected)
        what = f"{_shown(metric)}, compared {name}; rows {sizes}"
        yield World(family="declared comparisons", what=what, trial=partial(_asked, inquiry, _groups(metric, rows, 0.5)), confidence=USUAL)


def _small_levels() -> Iterator[World]:
    for metric, rows, high in ((m, r, h) for m in METRICS for r in ((1000, 60), (60, 1000), (1000, 500, 120)) for h in (0.2, 0.9)):
        inquiry = Inquiry.of(metric, _threshold(metric), len(rows), SURE)
        what = f"{_shown(metric)}; rows {', '.join(f'{size:,}' for size in rows)}; rate {high:g}"
        yield World(family="small error levels", what=what, trial=partial(_asked, inquiry, _groups(metric, rows, high)), confidence=SURE)


def _looks() -> Iterator[World]:
    for looks, copied, rows in ((j, c, r) for j in (5, 15) for c in (1.0, 0.1) for r in ((1000, 1000), (3000, 300))):
        inquiry = Inquiry.of("demographic_parity_difference", Threshold(max=0.1), len(rows), USUAL)
        kind = "candidates that have nothing in common" if copied == 1 else f"near copies, {copied:.0%} of the selected answers drawn anew"
        what = f"`demographic_parity_difference` ≤ 0.1; rows {rows[0]:,}, {rows[1]:,}; {looks} looks at {kind}"
        groups = [(rows[0], 0.5), (rows[1], 0.4)]
        yield World(family="looks at one holdout", what=what, trial=partial(_of_looks, inquiry, looks, copied, groups), confidence=USUAL)


def _of_looks(inquiry: Inquiry, looks: int, copied: float, groups: Sequence[tuple[int, float]], rng: np.random.Generator) -> tuple[Question, ...]:
    """Candidates on the same rows, each judged at its look; all of them at the boundary."""
    size, rate = (np.array(part) for part in zip(*groups, strict=True))
    selected: NDArray[np.int64] = rng.binomial(size, rate)
    questions = []
    for look in range(1, looks + 1):
        questions.append(inquiry.question([_all_positive(*group) for group in zip(size.tolist(), selected.tolist(), strict=True)], look=look))
        selected = rng.binomial(size, rate) if copied == 1 else _redrawn(rng, selected, size, rate, copied)
    return tuple(questions)


def _redrawn(rng: np.random.Generator, selected: NDArray[np.int64], size: NDArray[np.int64], rate: NDArray[np.float64], share: float) -> NDArray[np.int64]:
    """Some selected rows are dropped, and as many others taken on average, so that the rate stays."""
    return rng.binomial(selected, 1 - share) + rng.binomial(size - selected, share * rate / (1 - rate))


def _all_positive(size: int, selected: int) -> Counted:
    return ConfusionCounts(tp=selected, fn=size - selected), Statistics()
