"""Thresholds of fairpipe: its pipeline configuration (`config.yml`), as of version 0.12.0.

The tool passes a run when the size of `fairness_metric` is at most `validation_threshold`, and when it does not know the
metric; here a metric that nobody knows is named and becomes no rule.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gate.core.document import Json
from gate.errors import PolicyError
from gate.policy.foreign.found import Carried, Found, LeftOut, share, sorted_out, unknown
from gate.policy.problems import quoted

__all__ = ["KEYS", "TOOL", "found"]

TOOL = "fairpipe"

_METRICS = ("demographic_parity_difference", "equalized_odds_difference")
_REASONS: Mapping[str, str] = MappingProxyType(
    {
        "features": "which columns a model takes is the model's matter; `inputs.forbid` names those that it may not take",
        "benchmarks": "shares of groups are not judged here",
        "alpha": "a level of its detectors, which do not run here; `evidence.confidence` says how sure a verdict has to be",
        "proxy_threshold": "proxies are not searched for here; `inputs.forbid` names columns that a model may not take",
        "report_out": "`gate check --output` says where the report goes",
        "pipeline": "steps that change data do not run here",
        "steps": "steps that change data do not run here",
        "training": "nothing is trained here",
    }
)
_JUDGED = ("fairness_metric", "validation_threshold")
KEYS = frozenset({*_REASONS, *_JUDGED, "sensitive", "profiles"})


def found(config: Mapping[str, object], profile: str | None) -> Found:
    """What one profile of the file says, laid over what stands outside the profiles."""
    flat, others = _flat(config, profile)
    rules, refused = sorted_out(_rules(flat))
    left = (*refused, *_left_out(flat, carried=bool(rules)), *others)
    return Found(tool=TOOL, carried=rules, left_out=left, evidence={"burden_of_proof": "candidate"})


def _flat(config: Mapping[str, object], profile: str | None) -> tuple[Mapping[str, object], tuple[LeftOut, ...]]:
    """The configuration of the profile, and the profiles that were not asked for."""
    profiles = config.get("profiles")
    if "profiles" not in config:
        if profile is not None:
            raise PolicyError(f"the file has no profiles, so none is called {quoted(profile)}", where="--profile", next_step="Drop the option.")
        return config, ()
    if not isinstance(profiles, dict) or not profiles:
        raise PolicyError(f"profiles is {quoted(profiles)}, and a mapping is needed", next_step=f"Look at the configuration of {TOOL}.")
    chosen = profile if profile is not None or len(profiles) > 1 else next(iter(profiles))
    if chosen not in profiles:
        raise PolicyError("the file has several profiles", where="--profile", next_step=f"Choose one: {', '.join(map(quoted, sorted(map(str, profiles))))}.")
    own = profiles[chosen]
    if not isinstance(own, dict):
        raise PolicyError(f"profiles.{chosen} is {quoted(own)}, and a mapping is needed", next_step=f"Look at the configuration of {TOOL}.")
    others = tuple(
        LeftOut(entry=f"profiles.{name}", why=f"the profile {chosen} was imported; import others into tiers of their own")
        for name in profiles
        if name != chosen
    )
    return {**{key: value for key, value in config.items() if key != "profiles"}, **own}, others


def _rules(flat: Mapping[str, object]) -> Iterator[Carried]:
    """The only bound that the tool's verdict knows."""
    metric, bound = flat.get("fairness_metric"), flat.get("validation_threshold")
    if metric not in _METRICS or bound is None:
        return
    rule: dict[str, Json] = {"metric": str(metric), "max": share(bound, "validation_threshold"), "enforcement": "soft-mandatory"}
    if "sensitive" in flat:
        rule["features"] = _sensitive(flat["sensitive"])
    notes = ("here the candidate has to prove it, in every group: small groups are undecided, never skipped",)
    yield Carried(rule=rule, source=f"validation_threshold: {bound} (fairness_metric: {metric})", notes=notes)


def _sensitive(value: object) -> list[Json]:
    if not isinstance(value, list) or not value or not all(isinstance(name, str) and name.strip() for name in value):
        raise PolicyError(f"sensitive is {quoted(value)}, and a list of names is needed", next_step="Name the columns.")
    return [str(name).strip() for name in dict.fromkeys(value)]


def _left_out(flat: Mapping[str, object], *, carried: bool) -> Iterator[LeftOut]:
    """Every entry that became no rule, in words."""
    yield from (LeftOut(entry=key, why=_REASONS[key]) for key in flat if key in _REASONS)
    yield from unknown(flat, KEYS, TOOL)
    if carried:
        return
    for key in _JUDGED:
        if flat.get(key) is not None:
            yield LeftOut(entry=f"{key}: {flat[key]}", why=_why_no_rule(flat))
    if "sensitive" in flat:
        yield LeftOut(entry="sensitive", why="`sensitive_features` of gate.yaml declares them")


def _why_no_rule(flat: Mapping[str, object]) -> str:
    metric = flat.get("fairness_metric")
    if metric is not None and metric not in _METRICS:
        return f"the tool's workflow measures {' and '.join(_METRICS)} only: any other metric passes there unseen"
    return "the tool judges only where `fairness_metric` and `validation_threshold` both stand: it passes everything otherwise"
