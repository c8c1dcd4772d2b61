"""What the scores of a group look like: points of its ROC curve, of its calibration, and its share of rows per range of scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, UNLABELLED, ScoreCounts
from gate.metrics.intervals import clopper_pearson
from gate.metrics.scores import histogram

__all__ = ["RANGES", "Calibrated", "RocPoint", "calibration", "offered", "ranges", "roc"]

RANGES = 16
"""Ranges of scores of equal width: a divisor of 4,096, so that they are exact."""
_SIDE = 0.025
"""One-sided error of each limit of a band: 95 % for every point by itself."""
_POINTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPoint:
    """A threshold with the rates that it gives, the true positive rate with its limits."""

    threshold: float
    false_positive_rate: float
    true_positive_rate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """A range of scores: the mean score of its labelled rows, and how many of them are positive, with limits."""

    low: float
    high: float
    rows: int
    score: float
    share: float
    lower: float
    upper: float


def offered(whole: ScoreCounts) -> tuple[int, ...]:
    """The bins at which curves are drawn: those at even shares of all rows, and both ends."""
    below = np.cumsum(histogram(whole))
    total = int(below[-1])
    places = np.searchsorted(below, np.linspace(0, total, _POINTS + 1)[1:-1]) if total else np.array([], dtype=np.int64)
    return tuple(sorted({0, *(int(place) for place in places), BINS}))


def roc(scores: ScoreCounts, bins: Sequence[int]) -> tuple[RocPoint, ...]:
    """The curve of a group at some thresholds, from the highest down; nothing where a class is empty."""
    negatives, positives = (_at_or_above(histogram(scores, label)) for label in (NEGATIVE, POSITIVE))
    if not negatives[0] or not positives[0]:
        return ()
    places = np.array(sorted(bins, reverse=True))
    rate = clopper_pearson(positives[places], np.full(len(places), positives[0]), level=_SIDE)
    false = negatives[places] / negatives[0]
    return tuple(
        RocPoint(threshold=int(place) / BINS, false_positive_rate=float(x), true_positive_rate=float(y), lower=float(low), upper=float(high))
        for place, x, y, low, high in zip(places, false, rate.value, rate.lower, rate.upper, strict=True)
    )


def _at_or_above(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Per bin, rows in it or above it; 0 beyond the last."""
    return np.append(np.cumsum(rows[::-1])[::-1], 0)


def calibration(scores: ScoreCounts) -> tuple[Calibrated, ...]:
    """Mean score, from exact sums, beside the share of positives, per range of scores that has labelled rows."""
    cells = np.array(scores.cells, dtype=np.int64)
    label, place = cells % LABELS, cells // LABELS * RANGES // BINS
    rows = np.where(label == UNLABELLED, 0, np.array(scores.rows, dtype=np.int64))
    errors = np.array(scores.errors, dtype=np.float64) / UNIT
    summed = np.where(label == POSITIVE, rows - errors, np.where(label == NEGATIVE, errors, 0.0))
    total, score, positive = (np.bincount(place, weights=weights, minlength=RANGES) for weights in (rows, summed, np.where(label == POSITIVE, rows, 0)))
    filled = np.flatnonzero(total)
    share = clopper_pearson(positive[filled], total[filled], level=_SIDE)
    return tuple(
        Calibrated(
            low=int(i) / RANGES, high=(int(i) + 1) / RANGES, rows=int(total[i]), score=float(score[i] / total[i]),
            share=float(share.value[k]), lower=float(share.lower[k]), upper=float(share.upper[k]),
        )
        for k, i in enumerate(filled)
    )  # fmt: skip


def ranges(scores: ScoreCounts) -> tuple[float, ...]:
    """The share of a group's rows in every range of scores; nothing where there are no rows."""
    rows = histogram(scores).reshape(RANGES, BINS // RANGES).sum(axis=1)
    total = int(rows.sum())
    return tuple(float(share) for share in rows / total) if total else ()
