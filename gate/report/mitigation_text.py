"""A search for mitigation, for a terminal and as JSON: what is put forward and what it would cost whom, then every candidate."""

import json
from collections.abc import Iterator
from io import StringIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gate.core.alternatives import Search, Tried
from gate.core.decision import Estimate, Finding, GroupResult
from gate.core.document import Json
from gate.core.mitigation import WORDS
from gate.judge.alternatives import beyond, disparities, efficient, utility
from gate.report.escape import terminal, terminal_lines
from gate.report.figures import count, number, span
from gate.report.phrases import listing, name, plural

__all__ = ["CAVEAT", "SCHEMA", "as_json", "changes", "column", "document", "lines_of", "render", "said"]

SCHEMA = "gate.mitigation/v1"
NARROWEST = 72
CAVEAT = (
    "Choosing the best of many candidates flatters it, so nothing here is a verdict. One candidate is registered and judged once on the holdout, "
    "which no candidate has seen: that decides."
)
_SHORT = {"demographic_parity_difference": "selection", "equalized_odds_difference": "error rates"}
_RATES = (("selection_rate", "selected"), ("false_negative_rate", "wrongly refused"), ("false_positive_rate", "wrongly selected"))


def render(search: Search, *, width: int) -> str:
    """The search as plain lines of at most `width` columns; fewer than 72 are taken as 72."""
    sink = StringIO()
    console = Console(
        file=sink, width=max(width, NARROWEST), color_system=None, no_color=True, markup=False, emoji=False, highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    for part in _parts(search, width=max(width, NARROWEST)):
        console.print(part)
    lines = "\n".join(line.rstrip() for line in sink.getvalue().splitlines())
    return terminal_lines(lines).strip("\n") + "\n"


def _parts(search: Search, *, width: int) -> Iterator[RenderableType]:
    for line in lines_of(search):
        yield _text(line)
    yield Padding(_table(search, width=width), (1, 0))
    yield _text(_legend(search))
    for entry in search.tried:
        if entry.judgement is None:
            yield _text(f"Not possible: {name(entry.name)}: {name(entry.reason)}.")
    for reason in search.excluded:
        yield _text(f"Not tried: {reason}.")
    if search.not_reached:
        yield _text(
            f"Not reached within {search.settings.get('budget', 'the budget')}: {', '.join(search.not_reached)}. What they would have found is not known."
        )
    for note in search.notes:
        yield _text(f"Note: {note}.")
    yield _text(CAVEAT)


def lines_of(search: Search) -> Iterator[str]:
    """What is put forward, why, and what it would cost whom."""
    found = search.recommendation
    yield f"Put forward: {name(found.name)}" if found.name else "Nothing is put forward."
    yield (
        f"{name(search.model)}, tier {name(search.tier)}: {plural(len(search.tried), 'candidate')}, learnt from {plural(search.training_rows, 'row')}, "
        f"compared on {count(search.validation_rows)}: {found.why}."
    )
    chosen = search.of(found.name or found.nearest or "")
    if chosen is not None:
        yield from _about(search, chosen)


def _about(search: Search, chosen: Tried) -> Iterator[str]:
    """The technique in words, and the candidate beside the plain one."""
    about = f" for {chosen.feature}" if chosen.feature else ""
    yield f"{name(chosen.name)}: {WORDS[chosen.technique]}{about}" + (f" ({name('; '.join(chosen.parameters))})" if chosen.parameters else "") + "."
    if chosen.group_dependent:
        yield "It treats groups differently at decision time: two people who differ in the sensitive feature alone may get two answers. Some laws forbid that."
    yield from changes(search, chosen)
    if missed := beyond(chosen):
        yield f"As an estimate it misses {listing([_where(finding) for finding in missed])}."


def changes(search: Search, chosen: Tried) -> Iterator[str]:
    """What changes from the plain model to this one: utility, every disparity, and the rates of every group."""
    plain = search.tried[0] if search.tried else None
    if plain is None or plain.judgement is None or plain.name == chosen.name:
        return
    if search.min_cell is not None and not (utility(plain) and utility(chosen)):
        yield f"Numbers are not published: some table has a cell of fewer than {search.min_cell} rows (privacy.min_cell)."
    yield from _from_to(search.utility.value.replace("_", " ").capitalize(), utility(plain), utility(chosen))
    before = {(finding.rule, finding.feature): finding for finding in disparities(plain)}
    for finding in disparities(chosen):
        yield from _from_to(f"Gap in {column(finding)}", before.get((finding.rule, finding.feature)), finding)
    yield from _rates(plain, chosen)


def _from_to(what: str, before: Finding | None, after: Finding | None) -> Iterator[str]:
    if before is not None and after is not None:
        yield f"{what}: {number(before.value)} {span(before.lower, before.upper)} → {number(after.value)} {span(after.lower, after.upper)}."


def _rates(plain: Tried, chosen: Tried) -> Iterator[str]:
    """Who gains and who loses, group by group."""
    before = {} if plain.judgement is None else {_of(result): result for result in plain.judgement.groups}
    for result in () if chosen.judgement is None else chosen.judgement.groups:
        was = before.get(_of(result))
        if was is None or "×" in result.counts.feature:
            continue
        moved = [text for rate, words in _RATES if (text := _moved(words, was, result, rate))]
        if moved:
            yield f"{name(result.counts.group)} ({name(result.counts.feature)}): {', '.join(moved)}."


def _of(result: GroupResult) -> tuple[str, str]:
    return result.counts.feature, result.counts.group


def _moved(words: str, before: GroupResult, after: GroupResult, rate: str) -> str:
    one, other = before.metrics.get(rate), after.metrics.get(rate)
    if not (isinstance(one, Estimate) and isinstance(other, Estimate)):
        return ""
    few = "" if other.sufficient else " (few rows)"
    return f"{words} {number(one.value)} → {number(other.value)}{few}"


def column(finding: Finding) -> str:
    """What a disparity is about, in short: `selection, race`."""
    return f"{_SHORT.get(finding.metric or '', finding.metric or '')}, {finding.feature}"


def _where(finding: Finding) -> str:
    return name(finding.rule) + (f" ({name(finding.feature)})" if finding.feature else "")


def said(tried: Tried) -> str:
    """What the judgement says of a candidate on the validation rows."""
    if tried.judgement is None:
        return "not possible"
    word = tried.judgement.verdict.value
    return f"{word}, {len(beyond(tried))} missed" if beyond(tried) else word


def _table(search: Search, *, width: int) -> Table:
    columns = list(dict.fromkeys(column(finding) for entry in search.tried for finding in disparities(entry)))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    longest = max([0, *(len(entry.name) + 4 for entry in search.tried if entry.judgement is not None)])
    table.add_column("Candidate", overflow="fold", min_width=min(longest, max(18, width - 17 - 12 * (1 + len(columns)))))
    for title in (search.utility.value.replace("_", " "), *columns):
        table.add_column(terminal(title.replace(", ", " / ")).replace(" / ", "\n").replace("balanced ", "balanced\n"), justify="right", overflow="fold")
    table.add_column("There", overflow="fold", min_width=16)
    best = efficient(search.tried)
    for entry in search.tried:
        if entry.judgement is not None:
            found = {column(finding): finding for finding in disparities(entry)}
            marks = ("*" if entry.name in best else "") + (" G" if entry.group_dependent else "")
            values = [_value(utility(entry)), *(_value(found.get(title)) for title in columns)]
            table.add_row(terminal(f"{entry.name} {marks}".strip()), *values, said(entry))
    return table


def _value(finding: Finding | None) -> str:
    return "–" if finding is None or finding.value is None else number(finding.value)


def _legend(search: Search) -> str:
    parts = [
        "* nothing else is at least as good in everything and better in something. G: the group decides too, at decision time.",
        f"Gaps are the largest differences between groups on {plural(search.validation_rows, 'validation row')}; error rates are the larger of TPR and FPR.",
        "There: what the judgement says on those rows, and how many mandatory rules are missed as an estimate.",
    ]
    return " ".join(parts)


def _text(line: str) -> Text:
    return Text(terminal(line))


def document(search: Search) -> dict[str, Json]:
    """The search as JSON values; the same search gives the same document."""
    best = efficient(search.tried)
    return {
        "schema": SCHEMA,
        "model": search.model,
        "tier": search.tier,
        "utility": search.utility.value,
        "settings": dict(search.settings),
        "training": {"digest": search.training, "rows": search.training_rows},
        "validation": {"digest": search.validation, "rows": search.validation_rows},
        "recommendation": {"name": search.recommendation.name, "nearest": search.recommendation.nearest, "why": search.recommendation.why},
        "tried": [_entry(entry, efficient=entry.name in best) for entry in search.tried],
        "not_reached": list(search.not_reached),
        "excluded": list(search.excluded),
        "notes": list(search.notes),
        "caveat": CAVEAT,
    }


def _entry(entry: Tried, *, efficient: bool) -> Json:
    own = utility(entry)
    return {
        "name": entry.name,
        "technique": entry.technique.value,
        "feature": entry.feature or None,
        "parameters": list(entry.parameters),
        "group_dependent": entry.group_dependent,
        "reason": entry.reason or None,
        "verdict_on_validation": None if entry.judgement is None else entry.judgement.verdict.value,
        "efficient": efficient,
        "utility": None if own is None else _numbers(own),
        "disparities": [{"metric": finding.metric, "feature": finding.feature, **_numbers(finding)} for finding in disparities(entry)],
        "rules": [] if entry.judgement is None else [_rule(finding) for finding in entry.judgement.findings if not finding.rule.startswith("mitigate:")],
        "groups": [] if entry.judgement is None else [_group(result) for result in entry.judgement.groups if "×" not in result.counts.feature],
    }


def _numbers(finding: Finding) -> dict[str, Json]:
    return {key: _rounded(getattr(finding, key)) for key in ("value", "lower", "upper")}


def _rule(finding: Finding) -> Json:
    return {"rule": finding.rule, "feature": finding.feature, "outcome": finding.outcome.value, **_numbers(finding)}


def _group(result: GroupResult) -> Json:
    found = {rate: result.metrics.get(rate) for rate, _ in _RATES}
    rates: dict[str, Json] = {rate: _rounded(estimate.value) if isinstance(estimate, Estimate) else None for rate, estimate in found.items()}
    return {"feature": result.counts.feature, "group": result.counts.group, "rows": result.counts.counts.rows, **rates}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.12g}")


def as_json(search: Search) -> str:
    """The document as text."""
    return json.dumps(document(search), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
