"""What became stricter, looser, new or gone from one policy to another.

The direction of every key is that of `gate.policy.tightening`, asked once each way. Where it holds in neither, the
difference is said and called one that cannot be ordered: a reader decides, not this page of code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gate.core.policy import Policy, Rule
from gate.policy.problems import KeyPath
from gate.policy.tightening import KEYS, RULE_KEYS, Key, RuleIn, SourceT, named, shown

__all__ = ["Change", "Diff", "Heading", "Order", "diff_policies", "told"]


class Heading(StrEnum):
    """Where a difference is listed."""

    STRICTER = "stricter"
    LOOSER = "looser"
    CHANGED = "changed"
    NEW = "new"
    GONE = "gone"


class Order(StrEnum):
    """What a difference does to the promise that B lets nothing through that A would not."""

    TIGHTER = "tighter"
    LOOSER = "looser"
    UNORDERED = "unordered"
    EQUAL = "equal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between A and B.

    Args:
        heading: where it is listed.
        order: what it does to the strictness of B.
        key: the key, as a file writes it; for a rule, inside the rule; for a model, inside the model.
        message: rule or model, key and both values in one sentence.
        rule: the id of the rule; None for a key outside the rules.
        model: the name of the model; None for a policy.
    """

    heading: Heading
    order: Order
    key: str
    message: str
    rule: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """Every difference between A and B, in the order of the files; `proviso` says what was not looked at."""

    changes: tuple[Change, ...]
    proviso: str = ""

    @property
    def only_tightens(self) -> bool:
        """True when B lets nothing through that A would not."""
        return not self._count(Order.LOOSER) and not self._count(Order.UNORDERED)

    @property
    def alike(self) -> bool:
        """True when nothing that differs judges anything."""
        return self.only_tightens and not self._count(Order.TIGHTER)

    @property
    def summary(self) -> str:
        """Whether B only tightens A, in one sentence."""
        if self.alike:
            return "A and B judge alike"
        if self.only_tightens:
            return "B only tightens A"
        looser, unordered = self._count(Order.LOOSER), self._count(Order.UNORDERED)
        unsure = f"{_places(unordered)} that cannot be ordered"
        if not looser:
            return f"B changes A in {unsure}"
        return f"B loosens A in {_places(looser)}" + (f" and changes it in {unsure}" if unordered else "")

    def _count(self, order: Order) -> int:
        return sum(change.order is order for change in self.changes)


_HEADINGS = {Order.TIGHTER: Heading.STRICTER, Order.LOOSER: Heading.LOOSER, Order.UNORDERED: Heading.CHANGED, Order.EQUAL: Heading.CHANGED}
_REMARKS = {Order.TIGHTER: "", Order.LOOSER: "", Order.UNORDERED: "; cannot be ordered", Order.EQUAL: "; judges nothing"}
_BOUNDS: frozenset[KeyPath] = frozenset({("max",), ("min",), ("max_drop",), ("max_increase",), ("cumulative_max_drop",)})
_PROSE = frozenset({"description", "why"})


def diff_policies(before: Policy, after: Policy) -> Diff:
    """Every difference from policy A to policy B.

    Laws: B only tightens A exactly when `loosenings(A, B)` is empty; what is stricter from A to B is looser from B to A.
    """
    return Diff(changes=(*_outside(before, after), *_of_rules(before, after)))


def told(order: Order, key: str, was: str, now: str, *, subject: str = "", rule: str | None = None, model: str | None = None) -> Change:
    """A key that has a value on both sides."""
    message = f"{subject}`{key}` was {was} and is {now}{_REMARKS[order]}"
    return Change(heading=_HEADINGS[order], order=order, key=key, message=message, rule=rule, model=model)


def _places(count: int) -> str:
    """`1 place`, `2 places`."""
    return f"{count} place{'' if count == 1 else 's'}"


