"""What a metric is: which rates it is made of, and how they become one number."""

import math
from dataclasses import dataclass
from enum import StrEnum

from gate.core.model import Task

__all__ = ["RANKING_RATES", "REGRESSION_RATES", "Form", "Metric", "Rate"]


class Rate(StrEnum):
    """A number that one group has by itself, from its counts, scores, moments or places. Ids are Fairlearn's and scikit-learn's."""

    SELECTION_RATE = "selection_rate"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    PRECISION = "precision"
    TRUE_POSITIVE_RATE = "true_positive_rate"
    FALSE_POSITIVE_RATE = "false_positive_rate"
    FALSE_NEGATIVE_RATE = "false_negative_rate"
    TRUE_NEGATIVE_RATE = "true_negative_rate"
    FALSE_DISCOVERY_RATE = "false_discovery_rate"
    FALSE_OMISSION_RATE = "false_omission_rate"
    F1_SCORE = "f1_score"
    AVERAGE_ODDS = "average_odds"
    REJECTION_RATE = "rejection_rate"
    TREATMENT_EQUALITY = "treatment_equality"
    MATTHEWS_CORRCOEF = "matthews_corrcoef"
    THEIL_INDEX = "theil_index"
    GENERALIZED_ENTROPY_INDEX = "generalized_entropy_index"
    ROC_AUC_SCORE = "roc_auc_score"
    BPSN_AUC = "bpsn_auc"
    BNSP_AUC = "bnsp_auc"
    MEAN_RESIDUAL = "mean_residual"
    BRIER_SCORE_LOSS = "brier_score_loss"
    LOG_LOSS = "log_loss"
    POSITIVE_CLASS_MEAN_SCORE = "positive_class_mean_score"
    NEGATIVE_CLASS_MEAN_SCORE = "negative_class_mean_score"
    SCORING_RATE = "scoring_rate"
    MEAN_ABSOLUTE_ERROR = "mean_absolute_error"
    MEAN_SQUARED_ERROR = "mean_squared_error"
    R2_SCORE = "r2_score"
    TOP_K_SELECTION_RATE = "top_k_selection_rate"
    EXPOSURE = "exposure"
    NDCG = "ndcg"


REGRESSION_RATES = frozenset({Rate.MEAN_ABSOLUTE_ERROR, Rate.MEAN_SQUARED_ERROR, Rate.MEAN_RESIDUAL, Rate.R2_SCORE})
"""Numbers that a regression has, from moments; they need not lie between 0 and 1. A classifier's scores have a mean residual too."""
RANKING_RATES = frozenset({Rate.TOP_K_SELECTION_RATE, Rate.EXPOSURE, Rate.NDCG})
"""Numbers that a ranking has, from sums over queries."""


class Form(StrEnum):
    """How the rates of the groups become one number."""

    VALUE = "value"  # the rate itself, overall or by group
    DIFFERENCE = "difference"  # largest minus smallest over groups
    RATIO = "ratio"  # smallest over largest over groups
    GROUP_MIN = "group_min"  # smallest over groups
    GROUP_MAX = "group_max"  # largest over groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric of the catalogue.

    Args:
        id: the name that policies use.
        rates: its component rates; more than one means the worst of them.
        form: how the rates of the groups become one number.
        aliases: other names of the same metric.
        formula: the definition in symbols.
        source: where the definition comes from.
        calibrated: False where nobody has measured how often its limits err: then a rule on it is advisory.
        logarithmic: True for a ratio that is written as ε = −ln(ratio), with a `max`.
        tasks: the tasks of models that have it.
    """

    id: str
    rates: tuple[Rate, ...]
    form: Form
    aliases: tuple[str, ...] = ()
    formula: str
    source: str
    calibrated: bool = True
    logarithmic: bool = False
    tasks: tuple[Task, ...] = (Task.BINARY_CLASSIFICATION,)

    def shown(self, ratio: float | None) -> float | None:
        """A value as the metric is written: ε for a logarithmic ratio, None where that is infinite; else unchanged."""
        if not self.logarithmic or ratio is None:
            return ratio
        return 0.0 - math.log(ratio) if ratio > 0 else None  # below 0 for a limit beyond equality; no −0.0 for equal rates
