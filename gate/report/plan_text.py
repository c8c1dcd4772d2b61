"""A plan for a terminal, and as JSON: what these rows can decide, first in one sentence, then question by question."""

import json
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import assert_never

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gate.core.document import Json
from gate.core.metric import Form
from gate.core.policy import Burden, Enforcement
from gate.judge.power import Forecast, Needs, Plan, Prospect, Remedy, RemedyKind, Shortage
from gate.metrics.catalogue import by_name
from gate.report.escape import terminal, terminal_lines
from gate.report.figures import count, number, threshold
from gate.report.phrases import listing, name, plural

__all__ = ["SCHEMA", "as_json", "obstacle", "render", "summary"]

SCHEMA = "gate.plan/v1"
_RATES = ("base_rate", "selection_rate", "true_positive_rate", "false_positive_rate")
NARROWEST = 72
"""Columns that a narrower log is taken to have."""

ROOMY = 100
"""Columns from which the table names the smallest group."""

_SMALLEST = "Smallest group"
_TITLES = ("Rule", "Where", "Bound", "Passes", "80 % needs", _SMALLEST, "Prospect")
_RULE = 20
"""Columns that a rule's name gets before it is folded."""
_LEGEND = (
    "Passes: the chance that a truly fair model is proven to be within the bound. 80 % needs: the size of every group for a chance of 80 %, if the "
    "groups are truly equal / if the true gap is half the bound; larger groups stay as they are. A recorded check is judged by its look at the holdout, "
    "and needs more: see --look."
)


