"""Metrics of scores: from histograms to estimates with limits.

What a histogram of 4,096 bins cannot say exactly: the order of scores within a bin (area under the curve, scoring
rate) and the log loss. Mean residual, Brier score and the mean scores of the classes rest on exact sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gate.core.counts import Statistics
from gate.core.metric import Rate
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, ScoreCounts
from gate.metrics.auc import Auc, auc_limits, auc_of
from gate.metrics.intervals import Limits, clopper_pearson
from gate.metrics.kinds import SIGNED
from gate.metrics.means import FEWEST, Means, mean_limits

__all__ = ["LEAST", "blurred", "folded", "histogram", "score_limits"]

LEAST: Mapping[Rate, tuple[str, int]] = MappingProxyType(
    {
        Rate.MEAN_RESIDUAL: ("labelled", FEWEST),
        Rate.BRIER_SCORE_LOSS: ("labelled", FEWEST),
        Rate.LOG_LOSS: ("labelled", FEWEST),
        Rate.POSITIVE_CLASS_MEAN_SCORE: ("positives", FEWEST),
        Rate.NEGATIVE_CLASS_MEAN_SCORE: ("negatives", FEWEST),
    }
)
"""What a mean needs whatever the policy's minimum is: its limits are not to be trusted below."""
FEWEST_OTHERS = 30
"""So many positives or negatives of other groups a group is set beside at least."""
_ABOVE = 0.25
"""Fewer than this share of all rows above their median means that ties decide who is above."""
_CLIP = 2.0**-13
"""Half a bin: the log loss counts a score as no surer than this."""
_WITHIN = 2.0**-24
"""More than squares of errors can vary within a bin."""


def folded(limits: Limits) -> Limits:
    """The size of a signed rate: |rate| with limits at the same level. Its lower limit makes two claims, one a side."""
    value = np.abs(limits.value)
    lower = np.maximum(np.maximum(limits.lower, -limits.upper), 0.0)
    upper = np.maximum(np.abs(limits.lower), np.abs(limits.upper))
    return Limits(value=value, lower=lower, upper=upper, below=value - lower, above=upper - value, defined=limits.defined)


def score_limits(rate: Rate, statistics: Sequence[Statistics], *, level: float, whole: Statistics | None = None) -> Limits:
    """A rate of every group with one-sided limits, each at `level`; undefined where no scores were counted.

    Args:
        rate: one of `SCORE_RATES`.
        statistics: what was summed over the rows of each group.
        level: one-sided error, in (0, 0.5).
        whole: the same of all rows, for the rates that compare with their median or with the rows of others.
    """
    counts = [entry.scores or ScoreCounts() for entry in statistics]
    match rate:
        case Rate.ROC_AUC_SCORE:
            return auc_limits([_area(count) for count in counts], level=level)
        case Rate.BPSN_AUC | Rate.BNSP_AUC:
            everybody = (whole.scores if whole else None) or ScoreCounts()
            return auc_limits([_beside_others(rate, count, everybody) for count in counts], level=level)
        case Rate.SCORING_RATE:
            return _scoring(counts, (whole.scores if whole else None) or ScoreCounts(), level=level)
        case _:
            return mean_limits(_means(rate, counts), level=level)


def _area(counts: ScoreCounts) -> Auc:
    return auc_of(histogram(counts, POSITIVE), histogram(counts, NEGATIVE), blurred=blurred(counts))


def _beside_others(rate: Rate, group: ScoreCounts, everybody: ScoreCounts) -> Auc:
    """The area of the group's rows of one label and of everybody else's of the other (Borkan et al. 2019); the two share no row.

    None where the others have fewer than 30 of theirs, or where the group's rows are not among all rows. A bin counts as
    hiding the order of its scores if it does so for any rows.
    """
    own, theirs = (NEGATIVE, POSITIVE) if rate is Rate.BPSN_AUC else (POSITIVE, NEGATIVE)
    mine, others = histogram(group, own), histogram(everybody, theirs) - histogram(group, theirs)
    if np.sum(others) < FEWEST_OTHERS or np.any(others < 0) or np.any(mine > histogram(everybody, own)):
        mine = np.zeros_like(mine)
    by_label = {own: mine, theirs: others}
    return auc_of(by_label[POSITIVE], by_label[NEGATIVE], blurred=blurred(everybody))


