"""Which rates come from scores, and what they divide by. Light: policies are linted without any arithmetic."""

from collections.abc import Mapping
from types import MappingProxyType

from gate.core.metric import Metric, Rate

__all__ = ["COMPARABLE", "SCORE_RATES", "SIGNED", "UNITS", "binomial", "needs_scores"]

UNITS: Mapping[Rate, frozenset[str]] = MappingProxyType(
    {
        Rate.ROC_AUC_SCORE: frozenset({"rows", "positives", "negatives"}),
        Rate.MEAN_RESIDUAL: frozenset({"rows", "labelled"}),
        Rate.BRIER_SCORE_LOSS: frozenset({"rows", "labelled"}),
        Rate.LOG_LOSS: frozenset({"rows", "labelled"}),
        Rate.POSITIVE_CLASS_MEAN_SCORE: frozenset({"rows", "positives"}),
        Rate.NEGATIVE_CLASS_MEAN_SCORE: frozenset({"rows", "negatives"}),
        Rate.SCORING_RATE: frozenset({"rows"}),
    }
)
"""What a group needs enough of, for every rate that comes from scores."""
SCORE_RATES = frozenset(UNITS)
"""The rates that confusion counts do not carry."""
SIGNED = frozenset({Rate.MEAN_RESIDUAL})
"""Rates whose ideal is 0 from both sides: by itself such a rate is judged by its size."""


def needs_scores(metric: Metric) -> bool:
    """Whether a metric asks for scores, not only for answers."""
    return not SCORE_RATES.isdisjoint(metric.rates)


def binomial(metric: Metric) -> bool:
    """Whether every rate of a metric is made of successes of trials, which is what planning simulates."""
    return not needs_scores(metric)


COMPARABLE = (
    Rate.SELECTION_RATE,
    Rate.ACCURACY,
    Rate.TRUE_POSITIVE_RATE,
    Rate.FALSE_NEGATIVE_RATE,
    Rate.FALSE_POSITIVE_RATE,
    Rate.TRUE_NEGATIVE_RATE,
    Rate.BALANCED_ACCURACY,
    Rate.PRECISION,
    Rate.FALSE_DISCOVERY_RATE,
    Rate.FALSE_OMISSION_RATE,
    Rate.F1_SCORE,
)
"""The rates that paired counts carry: what rests on scores, and what has approximate limits, is not compared."""
