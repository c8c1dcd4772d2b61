"""Scores of a model that nobody has trained yet: calibrated, and as good at telling the labels apart as two error rates say.

Log-odds of positives and negatives are normal with the same spread (Swets 1986); their distance is that of the true and
the false positive rate in deviations. Nothing here is ever judged.
"""

from functools import cache

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from gate.core.confusion import ConfusionCounts
from gate.core.counts import Statistics
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, ScoreCounts
from gate.judge.resizing import resized

__all__ = ["assumed_area", "assumed_scores"]

_SHOWN = 4000
"""So many scores stand for each label: every one at its own share of the distribution."""
_SUREST = 0.001


def assumed_area(true_positive_rate: float, false_positive_rate: float) -> float:
    """The area under the curve of such scores; at least one half."""
    return float(ndtr(_apart(true_positive_rate, false_positive_rate) / np.sqrt(2)))


def assumed_scores(counts: ConfusionCounts, *, base_rate: float, true_positive_rate: float, false_positive_rate: float) -> ScoreCounts:
    """Scores of so many positives and negatives, where `base_rate` of all labels are positive; rows without a label are left out."""
    shapes = _shapes(base_rate, _apart(true_positive_rate, false_positive_rate))
    sized = (resized(Statistics(scores=shape), size=size, have=_SHOWN).scores for shape, size in zip(shapes, (counts.positives, counts.negatives), strict=True))
    return sum((scores for scores in sized if scores is not None), ScoreCounts())


def _apart(true_positive_rate: float, false_positive_rate: float) -> float:
    """How many deviations lie between positives and negatives."""
    high, low = (float(ndtri(min(max(rate, _SUREST), 1 - _SUREST))) for rate in (true_positive_rate, false_positive_rate))
    return max(high - low, 0.0)


@cache
def _shapes(base_rate: float, apart: float) -> tuple[ScoreCounts, ScoreCounts]:
    """The scores of positives and of negatives."""
    noise = ndtri((np.arange(_SHOWN) + 0.5) / _SHOWN)
    found = []
    for label, kind in ((1, POSITIVE), (0, NEGATIVE)):
        score = expit(logit(base_rate) + apart * (noise + apart * label) - apart**2 / 2)
        cells, error = np.minimum((score * BINS).astype(int), BINS - 1) * LABELS + kind, np.abs(score - label)
        units, squares = (error * UNIT).astype(int), (error**2 * UNIT).astype(int)
        found.append(ScoreCounts.of((int(cell), 1, int(one), int(two)) for cell, one, two in zip(cells, units, squares, strict=True)))
    return found[0], found[1]
