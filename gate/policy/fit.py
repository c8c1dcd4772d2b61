"""Whether the rules of a policy fit the task of a model: a mean of errors means nothing of a classifier."""

from collections.abc import Iterator

from gate.core.model import ModelConfig, Task
from gate.core.policy import Policy
from gate.metrics.catalogue import by_name
from gate.metrics.kinds import needs_scores

__all__ = ["misfits"]


def misfits(policy: Policy, model: ModelConfig) -> Iterator[str]:
    """A sentence for every rule whose metric the model's task does not have, unless `applies_to` lets the rule pass it by, and for what is demanded besides."""
    for rule in policy.applicable(model):
        metric = by_name(rule.metric)
        if rule.of_user and model.task is not Task.BINARY_CLASSIFICATION:
            only = f"a metric of {Task.BINARY_CLASSIFICATION.value}"
            yield f"rule {rule.id!r} of tier {policy.tier!r} asks for {rule.metric}, {only}; the task of {model.name!r} is {model.task.value}"
        if rule.baseline is not None and model.task is not Task.BINARY_CLASSIFICATION:
            only = f"which only a {Task.BINARY_CLASSIFICATION.value} can be"
            yield f"rule {rule.id!r} of tier {policy.tier!r} compares with {rule.baseline!r}, {only}; the task of {model.name!r} is {model.task.value}"
        elif rule.inherits is not None and model.task is not Task.BINARY_CLASSIFICATION:
            only = f"which only a {Task.BINARY_CLASSIFICATION.value} can be"
            yield f"rule {rule.id!r} of tier {policy.tier!r} is compared with the champion (baseline), {only}; the task of {model.name!r} is {model.task.value}"
        elif metric is not None and model.task not in metric.tasks:
            tasks = ", ".join(metric.tasks)
            yield f"rule {rule.id!r} of tier {policy.tier!r} asks for {rule.metric}, a metric of {tasks}; the task of {model.name!r} is {model.task.value}"
        elif metric is not None and needs_scores(metric, model.task) and (rule.threshold.max or 0) > 1:
            allowed = f"{rule.metric} up to {rule.threshold.max:g}"
            yield f"rule {rule.id!r} of tier {policy.tier!r} allows {allowed}, and no score of {model.name!r} misses by more than 1"
    yield from _uncontrolled(policy, model)
    yield from _undeclared(policy, model)


def _uncontrolled(policy: Policy, model: ModelConfig) -> Iterator[str]:
    """Control features that a rule names and the model does not declare: within no stratum, nothing would be judged."""
    declared = {feature.name for feature in model.control_features}
    for rule in policy.applicable(model):
        if absent := sorted(set(rule.control_features) - declared):
            known = f"declared are {', '.join(sorted(declared))}" if declared else "it declares none"
            yield f"rule {rule.id!r} of tier {policy.tier!r} judges within {', '.join(absent)}, no control feature of {model.name!r}: {known}"


def _undeclared(policy: Policy, model: ModelConfig) -> Iterator[str]:
    """What has no largest value, where the policy demands one: no number of rows bounds a mean of such numbers."""
    data = model.data
    ranges = (
        ("label_range", "errors of a regression", model.task is Task.REGRESSION and data.label_range is None),
        ("max_weight", "weights", data.weight is not None and data.max_weight is None),
        ("max_cluster_rows", "clusters", data.cluster is not None and data.max_cluster_rows is None),
    )
    for key, what, absent in ranges if policy.evidence.declared_ranges_required else ():
        if absent:
            yield f"tier {policy.tier!r} demands that ranges are declared, and {model.name!r} has {what} without `data.{key}`"