def _outside(before: Policy, after: Policy) -> Iterator[Change]:
    for key in KEYS:
        if order := _order(key, before, after, (before, after)):
            yield told(order, named(key.path), key.shown(key.read(before)), key.shown(key.read(after)))
    yield from _of_words(("tier", "version", "description"), before, after)


def _of_words(words: tuple[str, ...], was: Policy | Rule, now: Policy | Rule, *, subject: str = "", rule: str | None = None) -> Iterator[Change]:
    """Keys for people. Prose is not repeated: two texts side by side help nobody on one line."""
    for word in words:
        before, after = getattr(was, word), getattr(now, word)
        if before != after and word in _PROSE:
            message = f"{subject}`{word}` is worded otherwise{_REMARKS[Order.EQUAL]}"
            yield Change(heading=Heading.CHANGED, order=Order.EQUAL, key=word, message=message, rule=rule)
        elif before != after:
            yield told(Order.EQUAL, word, shown(before), shown(after), subject=subject, rule=rule)


def _order(key: Key[SourceT], was: SourceT, now: SourceT, policies: tuple[Policy, Policy]) -> Order | None:
    """The direction of a key, asked both ways; None where neither is tighter than the other."""
    one, other = policies
    before, after = key.read(was), key.read(now)
    match key.between(one, other).holds(before, after), key.between(other, one).holds(after, before):
        case True, True:
            return None
        case True, False:
            return Order.TIGHTER
        case False, True:
            return Order.LOOSER
        case _:
            return Order.UNORDERED


def _of_rules(before: Policy, after: Policy) -> Iterator[Change]:
    """Rules that both have, in the order of A, those that are gone, and those that are new."""
    news = {rule.id: rule for rule in after.rules}
    olds = {rule.id for rule in before.rules}
    for rule in before.rules:
        if rule.id in news:
            yield from _of_rule(rule, news[rule.id], (before, after))
        else:
            yield _whole(rule, Heading.GONE, Order.LOOSER, "is gone; it was")
    yield from (_whole(rule, Heading.NEW, Order.TIGHTER, "is new:") for rule in after.rules if rule.id not in olds)


def _whole(rule: Rule, heading: Heading, order: Order, verb: str) -> Change:
    side, bound = rule.bound
    compared = f" versus {rule.baseline}" if rule.baseline is not None else ""
    message = f"rule `{rule.id}` {verb} {rule.metric}, {side} {shown(bound)}{compared}, {rule.enforcement}"
    return Change(heading=heading, order=order, key="rules", message=message, rule=rule.id)


def _of_rule(was: Rule, now: Rule, policies: tuple[Policy, Policy]) -> Iterator[Change]:
    one, other = (RuleIn(rule=rule, evidence=policy.evidence) for rule, policy in zip((was, now), policies, strict=True))
    for key in RULE_KEYS:
        order = None if _inherited(key, was, now) else _order(key, one, other, policies)
        if order:
            order = Order.UNORDERED if key.path in _BOUNDS and _another_question(was, now) else order
            yield _in_rule(order, named(key.path), key.shown(key.read(one)), key.shown(key.read(other)), was)
    yield from _of_words(("why", "satisfies"), was, now, subject=f"rule `{was.id}`: ", rule=was.id)


def _in_rule(order: Order, key: str, was: str, now: str, rule: Rule) -> Change:
    return told(order, key, was, now, subject=f"rule `{rule.id}`: ", rule=rule.id)


def _inherited(key: Key[RuleIn], was: Rule, now: Rule) -> bool:
    """Whether both rules leave the key to the evidence section, which says the difference once for all of them."""
    name = named(key.path)
    return name in {"burden_of_proof", "depth"} and getattr(was, name) is None and getattr(now, name) is None


def _another_question(was: Rule, now: Rule) -> bool:
    """Whether the two bounds are about different numbers, or on different sides, so that neither is the tighter one."""
    return (was.metric, was.scope, was.bound[0], was.baseline) != (now.metric, now.scope, now.bound[0], now.baseline)
