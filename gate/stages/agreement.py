"""Whether policy and configuration can be judged together, before any row is read."""

from datetime import date

from gate.core.model import ModelConfig
from gate.core.policy import Policy, Rule
from gate.errors import ConfigError
from gate.judge.baselines import comparing, inheritable
from gate.metrics.catalogue import by_name
from gate.metrics.kinds import needs_scores
from gate.policy import misfits

__all__ = ["agree", "inheriting", "lapsed", "rules_on_scores"]


def agree(policy: Policy, model: ModelConfig) -> None:
    """Refuse what would otherwise be judged on less than the policy demands.

    Raises:
        ConfigError: a rule names a feature that is not declared or a metric that the task does not have, or asks for scores
            where none are named, or the policy requires a suite that is not named.
    """
    if misfit := next(misfits(policy, model), None):
        raise ConfigError(misfit, where="task", next_step="Use a policy for this model, give the rule `applies_to: {task: …}`, or declare what is missing.")
    declared = {feature.name for feature in model.sensitive_features}
    for rule in policy.rules:
        absent = sorted(set(rule.features or ()) - declared)
        if absent:
            raise ConfigError(
                f"rule {rule.id!r} of tier {policy.tier!r} looks at {', '.join(absent)}, which {model.name!r} does not declare",
                where="sensitive_features",
                next_step=f"Declare it in gate.yaml; declared are {', '.join(sorted(declared))}.",
            )
    _scored(policy, model)
    _unweighted(policy, model)
    if policy.data.expectations_required and model.data.expectations is None:
        raise ConfigError(
            f"tier {policy.tier!r} requires data expectations, and {model.name!r} names none",
            where="data.expectations",
            next_step="Name a Great Expectations suite in gate.yaml.",
        )


def lapsed(policy: Policy, model: ModelConfig, *, today: date) -> str:
    """Why the policy is not in force on a day, or why the model's tier has to be looked at first; empty when nothing is."""
    said, review = policy.governance, model.assigned.review_by
    if said.effective_from is not None and today < said.effective_from:
        return f"the policy of tier {policy.tier!r} is in force from {said.effective_from.isoformat()} on"
    if said.effective_until is not None and today > said.effective_until:
        return f"the policy of tier {policy.tier!r} was in force until {said.effective_until.isoformat()}"
    if review is not None and today > review:
        return f"the tier of {model.name!r} had to be looked at again by {review.isoformat()}"
    return ""


def inheriting(policy: Policy, model: ModelConfig, *, today: date) -> tuple[str, ...]:
    """The rules that still accept what the champion violates already: their last day is not over."""
    return tuple(rule.id for rule in inheritable(policy, model) if rule.inherits is not None and today <= rule.inherits.until)


def _unweighted(policy: Policy, model: ModelConfig) -> None:
    """Scores and comparisons are judged on rows that all count alike: weights or clusters would be left out of them without a word."""
    rules = (*rules_on_scores(policy, model), *comparing(policy, model), *inheritable(policy, model), *_approximate(policy, model))
    terms = policy.explanations
    bounds = [bound for bound in (terms.surrogate_fidelity_min, terms.proxy_auc_max, terms.flip_rate_max, terms.reasons_stability_min) if bound is not None]
    if bounds and (model.data.weight or model.data.cluster):
        raise ConfigError(
            f"tier {policy.tier!r} bounds what `gate explain` finds, which is not supported yet for weighted or clustered rows",
            where="data.weight" if model.data.weight else "data.cluster",
            next_step="Leave the bounds of `explanations` to a tier of other models, or judge rows that all count alike.",
        )
    if rules and (model.data.weight or model.data.cluster):
        raise ConfigError(
            f"rule {rules[0].id!r} of tier {policy.tier!r} judges scores, compares two models or has approximate limits, "
            "which is not supported yet for weighted or clustered rows",
            where="data.weight" if model.data.weight else "data.cluster",
            next_step="Let the rule apply to other models only (applies_to), or judge rows that all count alike.",
        )


def _approximate(policy: Policy, model: ModelConfig) -> tuple[Rule, ...]:
    """The rules whose limits are the delta method's on counts."""
    return tuple(rule for rule in policy.applicable(model) if rule.of_user or ((metric := by_name(rule.metric)) is not None and not metric.calibrated))


def _scored(policy: Policy, model: ModelConfig) -> None:
    """A rule on scores needs scores: judged without any, it would look at nothing."""
    rules = rules_on_scores(policy, model)
    if rules and model.predictions.score is None:
        raise ConfigError(
            f"rule {rules[0].id!r} of tier {policy.tier!r} judges {rules[0].metric}, and {model.name!r} gives no scores",
            where="predictions.score",
            next_step="Name the column of scores in gate.yaml, or let the rule apply to other models only (applies_to).",
        )


def rules_on_scores(policy: Policy, model: ModelConfig) -> tuple[Rule, ...]:
    """The rules of a policy that apply to a model and need its scores."""
    return tuple(rule for rule in policy.applicable(model) if (metric := by_name(rule.metric)) is not None and needs_scores(metric, model.task))
