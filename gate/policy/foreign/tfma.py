"""Thresholds of TensorFlow Model Analysis: an EvalConfig, as text or JSON.

A threshold of TFMA holds on the whole table and on every slice; here it becomes one rule for the table and one for each
slice's features. A change threshold becomes a comparison with `champion`, if it is absolute and limits a loss.
"""

from collections.abc import Iterator, Mapping

from gate.core.document import Json
from gate.policy.foreign.found import DEFAULT_ROWS, Carried, Found, LeftOut, number, share, sorted_out
from gate.policy.foreign.tfma_metrics import of_class, of_key
from gate.policy.foreign.tfma_slices import OVERALL, Where, places

__all__ = ["TOOL", "found"]

TOOL = "tfma"

_OTHER_NUMBER: Mapping[str, str] = {
    "binarize": "makes every metric of this list one about single classes",
    "aggregate": "makes every metric of this list an average over classes",
    "output_names": "the metrics of this list are about some of several outputs; one answer is judged here",
    "output_weights": "the metrics of this list are averages over outputs; one answer is judged here",
    "query_key": "the metrics of this list are about rankings",
}
_THRESHOLDS = ("threshold", "per_slice_thresholds", "cross_slice_thresholds")
_PROVEN = "here the candidate has to prove it; TFMA compares the measured number"


def found(config: Mapping[str, object]) -> Found:
    """What the EvalConfig demands, and everything else in it."""
    config = _mapping(config["eval_config"]) if "eval_config" in config else config
    slices, unseen = places(_mappings(config.get("slicing_specs")), "slicing_specs")
    everywhere = (OVERALL, *(where for where in slices if where != OVERALL))
    entries = [entry for place, spec in enumerate(_mappings(config.get("metrics_specs"))) for entry in _of_spec(spec, f"metrics_specs[{place}]", everywhere)]
    carried, refused = sorted_out(entry for entry in entries if isinstance(entry, Carried))
    left = (*unseen, *(entry for entry in entries if isinstance(entry, LeftOut)), *refused, *_elsewhere(config))
    return Found(tool=TOOL, carried=carried, left_out=tuple(dict.fromkeys(left)), evidence=_evidence(config, carried))


def _of_spec(spec: Mapping[str, object], at: str, everywhere: tuple[Where, ...]) -> Iterator[Carried | LeftOut]:
    """The thresholds of one list of metrics: beside each metric, and under a metric's name."""
    if others := [key for key in _OTHER_NUMBER if key in spec]:
        yield from (LeftOut(entry=f"{at}.{key}, and every threshold beside it", why=_OTHER_NUMBER[key]) for key in others)
        return
    if "model_names" in spec:
        yield LeftOut(entry=f"{at}.model_names", why="the candidate is judged, and the champion where a rule compares")
    for place, metric in enumerate(_mappings(spec.get("metrics"))):
        yield from _of_metric(metric, of_class(metric), f"{at}.metrics[{place}] {metric.get('class_name', '')}", everywhere)
    thresholds, per_slice, across = (_mapping(spec.get(key)) for key in ("thresholds", *_THRESHOLDS[1:]))
    for name in sorted({*thresholds, *per_slice, *across}):
        holders = (thresholds.get(name), _mapping(per_slice.get(name)).get("thresholds"), _mapping(across.get(name)).get("thresholds"))
        said = {key: holder for key, holder in zip(_THRESHOLDS, holders, strict=True) if holder is not None}
        yield from _of_metric(said, of_key(name), f"{at} {name}", everywhere)


def _of_metric(holder: Mapping[str, object], named: tuple[str, str], entry: str, everywhere: tuple[Where, ...]) -> Iterator[Carried | LeftOut]:
    """The thresholds of one metric, which is `named` by this gate's name or by the reason why it has none."""
    metric, why = named
    if not any(key in holder for key in _THRESHOLDS):
        yield LeftOut(entry=entry, why="it has no threshold: TFMA only shows it")
        return
    if not metric:
        yield LeftOut(entry=entry, why=why)
        return
    if "threshold" in holder:
        yield from _bounded(_mapping(holder["threshold"]), metric, entry, everywhere)
    for part in _mappings(holder.get("per_slice_thresholds")):
        where, unseen = places(_mappings(part.get("slicing_specs")), entry)
        yield from unseen
        yield from _bounded(_mapping(part.get("threshold")), metric, f"{entry} per slice", where)
    if "cross_slice_thresholds" in holder:
        yield LeftOut(entry=f"{entry} across slices", why=f"two chosen slices are not compared here; `{metric}_difference` compares all groups")


