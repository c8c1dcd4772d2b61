"""What "tighter" means, key by key, and the proof that a policy only tightens the one it extends.

Tighter means: whatever the one would not let through, the other does not let through either. Where a key has no such
direction, or has one only under conditions that are not met, two policies must agree in it. `KEYS` and `RULE_KEYS` are
the one table of this: the proof, `gate policy diff` and docs/reference/tightening.md all read it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

from gate.core.policy import Burden, Enforcement, Evidence, ForbiddenInputs, ModelFormat, Policy, Rule, SandboxDemand, SmallIntersections
from gate.core.review import Question
from gate.policy.problems import KeyPath, quoted

__all__ = ["KEYS", "RULE_KEYS", "Direction", "Key", "Loosening", "RuleIn", "loosenings", "named", "published", "shown"]

SourceT = TypeVar("SourceT")

_SENSITIVE = "sensitive"


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
class Direction:
    """Where a value gets tighter: `holds(before, after)` says whether `after` is at least as tight; it may only `law`."""

    law: str
    holds: Callable[[Any, Any], bool]


def _never(_parent: Policy, _child: Policy) -> Direction | None:
    """No condition: the key's own direction."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key(Generic[SourceT]):
    """One key of a policy, and where it gets tighter.

    Args:
        path: the key, from the top of the policy; for a rule, the key inside the rule.
        read: its value in what holds it.
        direction: where it gets tighter.
        meaning: the same in a word under each burden of proof, for readers.
        unless: the direction that holds instead between two policies; None for its own.
        absent: what a sentence calls the value None.
        written: the key as a file writes it, where that is longer than `path`.
    """

    path: KeyPath
    read: Callable[[SourceT], object]
    direction: Direction
    meaning: tuple[str, str, str]
    unless: Callable[[Policy, Policy], Direction | None] = field(default=_never)
    absent: str = "none"
    written: str = ""

    def between(self, parent: Policy, child: Policy) -> Direction:
        """The direction that holds from one policy to another."""
        return self.unless(parent, child) or self.direction

    def shown(self, value: object) -> str:
        """A value of this key inside a sentence."""
        return self.absent if value is None else shown(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleIn:
    """A rule and the evidence section that fills in what it leaves open."""

    rule: Rule
    evidence: Evidence

    @property
    def burden(self) -> Burden:
        """The burden of proof that it ends up with."""
        return self.rule.burden_of_proof or self.evidence.burden_of_proof

    def bound(self, key: str) -> float | None:
        """The bound under this key; None when the rule has another one."""
        written, value = self.rule.bound
        return value if written == key else None

    @property
    def depth(self) -> int:
        """How many features it crosses at most: never more than the tier."""
        most = self.evidence.intersections.depth
        return min(self.rule.depth or most, most)


def _rises(before: float | None, after: float | None) -> bool:
    """None is no limit."""
    return before is None or (after is not None and after >= before)


def _falls(before: float | None, after: float | None) -> bool:
    """None is no limit."""
    return before is None or (after is not None and after <= before)


def _same(before: object, after: object) -> bool:
    return before == after


def _demanded_of_fewer(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> bool:
    """None demands nothing."""
    return before is None or (after is not None and set(after) <= set(before))


def _grows(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return set(before) <= set(after)


def _shrinks(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return set(after) <= set(before)


def _widens(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> bool:
    """None is every feature, the widest choice."""
    return after is None or (before is not None and set(before) <= set(after))


def _burdened(before: Burden, after: Burden) -> bool:
    """From the gate to the candidate is tighter; the point estimate cannot be compared with either."""
    return before is after or (before is Burden.GATE and after is Burden.CANDIDATE)


def _towards(*order: str) -> Direction:
    """The later in the order, the tighter."""
    return Direction(law=f"move towards {order[-1]}", holds=lambda before, after: order.index(before) <= order.index(after))


_RISE = Direction(law="rise", holds=_rises)
_FALL = Direction(law="fall", holds=_falls)
_FREE_FIRST = Direction(law="do anything where any format was allowed", holds=lambda _before, _after: True)
_STAY = Direction(law="stay the same", holds=_same)
_BURDEN = Direction(law="move from gate to candidate, and point_estimate stays", holds=_burdened)
_STAY_FOR_SMALL = Direction(law="stay the same while small intersections are only reported, or `small_intersections` becomes block", holds=_same)


def _while_reported(parent: Policy, child: Policy) -> Direction | None:
    """More rows per group are tighter, unless that only moves intersections out of judgement."""
    reports = child.evidence.small_intersections is SmallIntersections.REPORT
    crosses = any(RuleIn(rule=rule, evidence=parent.evidence).depth > 1 for rule in parent.rules)
    return _STAY_FOR_SMALL if reports and crosses else None


def _from_any(parent: Policy, _child: Policy) -> Direction | None:
    """Where every type was allowed, any list of types is tighter."""
    return _FREE_FIRST if parent.model_terms.format is ModelFormat.ANY else None


def _forbidden(inputs: ForbiddenInputs) -> tuple[str, ...]:
    return (*((_SENSITIVE,) if inputs.sensitive else ()), *inputs.columns)


def _expectations(policy: Policy) -> str:
    return "required" if policy.data.expectations_required else "optional"


def _demanded(required: bool) -> str:  # noqa: FBT001 -- the policy's own word for it
    return "required" if required else "optional"


def _more_people(before: int | None, after: int | None) -> bool:
    """None allows no override at all, which nothing is tighter than."""
    return after is None or (before is not None and after >= before)


def _fewer_roles(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> bool:
    return after is None or (before is not None and set(after) <= set(before))


def _fewer_days(before: int | None, after: int | None) -> bool:
    return after is None or (before is not None and after <= before)


def _ends_sooner(before: date | None, after: date | None) -> bool:
    return after is None or (before is not None and after <= before)


def _fewer_techniques(before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> bool:
    """None approves every technique."""
    return before is None or (after is not None and set(after) <= set(before))


def _grandfathered(policy: Policy) -> tuple[str, ...]:
    return tuple(f"{entry.policy} until {entry.until}" for entry in policy.record.grandfather)


def _sooner(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Fewer earlier policies, none of them for longer; days as text are in the order of the days."""
    last = dict(entry.split(" until ") for entry in before)
    return all(policy in last and until <= last[policy] for policy, until in (entry.split(" until ") for entry in after))


def _facts(rule: RuleIn) -> tuple[str, ...]:
    return tuple(f"{key}: {value}" for key, value in sorted(rule.rule.applies_to.items()))


def _always(word: str) -> tuple[str, str, str]:
    """The same under every burden of proof."""
    return (word, word, word)


_UNPROVABLE = Direction(law="stay the same while violations of the champion's are accepted (`baseline`)", holds=_same)


def _while_inherited(_parent: Policy, child: Policy) -> Direction | None:
    """What proves a candidate's violation sooner proves the champion's sooner too, and then more is inherited."""
    return _UNPROVABLE if any(rule.inherits is not None for rule in child.rules) else None


def _inheritance(own: RuleIn) -> tuple[date, tuple[str, float | None]] | None:
    return None if own.rule.inherits is None else (own.rule.inherits.until, own.rule.bound)


def _inherits_less(before: tuple[date, object] | None, after: tuple[date, object] | None) -> bool:
    """Absent is tightest; until a day under another bound is not comparable, as the champion may violate the tighter one only."""
    return after is None or (before is not None and after[0] <= before[0] and after[1] == before[1])


def _tolerated(own: RuleIn) -> float | None:
    return None if own.rule.inherits is None else own.rule.inherits.tolerance


def _tolerates_less(before: float | None, after: float | None) -> bool:
    """None accepts nothing; what is accepted where nothing was is told by the day."""
    return after is None or before is None or after <= before


def _asks_more(before: tuple[Question, ...], after: tuple[Question, ...]) -> bool:
    """Every question is still there, word for word, for nobody else to answer and not later."""
    now = {entry.id: entry for entry in after}
    return all((own := now.get(was.id)) is not None and _asks_as_much(was, own) for was in before)


def _asks_as_much(was: Question, now: Question) -> bool:
    same = (was.question, was.answer) == (now.question, now.answer)
    return same and set(now.roles) <= set(was.roles) and _falls(was.due_days, now.due_days)


_ASK_MORE = Direction(law="ask more questions, each by the same words, of fewer roles and no later", holds=_asks_more)


def _term(name: str, policy: Policy) -> object:
    """A term of monitoring."""
    return getattr(policy.monitoring, name)


_PROOF = ("stays: the tightest", "`candidate`", "stays: cannot be ordered")
_FEWEST = ("higher", "higher; decides nothing for single features", "higher")

KEYS: tuple[Key[Policy], ...] = (
    Key(path=("evidence", "burden_of_proof"), read=lambda policy: policy.evidence.burden_of_proof, direction=_BURDEN, meaning=_PROOF),
    Key(
        path=("evidence", "confidence", "pass"),
        read=lambda policy: policy.evidence.confidence.passing,
        direction=_RISE,
        meaning=("higher", "higher; decides nothing", "higher; decides nothing"),
    ),
    Key(  # the surer a fail has to be, the fewer fails there are
        path=("evidence", "confidence", "fail"),
        read=lambda policy: policy.evidence.confidence.failing,
        direction=_FALL,
        meaning=("lower", "lower", "lower; decides nothing"),
        unless=_while_inherited,
    ),
    Key(path=("evidence", "intersections", "depth"), read=lambda policy: policy.evidence.intersections.depth, direction=_RISE, meaning=_always("higher")),
    Key(
        path=("evidence", "intersections", "burden_of_proof"),
        read=lambda policy: policy.evidence.intersections.burden_of_proof,
        direction=_BURDEN,
        meaning=_PROOF,
    ),
    Key(
        path=("evidence", "small_intersections"),
        read=lambda policy: policy.evidence.small_intersections,
        direction=_towards(*SmallIntersections),
        meaning=_always("`block`"),
    ),
    Key(
        path=("evidence", "sandbox"),
        read=lambda policy: policy.evidence.sandbox,
        direction=_towards(SandboxDemand.PREFERRED, SandboxDemand.REQUIRED),
        meaning=_always("`required`"),
    ),
    Key(
        path=("evidence", "sandbox_capabilities"),
        read=lambda policy: policy.evidence.sandbox_capabilities,
        direction=Direction(law="grow", holds=_grows),
        meaning=_always("more entries"),
    ),
    Key(
        path=("evidence", "declared_ranges"),
        read=lambda policy: _demanded(policy.evidence.declared_ranges_required),
        direction=_towards("optional", "required"),
        meaning=_always("`required`"),
    ),
    Key(
        path=("evidence", "min_group", "rows"),
        read=lambda policy: policy.evidence.min_group.rows,
        direction=_RISE,
        meaning=_FEWEST,
        unless=_while_reported,
    ),
    Key(
        path=("evidence", "min_group", "positives"),
        read=lambda policy: policy.evidence.min_group.positives,
        direction=_RISE,
        meaning=_FEWEST,
        unless=_while_reported,
    ),
    Key(
        path=("evidence", "min_group", "negatives"),
        read=lambda policy: policy.evidence.min_group.negatives,
        direction=_RISE,
        meaning=_FEWEST,
        unless=_while_reported,
    ),
    Key(path=("data", "expectations"), read=_expectations, direction=_towards("optional", "required"), meaning=_always("`required`")),
    Key(path=("data", "max_unknown_share"), read=lambda policy: policy.data.max_unknown_share, direction=_FALL, meaning=_always("lower")),
    Key(path=("data", "max_missing_labels"), read=lambda policy: policy.data.max_missing_labels, direction=_FALL, meaning=_always("lower")),
    Key(path=("data", "max_age_days"), read=lambda policy: policy.data.max_age_days, direction=_FALL, meaning=_always("lower")),
    Key(path=("data", "max_looks"), read=lambda policy: policy.data.max_looks, direction=_FALL, meaning=_always("lower")),
    Key(
        path=("inputs", "forbid"),
        read=lambda policy: _forbidden(policy.forbidden_inputs),
        direction=Direction(law="grow", holds=_grows),
        meaning=_always("more entries"),
    ),
    Key(
        path=("model", "format"),
        read=lambda policy: policy.model_terms.format,
        direction=_towards(ModelFormat.ANY, ModelFormat.SKOPS),
        meaning=_always("`skops`"),
    ),
    Key(
        path=("model", "trusted_types"),
        read=lambda policy: policy.model_terms.trusted_types,
        direction=Direction(law="shrink", holds=_shrinks),
        meaning=_always("fewer entries"),
        unless=_from_any,
    ),
    Key(
        path=("documentation", "required"),
        read=lambda policy: policy.documentation,
        direction=Direction(law="grow", holds=_grows),
        meaning=_always("more entries"),
    ),
    Key(
        path=("explanations", "require"),
        read=lambda policy: policy.explanations.require,
        direction=Direction(law="grow", holds=_grows),
        meaning=_always("more entries"),
    ),
    Key(
        path=("explanations", "surrogate_fidelity_min"),
        read=lambda policy: policy.explanations.surrogate_fidelity_min,
        direction=_RISE,
        meaning=_always("higher"),
    ),
    Key(path=("explanations", "proxy_auc_max"), read=lambda policy: policy.explanations.proxy_auc_max, direction=_FALL, meaning=_always("lower")),
    Key(path=("explanations", "flip_rate_max"), read=lambda policy: policy.explanations.flip_rate_max, direction=_FALL, meaning=_always("lower")),
    Key(
        path=("explanations", "reasons_stability_min"),
        read=lambda policy: policy.explanations.reasons_stability_min,
        direction=_RISE,
        meaning=_always("higher"),
    ),
    Key(
        path=("mitigation", "approved"),
        read=lambda policy: policy.mitigation.approved,
        direction=Direction(law="shrink", holds=_fewer_techniques),
        meaning=_always("fewer entries; none named is all of them"),
        absent="every technique",
    ),
    Key(
        path=("mitigation", "forbid_group_dependent"),
        read=lambda policy: "true" if policy.mitigation.forbid_group_dependent else "false",
        direction=_towards("false", "true"),
        meaning=_always("`true`"),
    ),
    Key(
        path=("alternatives", "require"),
        read=lambda policy: policy.alternatives.require or None,
        direction=Direction(law="be demanded, of fewer roles", holds=_demanded_of_fewer),
        meaning=_always("fewer entries; none named demands nothing"),
        absent="no search",
    ),
    Key(
        path=("alternatives", "utility_tolerance"),
        read=lambda policy: policy.alternatives.utility_tolerance,
        direction=_RISE,
        meaning=_always("higher"),
    ),
    Key(
        path=("record", "signature"),
        read=lambda policy: _demanded(policy.record.signature_required),
        direction=_towards("optional", "required"),
        meaning=_always("`required`"),
    ),
    Key(
        path=("record", "ledger"),
        read=lambda policy: _demanded(policy.record.ledger_required),
        direction=_towards("optional", "required"),
        meaning=_always("`required`"),
    ),
    Key(path=("record", "max_age_days"), read=lambda policy: policy.record.max_age_days, direction=_FALL, meaning=_always("lower")),
    Key(
        path=("record", "grandfather"),
        read=_grandfathered,
        direction=Direction(law="shrink, or end sooner", holds=_sooner),
        meaning=_always("fewer entries, or sooner"),
    ),
    Key(
        path=("record", "rollback_days"),
        read=lambda policy: policy.record.rollback_days,
        direction=Direction(law="fall, or allow no rollback", holds=_fewer_days),
        meaning=_always("lower, or absent"),
        absent="no rollback",
    ),
    Key(
        path=("override", "approvers"),
        read=lambda policy: None if policy.override is None else policy.override.approvers,
        direction=Direction(law="rise, or allow no override", holds=_more_people),
        meaning=_always("higher, or no `override`"),
        absent="no override",
    ),
    Key(
        path=("override", "roles"),
        read=lambda policy: None if policy.override is None else policy.override.roles,
        direction=Direction(law="shrink, or allow no override", holds=_fewer_roles),
        meaning=_always("fewer entries, or no `override`"),
        absent="no override",
    ),
    Key(
        path=("override", "max_days"),
        read=lambda policy: None if policy.override is None else policy.override.max_days,
        direction=Direction(law="fall, or allow no override", holds=_fewer_days),
        meaning=_always("lower, or no `override`"),
        absent="no override",
    ),
    Key(
        path=("review", "before_deployment"),
        read=lambda policy: policy.review.before,
        direction=_ASK_MORE,
        meaning=_always("more questions, fewer `roles` of each"),
    ),
    Key(
        path=("review", "after_deployment"),
        read=lambda policy: policy.review.after,
        direction=_ASK_MORE,
        meaning=_always("more questions, fewer `roles` of each, `due_days` lower"),
    ),
    Key(
        path=("privacy", "min_cell"),
        read=lambda policy: policy.min_cell,
        direction=_RISE,
        meaning=_always("higher"),
    ),
    *(
        Key(path=("monitoring", name), read=partial(_term, name), direction=direction, meaning=_always(word))
        for name, direction, word in (
            ("window_days", _FALL, "lower"),
            ("delay_days", _FALL, "lower"),
            ("maturity_days", _FALL, "lower"),
            ("recent_days", _FALL, "lower"),
            ("min_rows", _RISE, "higher"),
            ("max_unlabelled_share", _FALL, "lower"),
            ("alarm", _RISE, "higher: alarms come sooner"),
            ("warning", _RISE, "higher: warnings come sooner"),
            ("max_psi", _FALL, "lower"),
            ("max_wasserstein", _FALL, "lower"),
            ("min_p_value", _RISE, "higher"),
        )
    ),
    Key(
        path=("monitoring", "require_revalidation"),
        read=lambda policy: "true" if policy.monitoring.require_revalidation else "false",
        direction=_towards("false", "true"),
        meaning=_always("`true`"),
    ),
    Key(
        path=("report_only_until",),
        read=lambda policy: policy.report_only_until,
        direction=Direction(law="end sooner, or be absent", holds=_ends_sooner),
        meaning=_always("sooner, or absent"),
        absent="no such day",
    ),
)
"""The keys outside the rules."""

RULE_KEYS: tuple[Key[RuleIn], ...] = (
    Key(path=("metric",), read=lambda own: own.rule.metric, direction=_STAY, meaning=_always("stays: cannot be ordered")),
    Key(path=("scope",), read=lambda own: own.rule.scope, direction=_STAY, meaning=_always("stays: cannot be ordered")),
    Key(path=("max",), read=lambda own: own.rule.threshold.max, direction=_FALL, meaning=_always("lower")),
    Key(path=("min",), read=lambda own: own.rule.threshold.min, direction=_RISE, meaning=_always("higher")),
    Key(path=("max_drop",), read=lambda own: own.bound("max_drop"), direction=_FALL, meaning=_always("lower")),
    Key(path=("max_increase",), read=lambda own: own.bound("max_increase"), direction=_FALL, meaning=_always("lower")),
    Key(path=("cumulative_max_drop",), read=lambda own: own.bound("cumulative_max_drop"), direction=_FALL, meaning=_always("lower")),
    Key(path=("versus",), read=lambda own: own.rule.versus, direction=_STAY, meaning=_always("stays: cannot be ordered")),
    Key(path=("anchor",), read=lambda own: own.rule.anchor, direction=_STAY, meaning=_always("stays: cannot be ordered")),
    Key(
        path=("baseline", "inherited_until"),
        read=_inheritance,
        direction=Direction(law="end sooner, or be absent, and needs the same bound while it is there", holds=_inherits_less),
        meaning=_always("sooner under the same bound, or absent"),
        absent="nothing inherited",
    ),
    Key(
        path=("baseline", "tolerance"),
        read=_tolerated,
        direction=Direction(law="fall, or be absent", holds=_tolerates_less),
        meaning=_always("lower, or absent"),
        absent="nothing inherited",
    ),
    Key(
        path=("enforcement",),
        read=lambda own: own.rule.enforcement,
        direction=_towards(*Enforcement),
        meaning=_always("from `advisory` towards `hard-mandatory`"),
    ),
    Key(path=("burden_of_proof",), read=lambda own: own.burden, direction=_BURDEN, meaning=_PROOF),
    Key(path=("depth",), read=lambda own: own.depth, direction=_RISE, meaning=_always("higher")),
    Key(
        path=("features",),
        read=lambda own: own.rule.features,
        direction=Direction(law="be widened", holds=_widens),
        meaning=_always("more features; none named is all of them"),
        absent="all",
    ),
    Key(path=("control_features",), read=lambda own: own.rule.control_features, direction=_STAY, meaning=_always("stays: cannot be ordered")),
    Key(
        path=("applies_to",),
        read=_facts,
        direction=Direction(law="be dropped", holds=_shrinks),
        meaning=_always("absent"),
        written="rules[].applies_to.task",
    ),
)
"""The keys of a rule that both policies have."""

_STAYS = "stays: cannot be ordered"
_QUESTION = {"id": _STAYS, "question": _STAYS, "roles": "fewer entries", "answer": _STAYS}
_OF_QUESTIONS = (
    *((f"review.before_deployment[].{key}", meaning) for key, meaning in _QUESTION.items()),
    *((f"review.after_deployment[].{key}", meaning) for key, meaning in {**_QUESTION, "due_days": "lower"}.items()),
)
"""The keys of a question, which `_asks_as_much` compares."""

_GOVERNANCE = ("owner", "approved_by", "effective_from", "effective_until", "supersedes", "retention_days")
_FREE = (
    *("schema", "tier", "version", "description", "extends"),
    *(f"governance.{key}" for key in _GOVERNANCE),
    *("rules[].id", "rules[].why", "rules[].satisfies"),
)
"""Keys that judge nothing by themselves."""


def published() -> tuple[tuple[str, str, str, str], ...]:
    """Every key of a policy file, and what is tighter where the candidate, the gate or nobody bears the burden of proof."""
    return (
        *((named(key.path), *key.meaning) for key in KEYS),
        *((key, *_always(meaning)) for key, meaning in _OF_QUESTIONS),
        ("rules", *_always("more rules")),
        *((key.written or f"rules[].{named(key.path)}", *key.meaning) for key in RULE_KEYS),
        *((key, *_always("judges nothing")) for key in _FREE),
    )


def loosenings(parent: Policy, child: Policy) -> tuple[Loosening, ...]:
    """Every key under which `child` does not provably tighten `parent`; none means that it tightens."""
    return (*_outside(parent, child), *(finding for rule in parent.rules for finding in _of_rule(rule, parent, child)))


def _outside(parent: Policy, child: Policy) -> Iterator[Loosening]:
    for key in KEYS:
        before, after, direction = key.read(parent), key.read(child), key.between(parent, child)
        if not direction.holds(before, after):
            yield Loosening(path=key.path, message=_sentence(key, before, after, direction))


def _of_rule(rule: Rule, parent: Policy, child: Policy) -> Iterator[Loosening]:
    """Where the child's rule of the same id is looser."""
    own = next((candidate for candidate in child.rules if candidate.id == rule.id), None)
    if own is None:
        yield Loosening(path=("rules",), message=f"rule `{rule.id}` is in the parent and missing here; a child cannot remove rules")
        return
    was, now = RuleIn(rule=rule, evidence=parent.evidence), RuleIn(rule=own, evidence=child.evidence)
    for key in RULE_KEYS:
        before, after, direction = key.read(was), key.read(now), key.between(parent, child)
        if not direction.holds(before, after):
            yield Loosening(path=key.path, message=f"rule `{rule.id}`: {_sentence(key, before, after, direction)}", rule=rule.id)


def _sentence(key: Key[SourceT], before: object, after: object, direction: Direction) -> str:
    return f"`{named(key.path)}` is {key.shown(before)} in the parent and {key.shown(after)} here; it may only {direction.law}"


def named(path: KeyPath) -> str:
    """The key as a reader would write it: `evidence.confidence.pass`."""
    return ".".join(str(part) for part in path)


def shown(value: object) -> str:
    """A policy's value inside a sentence."""
    match value:
        case None:
            return "none"
        case (date() as until, (key, bound)):
            return f"{until.isoformat()} under `{key}` {shown(bound)}"
        case tuple():
            return f"[{', '.join(str(item) for item in value)}]"
        case float():
            return f"{value:.12g}"
        case str():
            return str(value)
        case _:
            return quoted(value)
