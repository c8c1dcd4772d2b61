"""One finding per rule and feature or intersection."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from gate.core.counts import ContingencyTable
from gate.core.decision import Effect, Finding, Levels, Outcome, RowsNeeded
from gate.core.facts import Facts
from gate.core.metric import Metric
from gate.core.model import Intersection, ModelConfig, SensitiveFeature, Task, crossings
from gate.core.policy import Burden, Enforcement, Policy, Rule, Scope, SmallIntersections, Threshold
from gate.judge import messages
from gate.judge.asked import Asked, asked
from gate.judge.baselines import without_baseline
from gate.judge.classes import class_questions, worst
from gate.judge.inherited import as_inherited
from gate.judge.looks import levels_at
from gate.judge.planning import detectable, rows_needed
from gate.judge.questions import Answer, Question, answer, claims
from gate.judge.reach import reach_of
from gate.judge.user_metrics import user_finding
from gate.judge.verdict import effect
from gate.metrics.bounded import UNBOUNDED, Reach
from gate.metrics.catalogue import by_name
from gate.metrics.comparisons import ALL_PAIRS
from gate.metrics.rates import Cells

__all__ = ["burden_of", "crossings_of", "question_of", "rule_findings"]


def rule_findings(policy: Policy, model: ModelConfig, table: ContingencyTable, facts: Facts, *, planning: bool = True) -> tuple[Finding, ...]:
    """Every rule on everything that it looks at, and a finding of our own if no mandatory rule applies at all.

    Of the facts, rules heed the look at the holdout, the models beside the candidate, and what metrics of the policy's own say. Without
    `planning` nothing is said of how many rows would settle a question, which takes most of the time.
    """
    findings = tuple(finding for rule in policy.rules for finding in _judged(policy, rule, model, table, facts, planning=planning))
    mandatory = [finding for finding in findings if finding.enforcement is not Enforcement.ADVISORY]
    if any(finding.outcome is not Outcome.NOT_APPLICABLE for finding in mandatory):
        return findings
    return (*findings, _nothing_judged())


def _judged(policy: Policy, rule: Rule, model: ModelConfig, table: ContingencyTable, facts: Facts, *, planning: bool) -> Iterator[Finding]:
    """A rule on everything that it looks at, by a metric of the catalogue or by the policy's own."""
    if not rule.of_user or not rule.applies(model):
        yield from _of_rule(policy, rule, model, table, facts, planning=planning)
        return
    for crossing in (None,) if rule.scope is Scope.OVERALL else crossings_of(policy, rule, model):
        levels = levels_at(policy.evidence.confidence, facts.data.look, burden=burden_of(policy, rule, crossing))
        yield user_finding(policy, rule, crossing, table, facts.user_metrics, levels=levels)


def _of_rule(policy: Policy, rule: Rule, model: ModelConfig, table: ContingencyTable, facts: Facts, *, planning: bool) -> Iterator[Finding]:
    metric = by_name(rule.metric)
    if not rule.applies(model):
        yield _not_applicable(rule)
    elif metric is None:
        raise ValueError(f"unknown metric {rule.metric}")
    elif model.task not in metric.tasks or (rule.baseline is not None and model.task is not Task.BINARY_CLASSIFICATION):
        raise ValueError(f"rule {rule.id} cannot be judged of {model.task.value}")
    elif (uncompared := without_baseline(policy, rule, facts.baselines)) is not None:
        yield uncompared
    else:
        for crossing in (None,) if rule.scope is Scope.OVERALL else crossings_of(policy, rule, model):
            question = question_of(policy, rule, metric, crossing, table, look=facts.data.look, reach=reach_of(model))
            question = replace(question, planned=planning)
            yield as_inherited(rule, question, _about(policy, rule, crossing, question, model), facts)


def _about(policy: Policy, rule: Rule, crossing: Intersection | None, question: Question, model: ModelConfig) -> Finding:
    """The finding on one feature or intersection; of several classes, the worst decides."""
    if model.task is not Task.MULTICLASS_CLASSIFICATION:
        return _finding(policy, rule, crossing, question)
    return worst([(name, _finding(policy, rule, crossing, asked)) for name, asked in class_questions(question, model.data.labels or ())])


