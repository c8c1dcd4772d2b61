"""Thresholds of bdp-model-gate: the file that it takes as `--config`, as of version 0.7.0.

The file only overrides: what it leaves out, the tool checks at its default. So the defaults become rules too; without
them the imported policy would ask less than the tool did.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gate.core.document import Json
from gate.errors import PolicyError
from gate.policy.foreign.found import DEFAULT_ROWS, Carried, Found, LeftOut, number, share, sorted_out, unknown
from gate.policy.problems import quoted

__all__ = ["SECTIONS", "TOOL", "found"]

TOOL = "bdp-model-gate"

_RELATIVE = "relative to the overall figure there; bounds here are absolute"
_CUT = "no bound: `predictions.threshold` of gate.yaml says where a score selects"
_BINS = "`expected_calibration_error` is reported here and never judged, as it is biased in small groups; see `mean_residual_difference`"
_FAIRNESS: Mapping[str, str] = MappingProxyType(
    {
        "decision_threshold": _CUT,
        "subgroup_calibration_threshold": _BINS,
        "n_calibration_bins": _BINS,
        "mean_gap_threshold": _RELATIVE,
        "error_parity_threshold": _RELATIVE,
        "calibration_threshold": _RELATIVE,
        "loss_ratio_threshold": _RELATIVE,
        "proxy_corr_threshold": "proxies are not searched for here; `inputs.forbid` names columns that a model may not take",
        "proxy_fdr": "proxies are not searched for here",
        "shap_gap_threshold": "explanations are not judged here",
        "counterfactual_shift_threshold": "answers to changed inputs are not judged here",
    }
)
_PERFORMANCE: Mapping[str, str] = MappingProxyType(
    {
        "max_ece": _BINS,
        "n_calibration_bins": _BINS,
        "calibration_strategy": _BINS,
        "decision_threshold": _CUT,
        "average": "of several classes, every class is judged here, and none averaged",
        "max_latency_ms_p95": "speed is not judged here",
        "max_cost_per_inference": "cost is not judged here",
    }
)
_SCORES: Mapping[str, str] = MappingProxyType(
    {
        "roc_auc": "roc_auc_score",
        "accuracy": "accuracy",
        "balanced_accuracy": "balanced_accuracy",
        "f1": "f1_score",
        "precision": "precision",
        "recall": "true_positive_rate",
    }
)
_ERRORS: Mapping[str, str] = MappingProxyType({"mae": "mean_absolute_error", "rmse": "mean_squared_error"})
_REGRESSION = frozenset({*_ERRORS, "mape", "poisson_deviance", "r2", "lorenz_gini"})

_ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {
        "compliance": "documents are not judged here",
        "security": "attacks and personal data are not looked for here",
        "validation": "the holdout is described in gate.yaml and by the policy's `data`",
        "actuarial": "prices are not judged here",
        "comparison": "compare with a champion by a rule with `max_drop` and `versus`, an absolute drop of one rate",
    }
)
_UNCERTAINTY = "evidence.burden_of_proof and evidence.confidence say here what counts as proof; intervals are computed, not drawn"
_UNCERTAINTY_KEYS = ("compute_intervals", "bootstrap_samples", "min_rows_for_interval", "random_state", "on_uncertain")
SECTIONS = frozenset({"fairness", "performance", "uncertainty", *_ELSEWHERE})

_PROVEN = "there a breach asks for a review; here it blocks, and the candidate has to prove that there is none"
_DEFAULT = f"not in the file: the default of {TOOL} 0.7.0"


def found(config: Mapping[str, object]) -> Found:
    """What the file says, and what it leaves to defaults."""
    if SECTIONS.isdisjoint(config):
        raise PolicyError(f"none of the sections of {TOOL} is in this file", next_step=f"They are {', '.join(sorted(SECTIONS))}.")
    sections = {name: _section(config, name) for name in SECTIONS}
    regression = _metric(sections["performance"]) in _REGRESSION
    rules, refused = sorted_out([*_fairness(sections["fairness"], regression=regression), *_performance(sections["performance"])])
    evidence, unproven = _evidence(sections["fairness"], sections["uncertainty"])
    left = (*refused, *unproven, *_left_out(config, sections, regression=regression))
    return Found(tool=TOOL, carried=rules, left_out=left, evidence=evidence)


def _section(config: Mapping[str, object], name: str) -> Mapping[str, object]:
    section = config.get(name)
    if section is None:
        return {}
    if not isinstance(section, dict):
        raise PolicyError(f"{name} is {quoted(section)}, and a mapping is needed", next_step=f"Look at the configuration of {TOOL}.")
    return section


def _metric(section: Mapping[str, object]) -> str:
    """The one metric of performance."""
    metric = section.get("metric", "auto")
    if not isinstance(metric, str):
        raise PolicyError(f"performance.metric is {quoted(metric)}, and a name is needed", next_step="A function of Python cannot be imported.")
    return metric


def _stated(section: Mapping[str, object], within: str, key: str, default: float) -> tuple[float, str, tuple[str, ...]]:
    """A share, the entry that says so, and a note where it is a default."""
    entry = f"{within}.{key}"
    return share(section.get(key, default), entry), f"{entry}: {section.get(key, default)}", () if key in section else (_DEFAULT,)


def _fairness(section: Mapping[str, object], *, regression: bool) -> Iterator[Carried]:
    """Demographic parity and equalized odds: absolute gaps there as here."""
    if regression:
        return
    bound, source, notes = _stated(section, "fairness", "disparity_threshold", 0.1)
    rule: dict[str, Json] = {"metric": "demographic_parity_difference", "max": bound, "enforcement": "soft-mandatory"}
    if section.get("intersectional") is True:
        rule["depth"] = 1  # the tool crosses features for error rates only
    yield Carried(rule=rule, source=source, notes=(*notes, _PROVEN))
    bound, source, notes = _stated(section, "fairness", "equalised_odds_threshold", 0.1)
    odds: dict[str, Json] = {"metric": "equalized_odds_difference", "max": bound, "enforcement": "soft-mandatory"}
    yield Carried(rule=odds, source=source, notes=(*notes, "the wider of the gaps in TPR and FPR, there as here", _PROVEN))


def _performance(section: Mapping[str, object]) -> Iterator[Carried]:
    """The one metric of performance, at least `min_score` or at most `max_error`."""
    if {"min_score", "min_accuracy"} <= section.keys():
        raise PolicyError("performance has both min_score and its old name min_accuracy", next_step="Keep the one that is meant.")
    metric = _metric(section)
    notes: tuple[str, ...] = () if "metric" in section else (_DEFAULT,)
    if metric == "auto":
        metric, notes = "roc_auc", (*notes, "`auto` is roc_auc wherever scikit-learn is installed; it needs `predictions.score` in gate.yaml")
    if metric in _SCORES:
        key = "min_accuracy" if "min_score" not in section and "min_accuracy" in section else "min_score"
        bound, source, more = _stated(section, "performance", key, 0.8)
        yield _overall(_SCORES[metric], "min", bound, f"{source} (metric: {metric})", (*notes, *more))
    elif metric in _ERRORS:
        bound = number(section.get("max_error"), "performance.max_error")
        squared = ("squared, as the mean squared error is bounded here",) if metric == "rmse" else ()
        yield _overall(_ERRORS[metric], "max", bound**2 if metric == "rmse" else bound, f"performance.max_error: {bound:g} (metric: {metric})", squared)


def _overall(metric: str, side: str, bound: float, source: str, notes: tuple[str, ...]) -> Carried:
    rule: dict[str, Json] = {"metric": metric, side: bound, "scope": "overall", "enforcement": "soft-mandatory"}
    return Carried(rule=rule, source=source, notes=notes)


def _evidence(fairness: Mapping[str, object], uncertainty: Mapping[str, object]) -> tuple[Mapping[str, Json], list[LeftOut]]:
    """What counts as proof: taken over only where it is stricter than what this gate does anyway."""
    evidence: dict[str, Json] = {"burden_of_proof": "candidate"}
    left: list[LeftOut] = []
    if "confidence_level" in uncertainty:
        level = share(uncertainty["confidence_level"], "uncertainty.confidence_level")
        one_sided = round((1 + level) / 2, 6)
        if 0.95 < one_sided < 1:
            evidence["confidence"] = {"pass": one_sided}
        else:
            left.append(LeftOut(entry="uncertainty.confidence_level", why="one-sided, it is not above the 0.95 that a pass needs here"))
    if "min_group_size" in fairness:
        rows = number(fairness["min_group_size"], "fairness.min_group_size")
        if rows > DEFAULT_ROWS and rows.is_integer():
            evidence["min_group"] = {"rows": int(rows)}
            left.append(
                LeftOut(entry="fairness.min_group_size", why="carries over as `evidence.min_group.rows`, but smaller groups are undecided, never skipped")
            )
        else:
            left.append(LeftOut(entry="fairness.min_group_size", why=f"{DEFAULT_ROWS} rows are needed here, and smaller groups are undecided, never skipped"))
    match fairness.get("intersectional", False):
        case True:
            evidence["intersections"] = {"depth": 2, "burden_of_proof": "candidate"}
        case False:
            pass
        case other:
            raise PolicyError(f"fairness.intersectional is {quoted(other)}, and true or false is needed", next_step="Write true or false.")
    return evidence, left


def _left_out(config: Mapping[str, object], sections: Mapping[str, Mapping[str, object]], *, regression: bool) -> Iterator[LeftOut]:
    """Every entry that became no rule, in words."""
    yield from unknown(config, SECTIONS, TOOL)
    fairness, performance, uncertainty = sections["fairness"], sections["performance"], sections["uncertainty"]
    judged = ("disparity_threshold", "equalised_odds_threshold")
    yield from _named(fairness, "fairness", _FAIRNESS, (*judged, "intersectional", "min_group_size"))
    if regression:
        yield from (LeftOut(entry=f"fairness.{key}", why="the tool does not apply it to a regression") for key in judged if key in fairness)
    yield from _named(performance, "performance", _PERFORMANCE, ("metric", "min_score", "min_accuracy", "max_error"))
    yield from _unscored(performance)
    yield from _named(uncertainty, "uncertainty", dict.fromkeys(_UNCERTAINTY_KEYS, _UNCERTAINTY), ("confidence_level",))
    for name, why in _ELSEWHERE.items():
        yield from (LeftOut(entry=f"{name}.{key}", why=why) for key in sections[name])
    yield LeftOut(
        entry="defaults of other checks", why="what the tool checks without being told (proxies, calibration, speed, security, …) is not checked here"
    )


def _unscored(section: Mapping[str, object]) -> Iterator[LeftOut]:
    """Entries about performance that the metric leaves without effect, or that have no counterpart."""
    metric = _metric(section)
    judged = metric == "auto" or metric in _SCORES or metric in _ERRORS
    if not judged:
        yield LeftOut(entry=f"performance.metric: {metric}", why="no metric of this gate that may block (`gate metrics` lists them)")
    used = "" if not judged else "max_error" if metric in _ERRORS else "min_score" if "min_score" in section else "min_accuracy"
    for key in ("min_score", "min_accuracy", "max_error"):
        if key in section and key != used:
            yield LeftOut(entry=f"performance.{key}", why="it bounds nothing that is judged here beside this metric")


def _named(section: Mapping[str, object], within: str, reasons: Mapping[str, str], handled: tuple[str, ...]) -> Iterator[LeftOut]:
    """The entries of a section that do not carry over: known ones with the reason, then unknown ones."""
    yield from (LeftOut(entry=f"{within}.{key}", why=reasons[key]) for key in section if key in reasons)
    yield from unknown(section, (*reasons, *handled), TOOL, f"{within}.")
