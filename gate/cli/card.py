"""`gate card`: the model card of a decision on record, and what differs between two."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, assert_never

import typer

__all__ = ["app"]

app = typer.Typer(epilog="Example: `gate card show gate-out`.", help="Show the model card of a recorded decision, or compare two.", no_args_is_help=True)

_WHERE = "decision.json with counts.parquet beside it, or the folder that holds both."


Ledger = Annotated[str | None, typer.Option(envvar="GATE_LEDGER", help="The ledger, where the policy suppresses small cells: it keeps the full counts.")]


class CardForm(StrEnum):
    """How a card is printed."""

    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


class ChangeForm(StrEnum):
    """How differences are printed."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog="Example: `gate card show gate-out --format json`.")
def show(
    decision: Annotated[Path, typer.Argument(help=_WHERE)],
    form: Annotated[CardForm, typer.Option("--format", help="json is exactly card.json.")] = CardForm.MARKDOWN,
    ledger: Ledger = None,
) -> None:
    """Print the card, made anew from the record: a card that somebody changed in the folder is not read.

    Exits 2 when the record does not reproduce.
    """
    from gate.replay import reproduced
    from gate.report import card_json, html, markdown

    recorded = reproduced(decision, ledger=ledger)
    match form:
        case CardForm.MARKDOWN:
            written = markdown.render(recorded).encode()
        case CardForm.JSON:
            written = card_json.render(recorded)
        case CardForm.HTML:
            written = html.render(recorded).encode()
        case _:
            assert_never(form)
    sys.stdout.buffer.write(written)
    sys.stdout.buffer.flush()


@app.command(epilog="Example: `gate card diff gate-out-2 gate-out-3`.")
def diff(
    before: Annotated[Path, typer.Argument(help=f"The earlier decision: {_WHERE}")],
    after: Annotated[Path, typer.Argument(help="The later one, likewise.")],
    form: Annotated[ChangeForm, typer.Option("--format", help="text, or a JSON list of differences.")] = ChangeForm.TEXT,
    ledger: Ledger = None,
) -> None:
    """Say what differs between two cards: verdict, findings whose outcome changed, estimates that moved, text that changed.

    Exits 0 whatever differs: it compares, and judges nothing.
    """
    from gate.replay import reproduced
    from gate.report.card_diff import card_changes
    from gate.report.escape import terminal

    changes = card_changes(reproduced(before, ledger=ledger), reproduced(after, ledger=ledger))
    if form is ChangeForm.JSON:
        said = [{"kind": change.kind, "subject": change.subject, "message": change.message} for change in changes]
        typer.echo(json.dumps(said, indent=2, ensure_ascii=False))
        return
    for change in changes:
        typer.echo(terminal(f"{change.kind}: {change.subject}: {change.message}"))
    if not changes:
        typer.echo("Both cards say the same.")
