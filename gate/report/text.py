"""The decision for a terminal and a CI log: verdict first, worst finding first, readable at 80 columns."""

from collections.abc import Iterable, Iterator
from io import StringIO
from textwrap import wrap

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from gate.core.decision import Decision, Effect, Finding, Outcome, Verdict
from gate.report import figures, remarks, wording
from gate.report.escape import terminal, terminal_lines
from gate.report.model_files import described
from gate.report.phrases import listing, name
from gate.report.provisos import inherits, provisos

__all__ = ["render"]

MANY = 12
"""More findings than this, and those that pass are counted instead of shown."""
MOST = 40
"""Rows of the table at most; the rest is in the record."""
WIDE = 140
"""Columns from which the table itself says what would settle a finding."""

NARROWEST = 72
"""Columns that a narrower log is taken to have."""
ROOMY = 100
"""Columns from which value and interval stand on one line."""
_TITLES = ("Rule", "Where", "Value", "Bound", "Outcome", "What would settle it")
_GAP = 2
"""Spaces between columns; one of them is the box's own."""
_OUTCOME = 14
_SETTLE = 36

_VERDICTS = {Verdict.PASSED: "bold green", Verdict.BLOCKED: "bold red", Verdict.INCONCLUSIVE: "bold yellow"}


def _headline(decision: Decision) -> str:
    """The verdict's colour; none where nothing is decided, and not green where violations are inherited."""
    if decision.development:
        return "bold"
    return _VERDICTS[Verdict.INCONCLUSIVE if decision.verdict is Verdict.PASSED and inherits(decision) else decision.verdict]


