"""An explanation in sentences, section by section, for terminal, card and report alike."""

from collections.abc import Iterator

from gate.core.explanation import Area, Explanation, FlipAudit, Importance, Leaf, Measured, Proxy, ProxyFlips, Rate, Subgroup, Surrogate
from gate.report.figures import count, number, share
from gate.report.local_lines import local_sections
from gate.report.phrases import listing, name, plural

__all__ = ["MOST_INPUTS", "cells", "columns", "everything", "how", "introduction", "sections"]

_CARRIERS = 5
"""So many of the inputs that tell a group are listed; the record has all."""

MOST_INPUTS = 15
"""Inputs that are listed; the others are in the record."""


def introduction(explanation: Explanation) -> Iterator[str]:
    """From how much it was found, and the widest gaps."""
    rows = plural(explanation.rows, "row") if explanation.rows == explanation.of else f"{count(explanation.rows)} of {plural(explanation.of, 'row')}"
    yield f"Explained from {rows} and {plural(explanation.asked, 'answer')}; seed {explanation.seed}."
    for gap in explanation.gaps:
        yield f"{name(gap.feature)}: {name(gap.high)} is answered {number(gap.value)} higher than {name(gap.low)} on average."
    if explanation.withheld:
        yield "Numbers by group, and of few rows, are not shown (privacy.min_cell)."


