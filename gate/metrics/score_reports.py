"""What is shown of a group's scores and never judged: numbers that are biased upward in small groups.

Each of them stands beside the value that it would have on average if nothing were wrong, in a group of this size.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gate.core.scores import BINS, LABELS, POSITIVE, UNIT, UNLABELLED, ScoreCounts
from gate.metrics.scores import histogram

__all__ = ["CALIBRATION_BINS", "score_report"]

CALIBRATION_BINS = 16
"""The expected calibration error is taken over so many bins of equal width: a divisor of 4,096, so that it is exact."""
_KOLMOGOROV = float(np.sqrt(np.pi / 2) * np.log(2))
"""The mean of Kolmogorov's distribution."""
_HALF_NORMAL = float(np.sqrt(2 / np.pi))
"""The mean size of a standard normal number."""


def score_report(group: ScoreCounts, whole: ScoreCounts) -> Mapping[str, float | None]:
    """Every reported number of a group, compared with all rows where it compares; None where it does not exist."""
    return {**_calibration(group), **_distances(group, whole)}


def _calibration(group: ScoreCounts) -> Mapping[str, float | None]:
    """Calibration error and slope, from exact sums over the labelled rows."""
    cells = np.array(group.cells, dtype=np.int64)
    label, coarse = cells % LABELS, cells // LABELS * CALIBRATION_BINS // BINS
    kept = label != UNLABELLED
    rows, error, square = (np.array(column, dtype=np.float64)[kept] for column in (group.rows, group.errors, group.squares))
    error, square, coarse, positive = error / UNIT, square / UNIT, coarse[kept], label[kept] == POSITIVE
    total = float(np.sum(rows))
    if not total:
        return {"calibration_slope": None, "expected_calibration_error": None, "expected_calibration_error_if_calibrated": None}
    residual = np.bincount(coarse, weights=np.where(positive, error, -error), minlength=CALIBRATION_BINS)
    noise = np.bincount(coarse, weights=np.maximum(error - square, 0.0), minlength=CALIBRATION_BINS)
    return {
        "calibration_slope": _slope(rows, error, square, positive),
        "expected_calibration_error": float(np.sum(np.abs(residual))) / total,
        "expected_calibration_error_if_calibrated": float(np.sum(_HALF_NORMAL * np.sqrt(noise))) / total,
    }


def _slope(rows: NDArray[np.float64], error: NDArray[np.float64], square: NDArray[np.float64], positive: NDArray[np.bool_]) -> float | None:
    """The slope of a straight line of labels on scores: 1 is calibrated, less is overconfident."""
    total, positives = float(np.sum(rows)), float(np.sum(rows[positive]))
    scores = np.where(positive, rows - error, error)
    squares = np.where(positive, rows - 2 * error + square, square)
    mean = float(np.sum(scores)) / total
    spread = float(np.sum(squares)) / total - mean**2
    return (float(np.sum(scores[positive])) / total - mean * positives / total) / spread if spread > 1e-9 else None


def _distances(group: ScoreCounts, whole: ScoreCounts) -> Mapping[str, float | None]:
    """How far the group's scores are distributed from those of all rows, to the width of a bin."""
    own, everybody = histogram(group), histogram(whole)
    n, total = int(np.sum(own)), int(np.sum(everybody))
    if not n or not total:
        return dict.fromkeys(("score_ks", "score_ks_if_equal", "score_wasserstein", "score_wasserstein_if_equal"))
    shared = np.cumsum(everybody) / total
    apart = np.abs(np.cumsum(own) / n - shared)
    noise = np.sqrt(max(1 / n - 1 / total, 0.0))
    return {
        "score_ks": float(np.max(apart)),
        "score_ks_if_equal": _KOLMOGOROV * float(noise),
        "score_wasserstein": float(np.sum(apart)) / BINS,
        "score_wasserstein_if_equal": _HALF_NORMAL * float(noise * np.sum(np.sqrt(np.maximum(shared * (1 - shared), 0.0)))) / BINS,
    }
