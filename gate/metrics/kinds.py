"""Which rates come from scores, and what they divide by. Light: policies are linted without any arithmetic."""

from collections.abc import Mapping
from types import MappingProxyType

from gate.core.metric import RANKING_RATES, REGRESSION_RATES, Form, Metric, Rate
from gate.core.model import Task

__all__ = ["AGAINST_OTHERS", "COMPARABLE", "SCORE_RATES", "SIGNED", "UNITS", "binomial", "inheritable_metric", "is_two_sided", "needs_scores"]

UNITS: Mapping[Rate, frozenset[str]] = MappingProxyType(
    {
        Rate.ROC_AUC_SCORE: frozenset({"rows", "positives", "negatives"}),
        Rate.BPSN_AUC: frozenset({"rows", "negatives"}),
        Rate.BNSP_AUC: frozenset({"rows", "positives"}),
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
AGAINST_OTHERS = frozenset({Rate.BPSN_AUC, Rate.BNSP_AUC})
"""Rates that set a group beside everybody else: nothing overall, and no gap, since every group is among the others of the next."""
SIGNED = frozenset({Rate.MEAN_RESIDUAL})
"""Rates whose ideal is 0 from both sides: by itself such a rate is judged by its size."""


def needs_scores(metric: Metric, task: Task = Task.BINARY_CLASSIFICATION) -> bool:
    """Whether a metric asks a model of this task for scores, not only for answers; the residuals of a regression need none."""
    return task is not Task.REGRESSION and not SCORE_RATES.isdisjoint(metric.rates)


def is_two_sided(metric: Metric) -> bool:
    """True for a floor or ceiling on the size of a rate that can miss its ideal on either side."""
    return metric.form not in (Form.DIFFERENCE, Form.RATIO) and not SIGNED.isdisjoint(metric.rates)


def binomial(metric: Metric) -> bool:
    """Whether every rate of a metric is made of successes of trials, which is what planning simulates."""
    return (SCORE_RATES | REGRESSION_RATES | RANKING_RATES).isdisjoint(metric.rates)


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


def inheritable_metric(metric: Metric) -> bool:
    """Whether two models can be compared in it claim by claim: rates that compare, by themselves or as differences."""
    return metric.form is not Form.RATIO and not metric.logarithmic and not is_two_sided(metric) and set(metric.rates) <= set(COMPARABLE)
