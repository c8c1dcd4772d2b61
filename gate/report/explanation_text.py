"""An explanation for a terminal: what the answers rest on, what reveals the groups, and where it goes wrong."""

from collections.abc import Iterator
from io import StringIO

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gate.core.explanation import Explanation
from gate.report.escape import terminal_lines
from gate.report.explanation_lines import MOST_INPUTS, cells, columns, how, introduction, sections
from gate.report.phrases import name

__all__ = ["render"]

_NARROWEST = 72


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
    yield Text(name(title))
    yield from map(Text, introduction(explanation))
    if explanation.importances:
        yield Text()
        yield Text("What the answers rest on")
        yield Padding(_table(explanation), (0, 0, 0, 2))
        yield Padding(Text(how(explanation)), (0, 0, 0, 2))
    for heading, lines in sections(explanation):
        yield Text()
        yield Text(heading)
        yield from (Padding(Text(line), (0, 0, 0, 2)) for line in lines)


def _table(explanation: Explanation) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, header_style="bold")
    for column in columns(explanation):
        table.add_column(column, overflow="fold")
    for entry in explanation.importances[:MOST_INPUTS]:
        table.add_row(*map(Text, cells(entry, explanation)))
    return table