def crossings_of(policy: Policy, rule: Rule, model: ModelConfig) -> tuple[Intersection, ...]:
    """The features and intersections that a rule looks at; within strata, the features alone."""
    chosen = tuple(feature for feature in model.sensitive_features if rule.features is None or feature.name in rule.features)
    if rule.control_features:
        return _within_strata(rule, model, chosen)
    limit = policy.evidence.intersections.depth
    return crossings(chosen, depth=limit if rule.depth is None else min(rule.depth, limit))


def _within_strata(rule: Rule, model: ModelConfig, chosen: Sequence[SensitiveFeature]) -> tuple[Intersection, ...]:
    """Each feature within each control feature that the rule names; a rule that would look at nothing is refused."""
    declared = {control.name: control for control in model.control_features}
    if not declared.keys() >= {*rule.control_features}:
        raise ValueError(f"rule {rule.id} judges within {', '.join(rule.control_features)}, which is not declared")
    return tuple(Intersection(features=(feature,), within=declared[name]) for name in rule.control_features for feature in chosen)


def question_of(
    policy: Policy,
    rule: Rule,
    metric: Metric,
    crossing: Intersection | None,
    table: ContingencyTable,
    *,
    look: int | None = None,
    reach: Reach = UNBOUNDED,
) -> Question:
    """What a rule asks of a feature or intersection, or of the whole table, at a look at the holdout; None is one that is not counted."""
    chosen = asked(metric, crossing, table) if crossing else Asked(entries=(), comparison=ALL_PAIRS, claims=claims(metric, 1))
    entries = chosen.entries
    groups = tuple(entry.group for entry in entries) if crossing else ("",)
    counts = [entry.counts for entry in entries] if crossing else [table.overall]
    statistics = tuple(entry.statistics for entry in entries) if crossing else (table.statistics,)
    evidence = policy.evidence
    levels = levels_at(evidence.confidence, look, burden=burden_of(policy, rule, crossing))
    return Question(
        metric=metric,
        threshold=_asked(metric, rule.threshold),
        groups=groups,
        cells=Cells.of(counts),
        statistics=statistics,
        whole=table.statistics,
        comparison=chosen.comparison,
        min_group=evidence.min_group,
        levels=Levels(passing=levels.passing, failing=levels.failing / max(chosen.claims, 1)),
        lenient=_is_crossed(crossing) and evidence.small_intersections is SmallIntersections.REPORT,
        strict=_is_crossed(crossing) and evidence.small_intersections is SmallIntersections.BLOCK,
        baseline=rule.baseline,
        reach=reach,
    )


def _asked(metric: Metric, threshold: Threshold) -> Threshold:
    """The bound in the units of the judgement: a ceiling ε on |ln ratio| is a floor exp(−ε) under the ratio."""
    if metric.logarithmic and threshold.max is not None:
        return Threshold(min=math.exp(-threshold.max))
    return threshold


def _is_crossed(crossing: Intersection | None) -> bool:
    return crossing is not None and len(crossing.features) > 1


def burden_of(policy: Policy, rule: Rule, crossing: Intersection | None) -> Burden:
    """A rule's own burden is about declared features and the whole table; intersections have theirs."""
    if _is_crossed(crossing):
        return policy.evidence.intersections.burden_of_proof
    return rule.burden_of_proof or policy.evidence.burden_of_proof


