"""What became stricter, looser, new or gone from one `gate.yaml` to another, model by model.

Little of a configuration has a direction: another holdout, label or score judges something else, not more or less.
A feature less is looser, and so is a reference, a protected or an excluded group more; a pin or a suite more is
stricter; all else is said and left to the reader. Paths are
compared as they were written; what the files behind them hold is not looked at.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from gate.core.model import DeclaredGroup, ExcludedGroup, LabelsObserved, ModelConfig, SensitiveFeature
from gate.policy.diff import Change, Diff, Heading, Order, told
from gate.policy.feature_roles import value_kind
from gate.policy.problems import quoted

__all__ = ["WrittenConfig", "diff_configs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenConfig:
    """A `gate.yaml`: the folder of policies, and the models, with paths as they were written."""

    policies: str | None
    models: tuple[ModelConfig, ...]


_UNORDERED: Mapping[str, Callable[[ModelConfig], object]] = {
    "tier": lambda model: model.tier,
    "policy": lambda model: model.policy,
    "task": lambda model: model.task.value,
    "data.uri": lambda model: model.data.uri,
    "data.collected": lambda model: model.data.collected,
    "data.label": lambda model: model.data.label,
    "data.labels": lambda model: model.data.labels,
    "data.positive_label": lambda model: model.data.positive_label,
    "data.query": lambda model: model.data.query,
    "data.weight": lambda model: model.data.weight,
    "predictions.column": lambda model: model.predictions.column if model.predictions.score is None else None,
    "predictions.score": lambda model: model.predictions.score,
    "predictions.top_k": lambda model: model.predictions.top_k,
    "predictions.champion": lambda model: model.predictions.champion,
    "data.attributes.uri": lambda model: _attribute(model, "uri"),
    "data.attributes.join_on": lambda model: _attribute(model, "join_on"),
}
"""Keys whose values judge something else, neither more nor less."""

_DEMANDS: Mapping[str, Callable[[ModelConfig], object]] = {
    "data.sha256": lambda model: model.data.sha256,
    "data.expectations": lambda model: model.data.expectations,
    "data.cluster": lambda model: model.data.cluster,
    "data.attributes.sha256": lambda model: _attribute(model, "sha256"),
}
"""Keys that only add a demand where there was none."""

_PROVISO = "Policies, data and suites were compared by name: what these files hold was not looked at."


def diff_configs(before: WrittenConfig, after: WrittenConfig) -> Diff:
    """Every difference from configuration A to configuration B."""
    return Diff(changes=(*_of_folder(before, after), *_of_models(before, after)), proviso=_PROVISO)


def _of_folder(before: WrittenConfig, after: WrittenConfig) -> Iterator[Change]:
    if before.policies != after.policies:
        yield told(Order.UNORDERED, "policies", _shown(before.policies), _shown(after.policies))


def _of_models(before: WrittenConfig, after: WrittenConfig) -> Iterator[Change]:
    """Models that both have, in the order of A, those that are gone, and those that are new."""
    olds, news = ({model.name: model for model in config.models} for config in (before, after))
    for name, model in olds.items():
        if name in news:
            yield from _of_model(model, news[name])
        else:
            yield _model(name, Heading.GONE, "is gone: this file judges it no more")
    yield from (_model(name, Heading.NEW, "is new: this file judges it now") for name in news if name not in olds)


def _model(name: str, heading: Heading, what: str) -> Change:
    return Change(heading=heading, order=Order.UNORDERED, key="models", message=f"model `{name}` {what}; cannot be ordered", model=name)


def _of_model(was: ModelConfig, now: ModelConfig) -> Iterator[Change]:
    for key, read in _UNORDERED.items():
        yield from _told(was, key, Order.UNORDERED, read(was), read(now))
    for key, read in _DEMANDS.items():
        yield from _told(was, key, _demanded(read(was), read(now)), read(was), read(now))
    yield from _told(was, "data.tops_up", _wearing(was, now), was.data.tops_up or None, now.data.tops_up or None)
    scored = was.predictions.score is not None or now.predictions.score is not None
    selecting = Order.UNORDERED if scored else Order.EQUAL
    yield from _told(was, "predictions.threshold", selecting, was.predictions.threshold, now.predictions.threshold)
    yield from _of_features(was, now)
    yield from _of_controls(was, now)
    observed = tuple(model.data.label_observed_for for model in (was, now))
    yield from _told(was, "data.label_observed_for", _observing(*observed), *(each.value for each in observed))
    for key in ("max_weight", "max_cluster_rows", "label_range"):
        yield from _told(was, f"data.{key}", Order.UNORDERED, getattr(was.data, key), getattr(now.data, key))
    yield from _told(was, "data.development", Order.EQUAL, was.data.development, now.data.development)
    for key in ("reasons", "immutable", "only_increase", "only_decrease"):
        yield from _told(was, f"explanations.{key}", Order.UNORDERED, getattr(was.cases, key) or None, getattr(now.cases, key) or None)
    yield from _told(was, "owner", Order.EQUAL, was.owner, now.owner)
    for key in ("inventory_id", "assigned_by", "approved_by", "review_by"):
        written = key if key in {"inventory_id", "review_by"} else f"tier_{key}"
        yield from _told(was, written, Order.EQUAL, getattr(was.assigned, key) or None, getattr(now.assigned, key) or None)


def _told(model: ModelConfig, key: str, order: Order, was: object, now: object) -> Iterator[Change]:
    if _typed(was) != _typed(now):
        yield told(order, key, _shown(was), _shown(now), subject=f"model `{model.name}`: ", model=model.name)


def _demanded(was: object, now: object) -> Order:
    """One demand more is tighter, one less is looser, another one cannot be ordered."""
    if was is None:
        return Order.TIGHTER
    return Order.LOOSER if now is None else Order.UNORDERED


def _attribute(model: ModelConfig, key: str) -> object:
    """What is said of the table of attributes; None without one."""
    return None if model.data.attributes is None else getattr(model.data.attributes, key)


def _observing(was: LabelsObserved, now: LabelsObserved) -> Order:
    """Rows without a label are a fault of the holdout where everybody has one, and no fault where only the accepted do."""
    if was is now:
        return Order.EQUAL
    return Order.LOOSER if now is LabelsObserved.SELECTED else Order.TIGHTER


def _wearing(was: ModelConfig, now: ModelConfig) -> Order:
    """More earlier versions of the holdout bring more looks, which is tighter; fewer give looks back."""
    before, after = set(was.data.tops_up), set(now.data.tops_up)
    if before == after:
        return Order.EQUAL
    return Order.TIGHTER if before < after else Order.LOOSER if after < before else Order.UNORDERED


def _of_features(was: ModelConfig, now: ModelConfig) -> Iterator[Change]:
    olds, news = ({feature.name: feature for feature in model.sensitive_features} for model in (was, now))
    for name, feature in olds.items():
        if name in news:
            yield from _of_feature(was, feature, news[name])
        else:
            yield _feature(was, name, Heading.GONE, Order.LOOSER, "is gone: nothing compares its groups any more")
    yield from (_feature(was, name, Heading.NEW, Order.TIGHTER, "is new: its groups are compared too") for name in news if name not in olds)


def _of_controls(was: ModelConfig, now: ModelConfig) -> Iterator[Change]:
    """Other strata ask another question: whatever changes in a control feature cannot be ordered."""
    olds, news = ({feature.name: feature for feature in model.control_features} for model in (was, now))
    for name in dict.fromkeys((*olds, *news)):
        before, after = olds.get(name), news.get(name)
        at = f"control_features.{name}"
        yield from _told(was, f"{at}.column", Order.UNORDERED, before and before.column, after and after.column)
        yield from _told(was, f"{at}.bins", Order.UNORDERED, (before and before.bins) or None, (after and after.bins) or None)
        yield from _told(was, f"{at}.groups", Order.UNORDERED, *(_strata(feature) for feature in (before, after)))


def _strata(control: SensitiveFeature | None) -> object:
    """The strata with the values that stand for them, in their order."""
    return None if control is None or control.bins else tuple(part for group in control.groups for part in (group.name, group.value))


def _feature(model: ModelConfig, name: str, heading: Heading, order: Order, what: str) -> Change:
    message = f"model `{model.name}`: sensitive feature `{name}` {what}"
    return Change(heading=heading, order=order, key=f"sensitive_features.{name}", message=message, model=model.name)


def _of_feature(model: ModelConfig, was: SensitiveFeature, now: SensitiveFeature) -> Iterator[Change]:
    at = f"sensitive_features.{was.name}"
    yield from _told(model, f"{at}.column", Order.UNORDERED, was.column, now.column)
    if was.bins or now.bins:
        yield from _told(model, f"{at}.bins", Order.UNORDERED, was.bins or None, now.bins or None)
    else:
        yield from _of_groups(model, was, now)
    yield from _of_roles(model, was, now)


def _of_roles(model: ModelConfig, was: SensitiveFeature, now: SensitiveFeature) -> Iterator[Change]:
    """A role that is new takes pairs or groups out of the judgement; one that goes may bring claims back that make a proof harder."""
    at = f"sensitive_features.{was.name}"
    yield from _told(model, f"{at}.reference", _taken_out(was.reference, now.reference), was.reference, now.reference)
    before, after = (tuple(sorted(feature.protected)) or None for feature in (was, now))
    yield from _told(model, f"{at}.protected", _taken_out(before, after), before, after)
    yield from _told(model, f"{at}.other", Order.UNORDERED, was.other, now.other)
    olds, news = ({entry.group: entry for entry in feature.exclude} for feature in (was, now))
    for group in dict.fromkeys((*olds, *news)):
        yield from _of_excluded(model, f"{at}.exclude[{quoted(group)}]", olds.get(group), news.get(group))


def _taken_out(was: object, now: object) -> Order:
    return Order.LOOSER if was is None and now is not None else Order.UNORDERED


def _of_excluded(model: ModelConfig, at: str, was: ExcludedGroup | None, now: ExcludedGroup | None) -> Iterator[Change]:
    """A group that is not judged any more is looser, and so is a larger share of them."""
    before, after = (None if entry is None else entry.max_share for entry in (was, now))
    order = Order.UNORDERED
    if after is not None and (before is None or after > before):
        order = Order.LOOSER
    elif after is not None:
        order = Order.TIGHTER
    yield from _told(model, f"{at}.max_share", order, before, after)
    if was is not None and now is not None:
        yield from _told(model, f"{at}.why", Order.EQUAL, was.why, now.why)


def _of_groups(model: ModelConfig, was: SensitiveFeature, now: SensitiveFeature) -> Iterator[Change]:
    """Groups by the value that stands for them: a group more also makes each single violation harder to prove."""
    olds, news = ({_typed(group.value): group for group in _declared(feature)} for feature in (was, now))
    for value, group in olds.items():
        if value not in news:
            yield _group(model, was, group, Heading.GONE, "is gone: its rows become undeclared, and nothing compares them")
        elif group.name != news[value].name:
            yield from _told(model, f"sensitive_features.{was.name}.groups[{quoted(group.value)}]", Order.EQUAL, group.name, news[value].name)
    for value in (value for value in news if value not in olds):
        yield _group(model, was, news[value], Heading.NEW, "is new: one group more that needs rows and is compared")


def _declared(feature: SensitiveFeature) -> Iterator[DeclaredGroup]:
    """The groups of `groups`: without the pool, and without values that only `exclude` names."""
    roles = {feature.other, *(entry.group for entry in feature.exclude if entry.undeclared)}
    return (group for group in feature.groups if group.name not in roles)


def _group(model: ModelConfig, feature: SensitiveFeature, group: DeclaredGroup, heading: Heading, what: str) -> Change:
    message = f"model `{model.name}`: group `{group.name}` of `{feature.name}` {what}; cannot be ordered"
    return Change(heading=heading, order=Order.UNORDERED, key=f"sensitive_features.{feature.name}.groups", message=message, model=model.name)


def _typed(value: object) -> object:
    """The value as a column sees it: `true` is not 1."""
    return tuple(_typed(item) for item in value) if isinstance(value, tuple) else (value_kind(value), value)


def _shown(value: object) -> str:
    match value:
        case None:
            return "none"
        case tuple():
            return f"[{', '.join(quoted(item) for item in value)}]"
        case date():
            return value.isoformat()
        case _:
            return quoted(value)
