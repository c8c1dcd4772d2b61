"""An explanation for a terminal: what the answers rest on, what reveals the groups, and where it goes wrong."""

from collections.abc import Iterator, Sequence
from io import StringIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gate.core.explanation import Area, Explanation, FlipAudit, Importance, Leaf, Measured, Proxy, Rate, Subgroup, Surrogate
from gate.report.escape import terminal_lines
from gate.report.figures import count, number, share
from gate.report.phrases import listing, name, plural

__all__ = ["render"]

_NARROWEST = 72
_MOST_INPUTS = 15


def render(title: str, explanation: Explanation, *, width: int) -> str:
    """The explanation as plain lines of at most `width` columns; fewer than 72 are taken as 72."""
    sink = StringIO()
    options = {"color_system": None, "no_color": True, "markup": False, "emoji": False, "highlight": False, "legacy_windows": False}
    console = Console(file=sink, width=max(width, _NARROWEST), **options, _environ={})  # type: ignore[arg-type]  # as they are named
    for part in _parts(title, explanation):
        console.print(part)
    lines = "\n".join(line.rstrip() for line in sink.getvalue().splitlines())
    return terminal_lines(lines).strip("\n") + "\n"


def _parts(title: str, explanation: Explanation) -> Iterator[RenderableType]:
    rows = plural(explanation.rows, "row") if explanation.rows == explanation.of else f"{count(explanation.rows)} of {plural(explanation.of, 'row')}"
    yield Text(f"{title}, explained from {rows} and {plural(explanation.asked, 'answer')}; seed {explanation.seed}.")
    for gap in explanation.gaps:
        yield Text(f"{name(gap.feature)}: {name(gap.high)} is answered {number(gap.value)} higher than {name(gap.low)} on average.")
    if explanation.withheld:
        yield Text("Numbers by group, and of few rows, are not shown (privacy.min_cell).")
    yield from _importances(explanation)
    yield from _section("What reveals the groups", (line for entry in explanation.proxies for line in _proxy(entry)))
    yield from _section("If nothing but the group were different", (line for entry in explanation.flips for line in _flips(entry)))
    if explanation.surrogate is not None:
        yield from _section("A tree that imitates it", _surrogate(explanation.surrogate))
    yield from _subgroups(explanation)
    yield from _section("Not produced", (f"{entry}." for entry in explanation.not_produced))


def _section(title: str, lines: Iterator[str] | Sequence[str]) -> Iterator[RenderableType]:
    shown = tuple(lines)
    if shown:
        yield Text()
        yield Text(title)
        yield from (Padding(Text(line), (0, 0, 0, 2)) for line in shown)


def _importances(explanation: Explanation) -> Iterator[RenderableType]:
    """One line per input, and how they were found."""
    if not explanation.importances:
        return
    yield Text()
    yield Text("What the answers rest on")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for column in ("Input", "Loss grows by", "Answers move by", *(f"Gap of {name(gap.feature)} left" for gap in explanation.gaps)):
        table.add_column(column, overflow="fold")
    for entry in explanation.importances[:_MOST_INPUTS]:
        table.add_row(*map(Text, _cells(entry, explanation)))
    yield Padding(table, (0, 0, 0, 2))
    if len(explanation.importances) > _MOST_INPUTS:
        yield Padding(Text(f"… and {plural(len(explanation.importances) - _MOST_INPUTS, 'input')} of less importance."), (0, 0, 0, 2))
    base = "" if explanation.base_loss is None else f", now {number(explanation.base_loss)}"
    how = f"Every input was shuffled {plural(explanation.repeats, 'time')} over {plural(explanation.shuffled, 'row')}. Loss: {explanation.loss}{base}."
    agreement = "" if explanation.agreement is None else f" The two rankings agree at {number(explanation.agreement)} (Spearman)."
    yield Padding(Text(f"{how}{agreement} * above 0, corrected for the number of inputs."), (0, 0, 0, 2))


def _cells(entry: Importance, explanation: Explanation) -> tuple[str, ...]:
    left = {remaining.feature: number(remaining.gap) for remaining in entry.remaining}
    loss = "no labels" if entry.loss is None else f"{_measured(entry.loss)}{' *' if entry.found else ''}"
    return (name(entry.feature), loss, number(entry.moved), *(left.get(gap.feature, "") for gap in explanation.gaps))


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
        carried = (f"{name(carrier.feature)} (alone {number(carrier.alone)}, lost without it {number(carrier.drop)})" for carrier in entry.carriers)
        yield f"{feature} is told by {listing(carried)}."
    if entry.reason:
        yield f"{feature}: {entry.reason}."


def _flips(entry: FlipAudit) -> Iterator[str]:
    feature = name(entry.feature)
    if entry.any is not None:
        yield f"{feature}: the answer changes for {_rate(entry.any)} of the rows."
    for pair in entry.pairs:
        one, other = name(pair.first), name(pair.second)
        ways = f"{count(pair.first_higher)} are answered higher as {one}, {count(pair.second_higher)} as {other} (matched pairs: p {_p(pair.p_value)})"
        yield f"{feature}, {one} or {other}: {_rate(pair.rate)} change; {ways}."
    if entry.groups:
        yield f"{feature}, by the group that a row is of: {listing((f'{name(group.group)} {_rate(group.rate)}' for group in entry.groups), most=12)}."
    if entry.reason:
        yield f"{feature}: {entry.reason}."


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


def _subgroups(explanation: Explanation) -> Iterator[RenderableType]:
    search = explanation.subgroups
    if search is None:
        return
    confirmed = [entry for entry in search.subgroups if entry.confirmed]
    halves = f"{plural(search.searched_rows, 'row')} searched, {count(search.confirming_rows)} others to confirm"
    lines = [*(map(_subgroup, confirmed))]
    if not explanation.withheld:
        lines = lines or ["No subgroup has an error that is confirmed to be worse."]
        lines.append(f"{plural(search.tried, 'subgroup')} tried on {halves}; {len(search.subgroups)} put to confirmation.")
    yield from _section("Where it goes wrong", lines)


def _subgroup(entry: Subgroup) -> str:
    conditions = " and ".join(name(condition) for condition in entry.conditions)
    return f"{conditions}: loss {number(entry.loss)} for {plural(entry.rows, 'row')}, {number(entry.others)} for all others (p {_p(entry.p_value)})"
