"""A pack as Markdown, as one page, and as a table that traces clauses to findings."""

import csv
import io
from collections.abc import Iterator, Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from gate.core.decision import Decision
from gate.report import figures, remarks, wording
from gate.report.escape import clean
from gate.report.escape import markdown as safe
from gate.report.packs.clauses import NOTICE, Clause, Pack, Said
from gate.report.packs.evidence import satisfying
from gate.report.packs.impact import impact_tables

__all__ = ["html", "markdown", "traceability"]

_COLUMNS = ("clause", "rule", "where", "metric", "value", "lower", "upper", "outcome", "effect", "candidate", "policy", "configuration")


def markdown(pack: Pack, decisions: Sequence[Decision]) -> str:
    """The pack, clause by clause; the same decisions give the same bytes."""
    return "\n\n".join(_blocks(pack, decisions)) + "\n"


def _blocks(pack: Pack, decisions: Sequence[Decision]) -> Iterator[str]:
    yield f"# {safe(pack.title)}"
    yield f"*{safe(NOTICE)}*"
    yield "\n".join(f"- {safe(note)}" for note in pack.notes)
    yield "## What it rests on"
    yield "\n".join(f"{place}. {safe(wording.candidate(decision))}: {safe(wording.verdict_sentence(decision))}" for place, decision in enumerate(decisions, 1))
    for clause in pack.clauses:
        yield f"## {safe(clause.title)}"
        yield safe(clause.about)
        for decision in decisions:
            yield from _clause(decision, clause.evidence(decision))
    if pack.impact:
        for decision in decisions:
            yield from _impact(decision)


def _clause(decision: Decision, said: Said) -> Iterator[str]:
    yield f"**{safe(wording.candidate(decision))}**"
    yield "\n".join([*(f"- {safe(sentence)}" for sentence in said.shown), *(f"- **Missing:** {safe(sentence)}" for sentence in said.missing)])


def _impact(decision: Decision) -> Iterator[str]:
    tables = tuple(impact_tables(decision))
    yield f"## Impact ratios of {safe(wording.candidate(decision))}"
    if not tables:
        yield "**Missing:** no numbers of groups are published."
    for table in tables:
        yield f"### {safe(table.feature)}: {safe(table.kind)}"
        lines = [
            f"| {safe(line.category)} | {figures.count(line.rows)} | {figures.share(line.share)} | {figures.number(line.rate)} "
            f"| {figures.number(line.ratio)} | {'under 2 % of the rows' if line.small else ''} |"
            for line in table.lines
        ]
        yield "\n".join(["| Category | Rows | Share | Rate | Impact ratio | |", "| --- | --- | --- | --- | --- | --- |", *lines])


def html(pack: Pack, decisions: Sequence[Decision]) -> str:
    """The pack as one page, which asks nothing of any server and runs nothing."""
    return _template().render(
        pack=pack,
        notice=NOTICE,
        decisions=decisions,
        said=[(clause, [(decision, clause.evidence(decision)) for decision in decisions]) for clause in pack.clauses],
        tables=[(decision, tuple(impact_tables(decision))) for decision in decisions] if pack.impact else [],
        w=wording,
        f=figures,
    )


@cache
def _template() -> Template:
    return Environment(
        loader=PackageLoader("gate.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    ).get_template("pack.html.j2")


def _shown(value: object) -> object:
    return clean(value) if type(value) is str else value


def traceability(pack: Pack, decisions: Sequence[Decision]) -> str:
    """The matrix as CSV: clause → rule → finding → decision. A clause without a rule has a line of its own that says so."""
    written = io.StringIO()
    table = csv.writer(written, lineterminator="\n")
    table.writerow(_COLUMNS)
    for clause in pack.clauses:
        for decision in decisions:
            table.writerows([_cell(part) for part in line] for line in _traced(clause, decision))
    return written.getvalue()


def _traced(clause: Clause, decision: Decision) -> Iterator[tuple[object, ...]]:
    bound = (wording.candidate(decision), decision.policy.digest, decision.config.digest)
    findings = satisfying(decision, clause.id)
    for finding in findings:
        numbers = (finding.value, finding.lower, finding.upper)
        yield (clause.id, finding.rule, finding.feature, finding.metric, *numbers, remarks.outcome(finding).lower(), finding.effect.value, *bound)
    if not findings:
        yield (clause.id, *("",) * 6, "no rule names this clause", "", *bound)


def _cell(part: object) -> object:
    """What a spreadsheet shows and never computes."""
    shown = "" if part is None else clean(part) if isinstance(part, str) else part
    return f"'{shown}" if isinstance(shown, str) and shown.startswith(("=", "+", "-", "@", "\t")) else shown