def sections(explanation: Explanation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Title and sentences of every section that has something to say, the importances left out."""
    made = (
        ("What reveals the groups", tuple(line for entry in explanation.proxies for line in _proxy(entry))),
        ("If nothing but the group were different", tuple(line for entry in explanation.flips for line in _flips(entry))),
        ("If the proxies were those of another group", tuple(line for entry in explanation.proxy_flips for line in _through(entry))),
        ("A tree that imitates it", () if explanation.surrogate is None else tuple(_surrogate(explanation.surrogate))),
        ("Where it goes wrong", tuple(_subgroups(explanation))),
        *local_sections(explanation),
        ("Not produced", tuple(f"{entry}." for entry in explanation.not_produced)),
    )
    yield from (section for section in made if section[1])


def everything(explanation: Explanation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Title and sentences of every section, the importances too, for a card or a page."""
    yield "From what", tuple(introduction(explanation))
    if explanation.importances:
        titles = columns(explanation)[1:]
        rested = [
            f"{first}: {'; '.join(f'{title[:1].lower()}{title[1:]} {value}' for title, value in zip(titles, rest, strict=True))}"
            for first, *rest in (cells(entry, explanation) for entry in explanation.importances[:MOST_INPUTS])
        ]
        yield "What the answers rest on", (*rested, how(explanation))
    yield from sections(explanation)


def columns(explanation: Explanation) -> tuple[str, ...]:
    """The titles of the table of importances."""
    return ("Input", "Loss grows by", "Answers move by", *(f"Gap of {name(gap.feature)} left" for gap in explanation.gaps))


def cells(entry: Importance, explanation: Explanation) -> tuple[str, ...]:
    """A line of that table."""
    left = {remaining.feature: number(remaining.gap) for remaining in entry.remaining}
    loss = ("not shown" if explanation.withheld else "no labels") if entry.loss is None else f"{_measured(entry.loss)}{' *' if entry.found else ''}"
    return (name(entry.feature), loss, number(entry.moved), *(left.get(gap.feature, "") for gap in explanation.gaps))


def how(explanation: Explanation) -> str:
    """How the importances were found."""
    rest = len(explanation.importances) - MOST_INPUTS
    more = f"{plural(rest, 'input')} of less importance are not listed. " if rest > 0 else ""
    base = "" if explanation.base_loss is None else f", now {number(explanation.base_loss)}"
    said = f"Every input was shuffled {plural(explanation.repeats, 'time')} over {plural(explanation.shuffled, 'row')}. Loss: {explanation.loss}{base}."
    agreement = "" if explanation.agreement is None else f" The two rankings agree at {number(explanation.agreement)} (Spearman)."
    return f"{more}{said}{agreement} * above 0, corrected for the number of inputs."


def _measured(value: Measured) -> str:
    return f"{number(value.value)} [{number(value.low)}, {number(value.high)}]"


def _area(area: Area | None) -> str:
    return "no number" if area is None else f"{number(area.value)} [{number(area.low)}, {number(area.high)}]"


def _rate(rate: Rate | None) -> str:
    return "no rows" if rate is None else f"{share(rate.value)} [{share(rate.low)}, {share(rate.high)}]"


def _proxy(entry: Proxy) -> Iterator[str]:
    feature = name(entry.feature)
    if entry.is_input:
        yield f"{feature} is itself an input, so that the inputs reveal it wholly; what follows is about the others."
    for group in entry.groups:
        yield f"{feature}, {name(group.group)} against all others: AUC {_area(group.inputs)} by the inputs, {_area(group.answers)} by the answers."
    if entry.carriers:
        carried = (f"{name(carrier.feature)} (alone {number(carrier.alone)}, lost without it {number(carrier.drop)})" for carrier in entry.carriers[:_CARRIERS])
        yield f"{feature} is told by {listing(carried)}."
    elif entry.groups and not entry.reason:
        yield f"{feature}: no input is shown to tell it."
    if entry.reason:
        yield f"{feature}: {entry.reason}."


def _flips(entry: FlipAudit) -> Iterator[str]:
    yield from _changes(entry)
    if entry.reason:
        yield f"{name(entry.feature)}: {entry.reason}."


def _through(entry: ProxyFlips) -> Iterator[str]:
    if entry.proxies:
        yield f"{name(entry.feature)}: exchanged were {listing(map(name, entry.proxies), most=12)}."
    yield from _changes(entry)
    if entry.reason:
        yield f"{name(entry.feature)}: {entry.reason}."
    elif entry.any is None:
        yield f"{name(entry.feature)}: no input is shown to tell it, so that nothing was exchanged."


def _changes(entry: FlipAudit | ProxyFlips) -> Iterator[str]:
    """How often answers change, which way, and for whom."""
    feature = name(entry.feature)
    if entry.any is not None:
        yield f"{feature}: the answer changes for {_rate(entry.any)} of the rows."
    for pair in entry.pairs:
        one, other = name(pair.first), name(pair.second)
        ways = f"{count(pair.first_higher)} are answered higher as {one}, {count(pair.second_higher)} as {other} (matched pairs: p {_p(pair.p_value)})"
        yield f"{feature}, {one} or {other}: {_rate(pair.rate)} change; {ways}."
    if entry.groups:
        yield f"{feature}, by the group that a row is of: {listing((f'{name(group.group)} {_rate(group.rate)}' for group in entry.groups), most=12)}."


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else number(value)


def _surrogate(tree: Surrogate) -> Iterator[str]:
    what = "answers as it does" if tree.tolerance is None else f"comes within {number(tree.tolerance)} of its number"
    yield f"On rows that it has not seen it {what} for {_rate(tree.fidelity)}; the best constant answer does for {share(tree.plain.value)}."
    if tree.groups:
        yield f"By group: {listing((f'{name(group.group)} {_rate(group.rate)}' for group in tree.groups), most=12)}."
    yield from (_leaf(leaf) for leaf in tree.leaves)


def _leaf(leaf: Leaf) -> str:
    conditions = " and ".join(name(condition) for condition in leaf.conditions) or "always"
    found = "" if leaf.rows is None or leaf.agreeing is None else f"  ({count(leaf.agreeing)} of {plural(leaf.rows, 'row')})"
    return f"{conditions}: {name(leaf.answer)}{found}"


def _subgroups(explanation: Explanation) -> Iterator[str]:
    search = explanation.subgroups
    if search is None or explanation.withheld:
        return
    confirmed = [entry for entry in search.subgroups if entry.confirmed]
    yield from map(_subgroup, confirmed)
    if not confirmed:
        yield "No subgroup has an error that is confirmed to be worse."
    halves = f"{plural(search.searched_rows, 'row')} searched, {count(search.confirming_rows)} others to confirm"
    yield f"{plural(search.tried, 'subgroup')} tried on {halves}; {len(search.subgroups)} put to confirmation."


def _subgroup(entry: Subgroup) -> str:
    conditions = " and ".join(name(condition) for condition in entry.conditions)
    return f"{conditions}: loss {number(entry.loss)} for {plural(entry.rows, 'row')}, {number(entry.others)} for all others (p {_p(entry.p_value)})"
