"""What a rule on a metric of the policy's own finds: advice, from recorded numbers and approximate limits."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy.special import ndtri

from gate.core.counts import ContingencyTable
from gate.core.decision import Effect, Finding, Levels, Outcome
from gate.core.facts import UserMetric, UserValue
from gate.core.model import Intersection
from gate.core.policy import Enforcement, Policy, Rule, Scope

__all__ = ["user_finding"]

_APPROXIMATE = "approximate limits: nothing proven"
_CLEARLY = 3.0
"""So many standard errors a number has to lie above 0 before anything is divided by it."""
_MOST_GROUPS = 300
"""Beyond this, visiting every pair would take long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One number that the bound is about, with its standard error: of a group, or between two."""

    groups: tuple[str, ...]
    value: float
    error: float


def user_finding(policy: Policy, rule: Rule, crossing: Intersection | None, table: ContingencyTable, own: Sequence[UserMetric], *, levels: Levels) -> Finding:
    """The finding of one rule on one feature, intersection or the whole table: never an effect, and no pass where a number is missing."""
    metric = next((entry for entry in own if entry.metric == rule.metric), None)
    feature = crossing.name if crossing else None
    entries = table.of(feature) if feature is not None else ()
    rows = {entry.group: entry.counts.labelled for entry in entries} if crossing else {"": table.overall.labelled}
    known = {entry.group: entry for entry in (metric.values if metric else ()) if entry.feature == feature}
    small = tuple(group for group, count in rows.items() if group and count < policy.evidence.min_group.rows)
    crowded = rule.scope is Scope.BETWEEN_GROUPS and len(rows) > _MOST_GROUPS
    missing = f"there are more than {_MOST_GROUPS} groups to compare" if crowded else _missing(metric, rows, known)
    missing = missing or _undivided(rule, [known[group] for group in rows])
    claims = () if missing else _claims(rule, [known[group] for group in rows])
    worst, outcome = _judged(rule, claims, levels, enough=not small and all(count >= policy.evidence.min_group.rows for count in rows.values()))
    reason = missing or (None if worst is not None else "there are not two groups to compare")
    return Finding(
        rule=rule.id,
        metric=rule.metric,
        scope=rule.scope,
        feature=feature,
        groups=worst.groups if worst is not None and crossing else (),
        outcome=outcome,
        effect=Effect.NONE,
        enforcement=Enforcement.ADVISORY,
        value=None if worst is None else worst.value,
        pair_value=None if worst is None else worst.value,
        lower=None if worst is None else _limit(worst, levels.passing if rule.threshold.min is not None else levels.failing, -1),
        upper=None if worst is None else _limit(worst, levels.failing if rule.threshold.min is not None else levels.passing, 1),
        reason=reason,
        threshold=rule.threshold,
        levels=levels,
        insufficient=small,
        rows_needed_reason=_APPROXIMATE,
        message=_message(rule, worst, outcome, reason),
        why=rule.why,
    )


def _missing(metric: UserMetric | None, groups: Sequence[str] | dict[str, int], known: dict[str, UserValue]) -> str | None:
    """Why there is no number, of the first group that has none; None where all have one with an error."""
    if metric is None:
        return "the record does not say what this metric is"
    if metric.detail is not None:
        return f"not evaluated: {metric.detail}"
    for group in groups:
        entry = known.get(group)
        if entry is None or entry.value is None or entry.error is None or not (math.isfinite(entry.value) and math.isfinite(entry.error) and entry.error > 0):
            said = entry.detail if entry is not None and entry.detail else "there is no number"
            return f"not evaluated{f' for {group}' if group else ''}: {said}"
    return None


def _claims(rule: Rule, values: Sequence[UserValue]) -> tuple[_Claim, ...]:
    """What the bound has to hold of: every group, or every ordered pair of groups."""
    numbers = [(entry.group, entry.value or 0.0, entry.error or 0.0) for entry in values]
    if rule.scope is not Scope.BETWEEN_GROUPS:
        return tuple(_Claim(groups=(group,), value=value, error=error) for group, value, error in numbers)
    if rule.threshold.min is not None:
        return tuple(_ratio(one, other, least=rule.threshold.min) for one in numbers for other in numbers if one is not other)
    return tuple(
        _Claim(groups=(one[0], other[0]), value=one[1] - other[1], error=math.hypot(one[2], other[2]))
        for one in numbers
        for other in numbers
        if one is not other
    )


def _ratio(one: tuple[str, float, float], other: tuple[str, float, float], *, least: float) -> _Claim:
    """One group's number over another's, by the delta method; its error is that at the bound where it is larger there."""
    ratio = one[1] / other[1]
    return _Claim(groups=(one[0], other[0]), value=ratio, error=math.hypot(one[2], max(ratio, least) * other[2]) / other[1])


def _undivided(rule: Rule, values: Sequence[UserValue]) -> str | None:
    """Why there is no ratio: a number that is not clearly above 0; None where there is one, or none is asked for."""
    if rule.scope is not Scope.BETWEEN_GROUPS or rule.threshold.min is None:
        return None
    near = next((entry for entry in values if (entry.value or 0.0) <= _CLEARLY * (entry.error or 0.0)), None)
    return None if near is None else f"no ratio: the number of {near.group} is not clearly above 0"


def _judged(rule: Rule, claims: Sequence[_Claim], levels: Levels, *, enough: bool) -> tuple[_Claim | None, Outcome]:
    """The claim that decides, and the outcome: it starts from "inconclusive"."""
    if not claims:
        return None, Outcome.INCONCLUSIVE
    sign, bound = (1.0, rule.threshold.min) if rule.threshold.min is not None else (-1.0, rule.threshold.max)
    if bound is None:
        return None, Outcome.INCONCLUSIVE
    proof, doubt = _quantile(levels.failing / len(claims)), _quantile(levels.passing)
    worst = min(claims, key=lambda claim: sign * claim.value)
    shaky = min(claims, key=lambda claim: sign * claim.value - doubt * claim.error)
    broken = min(claims, key=lambda claim: sign * claim.value + proof * claim.error)
    if sign * broken.value + proof * broken.error < sign * bound:
        return broken, Outcome.FAIL
    if sign * shaky.value - doubt * shaky.error >= sign * bound and enough:
        return worst, Outcome.PASS
    return worst, Outcome.INCONCLUSIVE


def _quantile(level: float) -> float:
    return -float(ndtri(level))


def _limit(claim: _Claim, level: float, side: int) -> float | None:
    limit = claim.value + side * _quantile(level) * claim.error
    return limit if math.isfinite(limit) else None


def _message(rule: Rule, worst: _Claim | None, outcome: Outcome, reason: str | None) -> str:
    if worst is None:
        return f"{rule.metric}: {reason}; it advises only"
    key, bound = rule.bound
    between = " / " if rule.threshold.min is not None else " − "
    where = f" ({between.join(worst.groups)})" if any(worst.groups) else ""
    said = {Outcome.PASS: "within", Outcome.FAIL: "beyond"}.get(outcome, "not shown to be within")
    return f"{rule.metric}{where} is {worst.value:.4g}, by approximate limits {said} the bound {key} {bound:g}; it advises only"