def _finding(policy: Policy, rule: Rule, crossing: Intersection | None, question: Question) -> Finding:
    metric, burden = question.metric, burden_of(policy, rule, crossing)
    found = answer(question)
    low, high = _limits(metric, found)
    outcome = _outcome(question, found, burden)
    sampling_only = question.sampled and (question.lenient or (found is not None and found.value is not None))
    needed = _needed(question, found) if outcome is Outcome.INCONCLUSIVE else None
    consequence = effect(outcome, rule.enforcement, burden, sampling_only=sampling_only)
    not_disproved = outcome is Outcome.INCONCLUSIVE and consequence is Effect.NONE and burden is Burden.GATE
    certain = burden is not Burden.POINT_ESTIMATE
    gap = detectable(question) if not_disproved and question.measurable and question.planned else None
    return Finding(
        rule=rule.id,
        metric=rule.metric,
        scope=rule.scope,
        feature=crossing.name if crossing else None,
        groups=tuple(question.groups[i] for i in found.deciding) if found and crossing else (),
        outcome=outcome,
        effect=consequence,
        enforcement=rule.enforcement,
        burden_of_proof=burden,
        value=metric.shown(found.value) if found else None,
        pair_value=metric.shown(found.pair_value) if found else None,
        lower=low if certain else None,
        upper=high if certain else None,
        reason=_reason(metric, found),
        threshold=rule.threshold,
        levels=question.levels if certain else None,
        insufficient=tuple(name for name, enough in zip(question.groups, question.sufficient, strict=True) if name and not enough),
        rows_needed=needed if isinstance(needed, RowsNeeded) else None,
        rows_needed_reason=needed if isinstance(needed, str) else _settled(outcome, burden, metric),
        detectable_gap=metric.shown(gap),
        message=messages.rule_message(question, found, outcome, burden, detectable=gap, not_disproved=not_disproved),
        why=rule.why,
        versus=rule.baseline,
    )


def _needed(question: Question, found: Answer | None) -> RowsNeeded | str:
    """What would settle it, where that is asked for."""
    return rows_needed(question, found) if question.planned else "not asked for"


def _outcome(question: Question, found: Answer | None, burden: Burden) -> Outcome:
    """Fail wins over everything; a pass needs every group; the rest is inconclusive."""
    if found is None:
        return Outcome.INCONCLUSIVE
    if burden is Burden.POINT_ESTIMATE:
        return _naive(question, found)
    if found.broken:
        return Outcome.FAIL
    return Outcome.PASS if found.met else Outcome.INCONCLUSIVE


def _naive(question: Question, found: Answer) -> Outcome:
    """The point estimate against the bound, without error control; 1e-12 forgives the rounding of a subtraction."""
    if found.value is None:
        return Outcome.INCONCLUSIVE
    ceiling = question.threshold.ceiling
    beyond = found.value > ceiling + 1e-12 if ceiling is not None else found.value < (question.threshold.min or 0.0) - 1e-12
    if beyond:
        return Outcome.FAIL
    return Outcome.PASS if question.provable else Outcome.INCONCLUSIVE


def _limits(metric: Metric, found: Answer | None) -> tuple[float | None, float | None]:
    """Lower and upper limit as the metric is written: a logarithm of the reciprocal turns them round."""
    if found is None:
        return None, None
    return (metric.shown(found.upper), metric.shown(found.lower)) if metric.logarithmic else (found.lower, found.upper)


def _reason(metric: Metric, found: Answer | None) -> str | None:
    if found is None:
        return "too few groups have the rows that this metric divides by"
    if metric.logarithmic and found.value == 0:
        return "infinite: a group has a rate of zero where another has not"
    return found.reason


def _settled(outcome: Outcome, burden: Burden, metric: Metric) -> str | None:
    """Why a finding that is not inconclusive asks for no rows."""
    if burden is Burden.POINT_ESTIMATE and outcome is not Outcome.INCONCLUSIVE:
        return "point estimate: nothing proven, no error control"
    if not metric.calibrated and outcome is not Outcome.INCONCLUSIVE:
        return "approximate limits: nothing proven"
    match outcome:
        case Outcome.FAIL:
            return "violation proven"
        case Outcome.PASS:
            return "compliance proven"
        case _:
            return None


def _not_applicable(rule: Rule) -> Finding:
    wanted = ", ".join(f"{key} {value}" for key, value in sorted(rule.applies_to.items()))
    return Finding(
        rule=rule.id,
        metric=rule.metric,
        scope=rule.scope,
        outcome=Outcome.NOT_APPLICABLE,
        effect=Effect.NONE,
        enforcement=rule.enforcement,
        threshold=rule.threshold,
        reason="not applicable",
        rows_needed_reason="not applicable",
        message=f"applies to {wanted} only",
        why=rule.why,
    )


def _nothing_judged() -> Finding:
    return Finding(
        rule="nothing-judged",
        outcome=Outcome.INCONCLUSIVE,
        effect=Effect.HOLDS,
        enforcement=Enforcement.SOFT_MANDATORY,
        rows_needed_reason="no mandatory rule of this policy applies to this model",
        message="no mandatory rule of this policy applies to this model, so nothing was shown",
    )
