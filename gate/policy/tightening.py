"""Proves, key by key, that a policy only tightens the one it extends.

Tighter means: whatever the parent would not let through, the child does not let through either. Where a key has no
such direction, or has one only under conditions that are not met, the two must be equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gate.core.policy import Burden, DataTerms, Enforcement, Evidence, ForbiddenInputs, MinGroup, Policy, Rule, SandboxDemand, SmallIntersections
from gate.policy.problems import KeyPath, quoted

__all__ = ["Loosening", "loosenings"]

_ENFORCEMENTS = tuple(Enforcement)
_SMALL = tuple(SmallIntersections)
_SANDBOX = (SandboxDemand.PREFERRED, SandboxDemand.REQUIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosening:
    """A key under which the child is looser than its parent, or cannot be shown not to be.

    Args:
        path: the key, from the top of the policy; for a rule, the key inside the rule.
        rule: the id of the rule; None for a key outside the rules.
        message: rule, key and both values in one sentence.
    """

    path: KeyPath
    message: str
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One key, the parent's value and the child's; `tighter` says whether the child's is at least as tight."""

    path: KeyPath
    before: object
    after: object
    tighter: bool
    law: str


def loosenings(parent: Policy, child: Policy) -> tuple[Loosening, ...]:
    """Every key under which `child` does not provably tighten `parent`; none means that it tightens."""
    return (
        *(_outside(change) for change in _outside_changes(parent, child) if not change.tighter),
        *(finding for rule in parent.rules for finding in _of_rule(rule, parent, child)),
    )


def _outside(change: _Change) -> Loosening:
    return Loosening(path=change.path, message=f"{_named(change.path)} {_sentence(change)}")


def _of_rule(rule: Rule, parent: Policy, child: Policy) -> Iterator[Loosening]:
    """Where the child's rule of the same id is looser."""
    own = next((candidate for candidate in child.rules if candidate.id == rule.id), None)
    if own is None:
        yield Loosening(path=("rules",), message=f"rule `{rule.id}` is in the parent and missing here; a child cannot remove rules")
        return
    for change in _rule_changes(rule, own, parent.evidence, child.evidence):
        if not change.tighter:
            yield Loosening(path=change.path, message=f"rule `{rule.id}`: {_named(change.path)} {_sentence(change)}", rule=rule.id)


def _named(path: KeyPath) -> str:
    return f"`{'.'.join(str(part) for part in path)}`"


def _sentence(change: _Change) -> str:
    return f"is {_shown(change.before)} in the parent and {_shown(change.after)} here; it may only {change.law}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "none"
        case tuple():
            return f"[{', '.join(str(item) for item in value)}]"
        case float():
            return f"{value:.12g}"
        case str():
            return str(value)
        case _:
            return quoted(value)


def _outside_changes(parent: Policy, child: Policy) -> Iterator[_Change]:
    yield from _evidence_changes(parent.evidence, child.evidence)
    yield from _group_changes(parent, child)
    yield from _data_changes(parent.data, child.data)
    yield from _input_changes(parent.forbidden_inputs, child.forbidden_inputs)


def _evidence_changes(before: Evidence, after: Evidence) -> Iterator[_Change]:
    crossed, crosses = before.intersections, after.intersections
    yield _burden(("evidence", "burden_of_proof"), before.burden_of_proof, after.burden_of_proof)
    yield _rising(("evidence", "confidence", "pass"), before.confidence.passing, after.confidence.passing)
    # The surer a fail has to be, the fewer fails there are.
    yield _falling(("evidence", "confidence", "fail"), before.confidence.failing, after.confidence.failing)
    yield _rising(("evidence", "intersections", "depth"), crossed.depth, crosses.depth)
    yield _burden(("evidence", "intersections", "burden_of_proof"), crossed.burden_of_proof, crosses.burden_of_proof)
    yield _along(("evidence", "small_intersections"), before.small_intersections, after.small_intersections, _SMALL)
    yield _along(("evidence", "sandbox"), before.sandbox, after.sandbox, _SANDBOX)