def render(plan: Plan, *, width: int) -> str:
    """The plan as plain lines of at most `width` columns; fewer than 72 are taken as 72."""
    sink = StringIO()
    console = Console(
        file=sink, width=max(width, NARROWEST), color_system=None, no_color=True, markup=False, emoji=False, highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    for part in _parts(plan, width=max(width, NARROWEST)):
        console.print(part)
    lines = "\n".join(line.rstrip() for line in sink.getvalue().splitlines())
    return terminal_lines(lines).strip("\n") + "\n"


def _parts(plan: Plan, *, width: int) -> Iterator[RenderableType]:
    """Everything that is printed, in order."""
    asked, watched = _asked(plan), _watched(plan)
    yield _text(summary(plan))
    yield _text(f"{name(plan.model)}, tier {name(plan.tier)}, {_rows(plan)}{''.join(f'; {note}' for note in plan.notes)}")
    yield _text(_assumptions(plan))
    if asked:
        yield Text()
        yield _table(asked, width=width)
    yield from _section("What stands in the way", (f"{_subject(entry)}: {obstacle(entry)}" for entry in asked if entry.prospect is not Prospect.DECIDABLE))
    yield from _section("What would help", (f"{_subject(entry)}: {_remedy(entry, remedy)}" for entry in asked for remedy in entry.remedies))
    yield from _section("Burden of proof on the gate: what these rows would catch", (f"{_subject(entry)}: {_caught(entry)}" for entry in watched))
    yield Text()
    yield _text(_LEGEND)


def summary(plan: Plan) -> str:
    """The plan in one sentence: how many questions can be decided, and which one never."""
    asked, watched = _asked(plan), _watched(plan)
    rows = f"on these {plural(plan.rows, 'row')}"
    if not asked:
        return f"No rule asks the candidate for proof; the gate's {plural(len(watched), 'question')} {rows} can only catch violations."
    decided = sum(entry.prospect is Prospect.DECIDABLE for entry in asked)
    parts = (f"{decided} of {plural(len(asked), 'question')} can be decided {rows}", *_exceptions(asked))
    return f"{'; '.join(parts)}."


def _exceptions(asked: Iterable[Forecast]) -> Iterator[str]:
    """What never can be decided, and what only with luck; with the reason where it is one question."""
    for prospect, words in ((Prospect.NEVER, "never can"), (Prospect.UNLIKELY, "hardly can"), (Prospect.UNKNOWN, "is not planned")):
        found = [entry for entry in asked if entry.prospect is prospect]
        reason = f": {obstacle(found[0])}" if len(found) == 1 else ""
        if found:
            yield f"{listing(map(_subject, found), most=4)} {words}{reason}"


def _asked(plan: Plan) -> tuple[Forecast, ...]:
    """The questions that ask something of the candidate."""
    return tuple(entry for entry in plan.forecasts if entry.burden is not Burden.GATE)


def _watched(plan: Plan) -> tuple[Forecast, ...]:
    return tuple(entry for entry in plan.forecasts if entry.burden is Burden.GATE)


def _rows(plan: Plan) -> str:
    labels = "all labelled" if plan.labelled == plan.rows else f"{count(plan.labelled)} labelled"
    return f"{plural(plan.rows, 'row')}, {labels}"


def _assumptions(plan: Plan) -> str:
    assumed = plan.assumed
    if assumed.recorded:
        return "Assumed: groups are alike, as the record shows them together."
    return (
        f"Assumed of a fair and decent model, alike in every group: selection rate {assumed.selection_rate:.3g}, true positive rate "
        f"{assumed.true_positive_rate:.3g}, false positive rate {assumed.false_positive_rate:.3g}; share of positives {assumed.base_rate:.3g}."
    )


def _subject(entry: Forecast) -> str:
    return name(entry.rule) if entry.feature is None else f"{name(entry.rule)} on {name(entry.feature)}"


def _table(entries: Iterable[Forecast], *, width: int) -> Table:
    """One row per question; a narrow log does without the smallest group, which is named below the table."""
    rows = [_cells(entry) for entry in entries]
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    kept = [place for place, title in enumerate(_TITLES) if width >= ROOMY or title != _SMALLEST]
    for place in kept:
        least = min(_RULE, max(len(row[place]) for row in rows)) if place == 0 else None
        table.add_column(_TITLES[place], overflow="fold", min_width=least, no_wrap=_TITLES[place] in {"Bound", "Passes"})
    for row in rows:
        table.add_row(*(_text(row[place]) for place in kept))
    return table


def _cells(entry: Forecast) -> tuple[str, ...]:
    prospect = f"{entry.prospect.value}{', advisory' if entry.enforcement is Enforcement.ADVISORY else ''}"
    power = "" if entry.power is None else _percent(entry.power)
    needs = entry.needs
    sizes = "" if needs is None else f"{_size(needs.if_equal, needs)} / {_size(needs.if_half, needs)} {needs.unit}"
    smallest = "" if needs is None else f"{name(needs.binding) if needs.binding else 'the whole table'}: {count(needs.binding_have)}"
    return (name(entry.rule), name(entry.feature) if entry.feature else "all rows", threshold(entry.threshold), power, sizes, smallest, prospect)


def _size(size: int | None, needs: Needs) -> str:
    """A size, `enough` where every group has it, or a dash where none suffices."""
    return "–" if size is None else "enough" if size <= needs.binding_have else count(size)


def obstacle(entry: Forecast) -> str:
    """Why a question is not decidable: groups below the minimum, the smallest group, or the rule itself."""
    if entry.shortages or entry.reason or entry.needs is None:
        return entry.reason or _lacks(entry.shortages)
    needs = entry.needs
    have = f"{name(needs.binding) if needs.binding else 'the whole table'} has {count(needs.binding_have)}"
    return f"{have} {needs.unit}, no number suffices" if needs.if_equal is None else f"{have} of {count(needs.if_equal)} {needs.unit}"


def _lacks(shortages: Iterable[Shortage]) -> str:
    """`hispanic has 13 of 30 negatives and other has 2 of 30 rows`."""
    return listing(
        f"{name(entry.group) if entry.group else 'the whole table'} has {count(entry.have)} of {count(entry.need)} {entry.unit}" for entry in shortages
    )


def _remedy(entry: Forecast, remedy: Remedy) -> str:
    """A change, and what comes of it."""
    match remedy.kind:
        case RemedyKind.BALANCE:
            return f"drawing {plural(remedy.rows or 0, 'row')} of every group, as many in all as now, raises the chance to {_chances(entry, remedy)}."
        case RemedyKind.POOL:
            joined = f"pooling {listing(map(name, remedy.groups))} into one group of {plural(remedy.rows or 0, 'row')}"
            return f"{joined} raises the chance to {_chances(entry, remedy)}; gaps among them then go unseen."
        case RemedyKind.BURDEN:
            milder = f"{'more' if entry.threshold.min is not None else 'less'} than {number(remedy.detectable)}"
            return f"with the burden of proof on the gate a fair model goes through, and so does a true {_what(entry)} of {milder} in over one case of five."
        case _:
            assert_never(remedy.kind)


def _chances(entry: Forecast, remedy: Remedy) -> str:
    return f"{_percent(remedy.power)} from {_percent(entry.power)}"


def _percent(power: float | None) -> str:
    """Rounded down, so that 80 % is never short of it."""
    return f"{int((power or 0.0) * 100 + 1e-9)} %"


def _caught(entry: Forecast) -> str:
    """What a rule of the gate would catch, or why nothing."""
    if entry.prospect is Prospect.UNKNOWN:
        return f"not computed: {entry.reason}."
    if entry.detectable is None:
        return f"nothing: {obstacle(entry)}."
    beyond = "less" if entry.threshold.min is not None else "more"
    return f"a true {_what(entry)} of {number(entry.detectable)} or {beyond}, with 80 % power ({threshold(entry.threshold)} is asked)."


def _what(entry: Forecast) -> str:
    metric = by_name(entry.metric)
    return {Form.DIFFERENCE: "gap", Form.RATIO: "ratio"}.get(metric.form, "rate") if metric and not metric.logarithmic else "value"


def _section(title: str, lines: Iterable[str]) -> Iterator[RenderableType]:
    """A heading with its lines; nothing when there are none."""
    items = tuple(lines)
    if items:
        yield Text()
        yield Text(title)
        yield from (Padding(_text(item), (0, 0, 0, 2)) for item in items)


def _text(words: str) -> Text:
    return Text(terminal(words))


# ------------------------------------------------------------------------------------------------------------- JSON


def as_json(plan: Plan) -> str:
    """The plan for scripts; a number that does not exist is null."""
    assumed = plan.assumed
    value: Json = {
        "schema": SCHEMA,
        "summary": summary(plan),
        "model": plan.model,
        "tier": plan.tier,
        "rows": plan.rows,
        "labelled": plan.labelled,
        "assumed": {
            **dict.fromkeys(_RATES),
            **({} if assumed.recorded else {rate: getattr(assumed, rate) for rate in _RATES}),
            "notes": plan.notes,
        },
        "questions": [_question(entry) for entry in plan.forecasts],
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _question(entry: Forecast) -> dict[str, Json]:
    bounds = (("max", entry.threshold.max), ("min", entry.threshold.min))
    return {
        "rule": entry.rule,
        "metric": entry.metric,
        "scope": entry.scope.value,
        "feature": entry.feature,
        "threshold": {bound: value for bound, value in bounds if value is not None},
        "enforcement": entry.enforcement.value,
        "burden_of_proof": entry.burden.value,
        "prospect": entry.prospect.value,
        "power": entry.power,
        "needs": None if entry.needs is None else _needs(entry.needs),
        "shortages": [{"group": short.group, "unit": short.unit, "have": short.have, "need": short.need} for short in entry.shortages],
        "detectable": entry.detectable,
        "reason": entry.reason or None,
        "remedies": [_remedy_json(remedy) for remedy in entry.remedies],
    }


def _needs(needs: Needs) -> Json:
    return {
        "unit": needs.unit,
        "if_equal": needs.if_equal,
        "if_half": needs.if_half,
        "have": dict(needs.have),
        "binding": needs.binding,
        "binding_have": needs.binding_have,
    }


def _remedy_json(remedy: Remedy) -> Json:
    return {
        "kind": remedy.kind.value,
        "power": remedy.power,
        "prospect": remedy.prospect.value,
        "groups": list(remedy.groups),
        "rows": remedy.rows,
        "detectable": remedy.detectable,
    }
