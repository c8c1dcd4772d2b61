"""Metrics of TFMA and Keras by the names of this gate, where both mean the same number."""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

from gate.errors import PolicyError
from gate.policy.problems import quoted

__all__ = ["of_class", "of_key"]

_CLASSES: Mapping[str, str] = MappingProxyType(
    {
        "AUC": "roc_auc_score",
        "BalancedAccuracy": "balanced_accuracy",
        "BinaryAccuracy": "accuracy",
        "F1Score": "f1_score",
        "FallOut": "false_positive_rate",
        "FalseDiscoveryRate": "false_discovery_rate",
        "FalseOmissionRate": "false_omission_rate",
        "FDR": "false_discovery_rate",
        "FNR": "false_negative_rate",
        "FPR": "false_positive_rate",
        "MissRate": "false_negative_rate",
        "PPV": "precision",
        "Precision": "precision",
        "Recall": "true_positive_rate",
        "Sensitivity": "true_positive_rate",
        "Specificity": "true_negative_rate",
        "TNR": "true_negative_rate",
        "TPR": "true_positive_rate",
    }
)
_KEYS: Mapping[str, str] = MappingProxyType(
    {"auc": "roc_auc_score", "accuracy": "accuracy", "binary_accuracy": "accuracy", "precision": "precision", "recall": "true_positive_rate"}
)
_INDICATORS: Mapping[str, str] = MappingProxyType(
    {
        "false_positive_rate": "false_positive_rate",
        "false_negative_rate": "false_negative_rate",
        "true_positive_rate": "true_positive_rate",
        "true_negative_rate": "true_negative_rate",
        "positive_rate": "selection_rate",
        "negative_rate": "rejection_rate",
        "false_discovery_rate": "false_discovery_rate",
        "false_omission_rate": "false_omission_rate",
    }
)
_AT = re.compile(r"(?:[^@]*/)?([a-z_]+)@([0-9]*\.?[0-9]+)")
_CUT = 0.5
"""Where a score selects: the default of TFMA, of Keras and of this gate."""
_HARMLESS = frozenset({"name", "dtype", "num_thresholds"})
_MODULES = ("tensorflow_model_analysis", "tfma.", "tensorflow.keras", "tf_keras", "tf.keras", "keras")

_ELSEWHERE = f"judged at another cut than {_CUT:g}: a rule judges the one answer that is given, at `predictions.threshold` of gate.yaml"
_NONE = "no metric of this gate means the same (`gate metrics` lists them)"


def of_key(name: str) -> tuple[str, str]:
    """The metric of a name in `thresholds`, or why there is none: one of the two is empty."""
    if found := _AT.fullmatch(name):
        metric = _INDICATORS.get(found[1])
        if metric is None:
            return "", _NONE
        return (metric, "") if float(found[2]) == _CUT else ("", _ELSEWHERE)
    return (_KEYS[name], "") if name in _KEYS else ("", _NONE)


def of_class(config: Mapping[str, object]) -> tuple[str, str]:
    """The metric of a `MetricConfig`, or why there is none: one of the two is empty."""
    name, module = str(config.get("class_name", "")), str(config.get("module", ""))
    if name == "FairnessIndicators":
        return "", "it holds many numbers: bound one of them under `thresholds` of the metrics_specs, such as false_positive_rate@0.5"
    if module and not module.startswith(_MODULES):
        return "", f"a metric of your own ({quoted(module)})"
    if name not in _CLASSES or (name == "F1Score" and "keras" in module):  # Keras takes the largest of several scores there
        return "", _NONE
    return (_CLASSES[name], "") if not (why := _special(config.get("config", ""), name)) else ("", why)


def _special(config: object, name: str) -> str:
    """What the settings of a metric change about its meaning; empty when nothing."""
    text = str(config).strip()
    try:
        settings = json.loads(text if text.startswith("{") else f"{{{text}}}")
    except (ValueError, RecursionError):
        raise PolicyError(f"config of {quoted(name)} is {quoted(text)}, and JSON is needed", next_step="Mend it in the file.") from None
    for key, value in settings.items():
        if key in _HARMLESS or (key == "curve" and str(value).upper() == "ROC"):
            continue
        if key in {"threshold", "thresholds"} and value in (None, _CUT, [_CUT]):
            continue
        return _ELSEWHERE if key in {"threshold", "thresholds"} else f"its setting `{key}` makes it another number"
    return ""