def render(decision: Decision, *, width: int, color: bool) -> str:
    """The decision as plain lines of at most `width` columns.

    Args:
        decision: what was decided.
        width: columns of the terminal or log; fewer than 72 are taken as 72.
        color: whether to colour the verdict and the outcomes with ANSI codes.
    """
    sink = StringIO()
    console = Console(
        file=sink, width=max(width, NARROWEST), force_terminal=color, color_system="standard" if color else None, no_color=not color,
        markup=False, emoji=False, highlight=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    for part in _parts(decision, width=max(width, NARROWEST)):
        console.print(part)
    lines = "\n".join(line.rstrip() for line in sink.getvalue().splitlines())
    return terminal_lines(lines).strip("\n") + "\n"


def _parts(decision: Decision, *, width: int) -> Iterator[RenderableType]:
    """Everything that is printed, in order."""
    yield _text(wording.verdict_sentence(decision), style=_headline(decision))
    yield from (_text(proviso, style="bold") for proviso in provisos(decision))
    yield _text(f"{wording.candidate(decision)}, tier {name(decision.tier)}, {wording.data(decision)}, {wording.looks(decision)}")
    findings = remarks.ordered(decision.judgement.findings)
    shown = _shown(findings)
    yield Text()
    yield _table(shown, width=width) if shown else Text("No rule was judged.")
    yield from _left_out(findings, shown)
    yield from _explained(shown, settled=width >= WIDE)
    yield from _section("Not disproved, and let through because the burden of proof lies on the gate", _caught(shown) if width < WIDE else ())
    yield from _section("Coverage", (wording.coverage(entry) for entry in decision.judgement.coverage))
    yield from _section("What the model's files say", described(decision))
    yield from _section("What to do", wording.next_step(decision))
    yield Text()
    yield _text(remarks.INTERVAL_LEGEND, style="dim")
    yield _text(f"The promise: {wording.promise(decision)}", style="dim")
    for said in wording.counting(decision):
        yield _text(said)
    yield _text(f"{wording.caveats(decision)[0]} The model card lists all caveats.", style="dim")


def _shown(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that the table shows: all if they are few, otherwise those that do not pass; the closest passes if all do."""
    if len(findings) <= MANY:
        return findings
    open_ = tuple(finding for finding in findings if finding.outcome in {Outcome.FAIL, Outcome.INCONCLUSIVE})
    return open_[:MOST] or findings[:MANY]


def _left_out(findings: tuple[Finding, ...], shown: tuple[Finding, ...]) -> Iterator[Text]:
    """A line that says how many findings the table leaves out, and where they are."""
    if len(shown) == len(findings):
        return
    rest = findings[len(shown) :]
    kinds = ((Outcome.FAIL, "fail"), (Outcome.INCONCLUSIVE, "are undecided"), (Outcome.PASS, "pass"), (Outcome.NOT_APPLICABLE, "do not apply"))
    amounts = ((sum(finding.outcome is kind for finding in rest), words) for kind, words in kinds)
    said = listing(f"{figures.count(amount)} that {words}" for amount, words in amounts if amount)
    yield Text()
    yield _text(f"Not shown: {said}. decision.json lists all {figures.count(len(findings))} findings.")


def _table(findings: Iterable[Finding], *, width: int) -> Table:
    """One row per finding; at narrow widths the interval goes below the value."""
    rows = [_cells(finding, narrow=width < ROOMY) for finding in findings]
    widths = _widths(rows, width=width)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, _GAP - 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for title, columns in zip(_TITLES, widths, strict=False):
        table.add_column(title, overflow="fold", width=columns)
    for first, *others in rows:
        table.add_row(Text("\n".join(wrap(first.plain, widths[0]))), *others[: len(widths) - 1])
    return table


def _cells(finding: Finding, *, narrow: bool) -> tuple[Text, ...]:
    value = " ".join(part for part in (figures.value(finding), figures.interval(finding)) if part)
    return (
        _text(name(finding.rule)),
        _text(remarks.place(finding)),
        Text(value.replace(" pair", "\npair").replace(" [", "\n[") if narrow else value.replace(" pair", "\npair")),
        Text(figures.threshold(finding.threshold)),
        _text(remarks.outcome(finding), style=_style(finding)),
        _text(remarks.open_question(finding)),
    )


def _widths(rows: list[tuple[Text, ...]], *, width: int) -> tuple[int, ...]:
    """Columns for each cell: numbers, bounds and outcomes are never cut, rule and place share what is left."""
    rule, place, value, bound, outcome, _ = (max(map(_breadth, column)) for column in zip(*rows, strict=True))
    value, bound, outcome = max(value, 5), max(bound, 5), max(7, outcome if width >= ROOMY else min(outcome, _OUTCOME))
    left = (width if width < WIDE else WIDE - _SETTLE) - value - bound - outcome - 4 * _GAP
    rule = min(max(rule, 4), max(left // 2, left - max(place, 5)))
    chosen = (rule, min(max(place, 5), left - rule), value, bound, outcome)
    return (*chosen, width - sum(chosen) - 5 * _GAP) if width >= WIDE else chosen


def _breadth(cell: Text) -> int:
    """Columns that the longest line of a cell takes."""
    return max((cell_len(line) for line in cell.plain.splitlines()), default=0)


def _explained(findings: Iterable[Finding], *, settled: bool) -> Iterator[RenderableType]:
    """The findings that matter to the verdict, in words; what would settle them too, unless the table says it."""
    for finding in findings:
        words = [remarks.message(finding), "" if settled else _settling(finding)]
        lines = [line for line in words if line]
        if finding.outcome is not Outcome.PASS and not finding.not_disproved and lines:
            yield Text()
            yield _text(f"{remarks.subject(finding)}: {remarks.outcome(finding)}", style=_style(finding))
            yield from (Padding(_text(line), (0, 0, 0, 2)) for line in lines)


def _caught(findings: Iterable[Finding]) -> Iterator[str]:
    """One line for every finding that is not disproved: what these rows would have caught."""
    for finding in findings:
        if finding.not_disproved:
            yield f"{remarks.subject(finding)}: {remarks.caught(finding)}"


def _settling(finding: Finding) -> str:
    words = remarks.settle(finding)
    return f"What would settle it: {words}" if words else ""


def _section(title: str, lines: Iterable[str]) -> Iterator[RenderableType]:
    """A heading with its lines; nothing when there are none."""
    items = tuple(lines)
    if items:
        yield Text()
        yield Text(title, style="bold")
        yield from (Padding(_text(item), (0, 0, 0, 2)) for item in items)


def _style(finding: Finding) -> str:
    if finding.effect is Effect.BLOCKS:
        return "red"
    return "yellow" if finding.effect is Effect.HOLDS else "green" if finding.outcome is Outcome.PASS else ""


def _text(words: str, *, style: str | Style = "") -> Text:
    """Words that may hold names from outside, made harmless for this sink."""
    return Text(terminal(words), style=style)