def _bounded(threshold: Mapping[str, object], metric: str, entry: str, everywhere: tuple[Where, ...]) -> Iterator[Carried | LeftOut]:
    """The rules of one threshold, in each place where it is to hold."""
    bounds = [*_of_value(_mapping(threshold.get("value_threshold")), entry), *_of_change(_mapping(threshold.get("change_threshold")), entry)]
    if not bounds or not everywhere:
        yield LeftOut(entry=entry, why="it bounds nothing")
    for bound in bounds:
        if isinstance(bound, LeftOut):
            yield bound
            continue
        for where in everywhere:
            rule: dict[str, Json] = {"metric": metric, **bound.rule, **where.keys, "enforcement": "soft-mandatory"}
            yield Carried(rule=rule, source=bound.source, notes=(*bound.notes, *where.notes, _PROVEN))


def _of_value(threshold: Mapping[str, object], entry: str) -> Iterator[Carried]:
    """`lower_bound` is the least that is allowed, `upper_bound` the most."""
    for key, side in (("lower_bound", "min"), ("upper_bound", "max")):
        if key in threshold:
            yield Carried(rule={side: share(threshold[key], f"{entry} {key}")}, source=f"{entry} {key}: {threshold[key]}")


def _of_change(threshold: Mapping[str, object], entry: str) -> Iterator[Carried | LeftOut]:
    """An absolute loss against the baseline that may not be exceeded: what falls where higher is better, what rises where lower is."""
    if "relative" in threshold:
        yield LeftOut(
            entry=f"{entry} relative: {threshold['relative']}", why="relative to the baseline's number there; `max_drop` and `max_increase` are absolute"
        )
    if "absolute" not in threshold:
        return
    absolute, direction = number(threshold["absolute"], f"{entry} absolute"), threshold.get("direction")
    source = f"{entry} absolute: {absolute:g}, {direction or 'no direction'}"
    note = "the baseline is the version with the alias champion"
    match direction:
        case "HIGHER_IS_BETTER" if absolute <= 0:
            yield Carried(rule={"max_drop": abs(absolute), "versus": "champion"}, source=source, notes=(note,))
        case "LOWER_IS_BETTER" if absolute >= 0:
            yield Carried(rule={"max_increase": absolute, "versus": "champion"}, source=source, notes=(note,))
        case "HIGHER_IS_BETTER" | "LOWER_IS_BETTER":
            yield LeftOut(entry=source, why="it demands an improvement; a rule only limits a loss")
        case _:
            yield LeftOut(entry=source, why="without a direction nobody knows what a loss is")


def _evidence(config: Mapping[str, object], carried: tuple[Carried, ...]) -> Mapping[str, Json]:
    """What counts as proof; combinations that TFMA judges have to be proven too."""
    evidence: dict[str, Json] = {"burden_of_proof": "candidate"}
    depth = max((depth for one in carried if isinstance(depth := one.rule.get("depth"), int)), default=1)
    if depth > 1:
        evidence["intersections"] = {"depth": depth, "burden_of_proof": "candidate"}
        evidence["small_intersections"] = "block"
    if (rows := _mapping(config.get("options")).get("min_slice_size")) and number(rows, "options.min_slice_size") > DEFAULT_ROWS:
        evidence["min_group"] = {"rows": int(number(rows, "options.min_slice_size"))}
    return evidence


def _elsewhere(config: Mapping[str, object]) -> Iterator[LeftOut]:
    """Everything that is no threshold."""
    for place, model in enumerate(_mappings(config.get("model_specs"))):
        yield LeftOut(entry=f"model_specs[{place}]: {', '.join(model) or 'empty'}", why="columns and models are named in gate.yaml")
    if "cross_slicing_specs" in config:
        yield LeftOut(entry="cross_slicing_specs", why="two chosen slices are not compared here; metrics that end in _difference compare all groups")
    for key in _mapping(config.get("options")):
        why = "smaller groups are undecided here, never skipped" if key == "min_slice_size" else "it is no threshold"
        yield LeftOut(entry=f"options.{key}", why=why)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _mappings(value: object) -> list[Mapping[str, object]]:
    return [_mapping(item) for item in value] if isinstance(value, list) else []
