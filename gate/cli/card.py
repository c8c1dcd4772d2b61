"""`gate card`: the model card of a decision on record, and what differs between two."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from gate.cli.progress import Progress

if TYPE_CHECKING:
    from gate.cards import Places
    from gate.core.decision import Decision

__all__ = ["app"]

app = typer.Typer(epilog="Example: `gate card show gate-out`.", help="Show the model card of a recorded decision, or compare two.", no_args_is_help=True)

_WHERE = "A folder of `gate check --output`, its decision.json, or a registered version (models:/name/3, name/3, name@alias)."
_Config = Annotated[Path, typer.Option(help="Of a registered version: policy and ledger to believe its record by.")]
_Policy = Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")]
_Entry = Annotated[str | None, typer.Option("--model-name", help="The entry of gate.yaml, when it is not the registered name.")]
_Address = Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)]
_Ledger = Annotated[str | None, typer.Option(envvar="GATE_LEDGER", help="Of a folder: the ledger, where a policy suppresses small cells.")]


class CardForm(StrEnum):
    """How a card is printed."""

    MARKDOWN = "markdown"
    JSON = "json"
    HTML = "html"


class ChangeForm(StrEnum):
    """How differences are printed."""

    TEXT = "text"
    JSON = "json"


@app.command(epilog="Examples: `gate card show gate-out --format json`; `gate card show mortgage-approval/3`.")
def show(
    decision: Annotated[str, typer.Argument(help=_WHERE)],
    form: Annotated[CardForm, typer.Option("--format", help="json is exactly card.json.")] = CardForm.MARKDOWN,
    config: _Config = Path("gate.yaml"),
    policy: _Policy = None,
    entry: _Entry = None,
    tracking_uri: _Address = None,
    ledger: _Ledger = None,
) -> None:
    """Print the card, made anew from the record: a card that somebody changed in folder or registry is not read.

    Exits 2 when the record does not reproduce, or is not the believed one of the version.
    """
    from gate.report import card_json, html, markdown

    recorded = _decision(decision, _places(config, policy, entry, tracking_uri, ledger))
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


@app.command(epilog="Examples: `gate card diff gate-out-2 gate-out-3`; `gate card diff mortgage-approval/2 mortgage-approval/3`.")
def diff(
    before: Annotated[str, typer.Argument(help=f"The earlier decision. {_WHERE}")],
    after: Annotated[str, typer.Argument(help="The later one, likewise.")],
    form: Annotated[ChangeForm, typer.Option("--format", help="text, or a JSON list of differences.")] = ChangeForm.TEXT,
    config: _Config = Path("gate.yaml"),
    policy: _Policy = None,
    entry: _Entry = None,
    tracking_uri: _Address = None,
    ledger: _Ledger = None,
) -> None:
    """Say what differs between two cards: verdict, findings whose outcome changed, estimates that moved, text that changed.

    Exits 0 whatever differs: it compares, and judges nothing.
    """
    from gate.report.card_diff import card_changes
    from gate.report.escape import terminal

    places = _places(config, policy, entry, tracking_uri, ledger)
    changes = card_changes(_decision(before, places), _decision(after, places))
    if form is ChangeForm.JSON:
        said = [{"kind": change.kind, "subject": change.subject, "message": change.message} for change in changes]
        typer.echo(json.dumps(said, indent=2, ensure_ascii=False))
        return
    for change in changes:
        typer.echo(terminal(f"{change.kind}: {change.subject}: {change.message}"))
    if not changes:
        typer.echo("Both cards say the same.")


def _places(config: Path, policy: Path | None, entry: str | None, tracking_uri: str | None, ledger: str | None) -> "Places":
    """Where a registered version is looked up, as of now."""
    from datetime import UTC, datetime

    from gate.cards import Places

    return Places(config=config, now=datetime.now(UTC), entry=entry, policy=policy, tracking_uri=tracking_uri, ledger=ledger)


def _decision(source: str, places: "Places") -> "Decision":
    """The decision; what speaks against the version today goes to standard error."""
    from gate.cards import carded
    from gate.report.escape import terminal

    with Progress() as tell:
        found = carded(source, places, tell=tell)
    for said in found.against:
        typer.echo(f"gate: {terminal(source)}: {terminal(said)}", err=True)
    return found.decision
