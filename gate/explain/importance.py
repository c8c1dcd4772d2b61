"""Permutation importance: an input's column is shuffled over the rows, and loss, answers and gaps are looked at again.

The shuffled value of a row is that of another row, so the growth of the loss is a mean over pairs of rows. Its
variance has a part for either row of a pair (Hoeffding's projections); both are estimated and added, which errs on
the wide side by what so few shuffles leave of the randomness of the pairing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gate.core.explanation import Gap, Importance, Measured, Remaining
from gate.explain.box import AnswerForm, Box, Grouping
from gate.explain.numbers import SIDE, measured, rounded

__all__ = ["Shuffled", "gaps_of", "shuffled"]

_REPEATS = 5
_FEWEST_ROWS = 100
_CELLS = 10**8
"""So many values go to the candidate at most, for all inputs together; rows and repeats give way."""
_FEW = 30
"""A group with fewer rows has no gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shuffled:
    """The importances, the most important first, and how they came about."""

    importances: tuple[Importance, ...]
    rows: int
    repeats: int


def gaps_of(box: Box) -> tuple[Gap, ...]:
    """The widest gap of every sensitive feature that has two groups with rows enough; none where no class is the favourable one."""
    if box.form is AnswerForm.CLASS and box.favourable < 0:
        return ()
    favour = box.favour(box.answers)
    return tuple(gap for grouping in box.groupings if (gap := _gap(grouping, favour)) is not None)


def _gap(grouping: Grouping, favour: NDArray[np.float64]) -> Gap | None:
    means = {name: float(favour[grouping.of(i)].mean()) for i, name in enumerate(grouping.groups) if grouping.of(i).sum() >= _FEW}
    if len(means) < 2:
        return None
    high, low = max(means, key=lambda name: means[name]), min(means, key=lambda name: means[name])
    return Gap(feature=grouping.name, high=high, low=low, value=rounded(means[high] - means[low]))


def shuffled(box: Box, *, random: np.random.Generator, tell: Callable[[str], None]) -> Shuffled:
    """The importance of every input.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    rows, repeats = _afforded(box)
    chosen = np.sort(random.choice(box.rows, size=rows, replace=False)).astype(np.int64)
    gaps = gaps_of(box)
    side = 2 * SIDE / max(len(box.columns), 1)
    tiled = box.tiled(chosen, repeats)
    found = []
    for place, column in enumerate(box.columns):
        tell(f"shuffling input {place + 1} of {len(box.columns)}")
        partners = np.stack([random.permutation(rows) for _ in range(repeats)])
        found.append(_importance(box, box.with_column(tiled, column, chosen[partners.ravel()]), column, chosen, partners, gaps=gaps, side=side))
    return Shuffled(importances=tuple(sorted(found, key=_strength, reverse=True)), rows=rows, repeats=repeats)


def _strength(entry: Importance) -> tuple[float, float]:
    return (entry.loss.value if entry.loss else 0.0), entry.moved


def _afforded(box: Box) -> tuple[int, int]:
    """Rows and repeats that keep to the most values."""
    per_row = max(len(box.columns), 1) ** 2
    repeats = max(1, min(_REPEATS, _CELLS // (per_row * min(box.rows, 2000))))
    return min(box.rows, max(_FEWEST_ROWS, _CELLS // (per_row * repeats))), repeats


def _importance(
    box: Box, rows: pa.Table, column: str, chosen: NDArray[np.int64], partners: NDArray[np.int64], *, gaps: tuple[Gap, ...], side: float
) -> Importance:
    repeats = len(partners)
    answers = box.of(rows).reshape(repeats, len(chosen))
    before, truth = box.answers[chosen], box.truth[chosen]
    growth = np.stack([box.loss(line, truth) for line in answers]) - box.loss(before, truth)
    moved = np.stack([box.moved(line, before) for line in answers])
    favour = np.mean([box.favour(line) for line in answers], axis=0)
    loss, low = _growth(growth, partners, side=side)
    return Importance(
        feature=column,
        loss=loss,
        moved=rounded(float(moved.mean())),
        found=low > 0,
        remaining=tuple(_remaining(box, gaps, favour, chosen)),
    )


def _growth(growth: NDArray[np.float64], partners: NDArray[np.int64], *, side: float) -> tuple[Measured | None, float]:
    """The mean growth with its interval, and its lower limit at `side`; None and 0 where no row has a label."""
    known = ~np.isnan(growth[0])
    if known.sum() < 2:
        return None, 0.0
    error = np.sqrt((_variance(growth[:, known].mean(axis=0)) + _variance(_by_partner(growth, partners))) / known.sum())
    value = float(growth[:, known].mean())
    return measured(value, float(error)), measured(value, float(error), side=side).low


def _by_partner(growth: NDArray[np.float64], partners: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean growth by the row that gave its value."""
    known = ~np.isnan(growth)
    sums = np.bincount(partners[known], weights=growth[known], minlength=growth.shape[1])
    counts = np.bincount(partners[known], minlength=growth.shape[1])
    return sums[counts > 0] / counts[counts > 0]


def _variance(values: NDArray[np.float64]) -> float:
    return float(np.var(values, ddof=1)) if len(values) > 1 else 0.0


def _remaining(box: Box, gaps: tuple[Gap, ...], favour: NDArray[np.float64], chosen: NDArray[np.int64]) -> Iterator[Remaining]:
    """What is left of every gap, between the same two groups."""
    for gap in gaps:
        grouping = next(entry for entry in box.groupings if entry.name == gap.feature)
        codes = grouping.codes[chosen]
        high, low = (favour[codes == grouping.groups.index(name)] for name in (gap.high, gap.low))
        if len(high) and len(low):
            yield Remaining(feature=gap.feature, gap=rounded(float(high.mean() - low.mean())))