def _group_changes(parent: Policy, child: Policy) -> Iterator[_Change]:
    """More rows per group are tighter, unless that only moves intersections out of judgement."""
    reports = child.evidence.small_intersections is SmallIntersections.REPORT
    fixed = reports and any(_depth(rule, parent.evidence) > 1 for rule in parent.rules)
    before, after = parent.evidence.min_group, child.evidence.min_group
    for key in MinGroup.__dataclass_fields__:
        path: KeyPath = ("evidence", "min_group", key)
        rows: tuple[int, int] = (getattr(before, key), getattr(after, key))
        if fixed:
            law = "stay the same while small intersections are only reported, or `small_intersections` becomes block"
            yield _Change(path=path, before=rows[0], after=rows[1], tighter=rows[0] == rows[1], law=law)
        else:
            yield _rising(path, *rows)


def _data_changes(before: DataTerms, after: DataTerms) -> Iterator[_Change]:
    words = ("optional", "required")
    yield _along(("data", "expectations"), words[before.expectations_required], words[after.expectations_required], words)
    yield _falling(("data", "max_unknown_share"), before.max_unknown_share, after.max_unknown_share)
    yield _falling(("data", "max_missing_labels"), before.max_missing_labels, after.max_missing_labels)
    yield _falling(("data", "max_age_days"), before.max_age_days, after.max_age_days)


def _input_changes(before: ForbiddenInputs, after: ForbiddenInputs) -> Iterator[_Change]:
    had, has = _forbidden(before), _forbidden(after)
    yield _Change(path=("inputs", "forbid"), before=had, after=has, tighter=set(had) <= set(has), law="grow")


def _forbidden(inputs: ForbiddenInputs) -> tuple[str, ...]:
    return (*(("sensitive",) if inputs.sensitive else ()), *inputs.columns)


def _rule_changes(before: Rule, after: Rule, parent: Evidence, child: Evidence) -> Iterator[_Change]:
    yield _same(("metric",), before.metric, after.metric)
    yield _same(("scope",), before.scope, after.scope)
    yield from _threshold_changes(before, after)
    yield _along(("enforcement",), before.enforcement, after.enforcement, _ENFORCEMENTS)
    yield _burden(("burden_of_proof",), before.burden_of_proof or parent.burden_of_proof, after.burden_of_proof or child.burden_of_proof)
    yield _rising(("depth",), _depth(before, parent), _depth(after, child))
    yield _widening(before.features, after.features)
    had, has = _facts(before), _facts(after)
    yield _Change(path=("applies_to",), before=had, after=has, tighter=set(has) <= set(had), law="be dropped")


def _threshold_changes(before: Rule, after: Rule) -> Iterator[_Change]:
    if before.threshold.max is not None:
        yield _falling(("max",), before.threshold.max, after.threshold.max)
    if before.threshold.min is not None:
        yield _rising(("min",), before.threshold.min, after.threshold.min)


def _depth(rule: Rule, evidence: Evidence) -> int:
    """How many features the rule crosses at most: never more than the tier."""
    most = evidence.intersections.depth
    return min(rule.depth or most, most)


def _facts(rule: Rule) -> tuple[str, ...]:
    return tuple(f"{key}: {value}" for key, value in sorted(rule.applies_to.items()))


def _widening(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> _Change:
    """All features are the widest choice."""
    wider = after is None or (before is not None and set(before) <= set(after))
    return _Change(path=("features",), before=before or "all", after=after or "all", tighter=wider, law="be widened")


def _burden(path: KeyPath, before: Burden, after: Burden) -> _Change:
    """From the gate to the candidate is tighter; the point estimate cannot be compared with either."""
    tighter = before is after or (before is Burden.GATE and after is Burden.CANDIDATE)
    law = "move from gate to candidate" if before is not Burden.POINT_ESTIMATE else "stay point_estimate"
    return _Change(path=path, before=before.value, after=after.value, tighter=tighter, law=law)


def _same(path: KeyPath, before: object, after: object) -> _Change:
    return _Change(path=path, before=before, after=after, tighter=before == after, law="stay the same")


def _along(path: KeyPath, before: str, after: str, order: tuple[str, ...]) -> _Change:
    """The later in the order, the tighter."""
    tighter = order.index(before) <= order.index(after)
    return _Change(path=path, before=before, after=after, tighter=tighter, law=f"move towards {order[-1]}")


def _rising(path: KeyPath, before: float, after: float | None) -> _Change:
    return _Change(path=path, before=before, after=after, tighter=after is not None and after >= before, law="rise")


def _falling(path: KeyPath, before: float | None, after: float | None) -> _Change:
    """None is no limit."""
    tighter = before is None or (after is not None and after <= before)
    return _Change(path=path, before=before, after=after, tighter=tighter, law="fall")