def blurred(counts: ScoreCounts) -> NDArray[np.bool_]:
    """Per bin: is there more than one score in it, so that the bin hides their order? Told by the sums."""
    found, scores = np.zeros(BINS, dtype=np.bool_), dict[int, int]()
    for cell, rows, errors, squares in counts.entries():
        place, (error, rest) = cell // LABELS, divmod(errors, rows)
        score = UNIT - error if cell % LABELS == POSITIVE else error
        alike = rest == 0 and abs(squares - rows * error * error // UNIT) <= 2 * rows and abs(scores.setdefault(place, score) - score) <= 1
        found[place] |= not alike
    return found


def histogram(counts: ScoreCounts, *labels: int) -> NDArray[np.int64]:
    """Rows by bin, of some labels; of all rows where none is named."""
    grid = np.zeros(BINS * LABELS, dtype=np.int64)
    grid[list(counts.cells)] = counts.rows
    by_label = grid.reshape(BINS, LABELS)
    return np.sum(by_label[:, list(labels)] if labels else by_label, axis=1)


def _scoring(counts: Sequence[ScoreCounts], whole: ScoreCounts, *, level: float) -> Limits:
    """The share of rows in bins above the one that holds the median of all rows.

    Undefined where so many rows have the median itself that the rate would say who ties and not who scores high. Rows
    in the median's bin may lie above it: the upper limit counts them all, unless the bin holds one score only.
    """
    everybody = np.cumsum(histogram(whole))
    total = int(everybody[-1])
    median = int(np.searchsorted(everybody, (total + 1) // 2))
    bins = [histogram(count) for count in counts]
    above = np.array([np.sum(rows[median + 1 :]) for rows in bins], dtype=np.int64)
    told_apart = total > 0 and (total - int(everybody[median])) >= _ABOVE * total
    rows = np.array([np.sum(rows) if told_apart else 0 for rows in bins], dtype=np.int64)
    unsure = told_apart and bool(blurred(whole)[median])
    hidden = np.array([rows[median] if unsure else 0 for rows in bins], dtype=np.int64)
    found, highest = clopper_pearson(above, rows, level=level), clopper_pearson(above + hidden, rows, level=level)
    upper, above_margin = highest.upper, highest.above + highest.value - found.value
    return replace(found, upper=upper, above=above_margin)


def _means(rate: Rate, counts: Sequence[ScoreCounts]) -> Means:
    moments = np.array([_moments(rate, count) for count in counts]).reshape(len(counts), 4).T
    high = -float(np.log(_CLIP)) if rate is Rate.LOG_LOSS else 1.0
    low = -1.0 if rate in SIGNED else 0.0
    return Means(count=moments[0].astype(np.int64), mean=moments[1], variance=moments[2], skewness=moments[3], low=low, high=high, reach=high)


def _moments(rate: Rate, counts: ScoreCounts) -> tuple[float, float, float, float]:
    """How many rows, and mean, variance and skewness of what the rate averages; the mean from exact sums."""
    kind = np.array(counts.cells, dtype=np.int64) % LABELS
    rows = np.array(counts.rows, dtype=np.float64)
    value, within = _averaged(rate, counts, kind)
    kept = _asked(rate, kind)
    rows, value, within = rows[kept], value[kept], within[kept]
    total = float(np.sum(rows))
    if not total:
        return 0.0, 0.0, 0.0, 0.0
    mean = float(np.sum(rows * value)) / total
    away = value - mean
    variance = float(np.sum(rows * (away**2 + within))) / max(total - 1, 1.0)
    third = float(np.sum(rows * (away**3 + 3 * away * within))) / total
    return total, mean, variance, third / variance**1.5 if variance > 0 else 0.0


def _asked(rate: Rate, kind: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The cells whose labels the rate is about."""
    match rate:
        case Rate.POSITIVE_CLASS_MEAN_SCORE:
            return kind == POSITIVE
        case Rate.NEGATIVE_CLASS_MEAN_SCORE:
            return kind == NEGATIVE
        case _:
            return (kind == POSITIVE) | (kind == NEGATIVE)


def _averaged(rate: Rate, counts: ScoreCounts, kind: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Per cell, the mean of what the rate averages, and its variance within the cell (or more)."""
    rows = np.array(counts.rows, dtype=np.float64)
    error = np.array(counts.errors, dtype=np.float64) / UNIT / rows
    square = np.array(counts.squares, dtype=np.float64) / UNIT / rows
    within = np.maximum(square - error**2, 0.0)
    match rate:
        case Rate.BRIER_SCORE_LOSS:
            return square, np.full_like(square, _WITHIN)
        case Rate.LOG_LOSS:
            return -np.log(np.maximum(1 - error, _CLIP)), np.zeros_like(error)
        case Rate.MEAN_RESIDUAL:
            return np.where(kind == POSITIVE, error, -error), within
        case _:
            return np.where(kind == POSITIVE, 1 - error, error), within
