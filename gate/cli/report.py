"""`gate report`: the report of a decision on record, and a page that tries a model."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    epilog="Examples: `gate report show gate-out > report.html`; `gate report serve mortgage-approval/3`.",
    help="Show the report of a recorded decision, or serve a page that tries a model.",
    no_args_is_help=True,
)

_WHERE = "A folder of `gate check --output`, its decision.json, or a registered version (models:/name/3, name/3, name@alias)."
_Config = Annotated[Path, typer.Option(help="Of a registered version: policy and ledger to believe its record by.")]
_Policy = Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")]
_Entry = Annotated[str | None, typer.Option("--model-name", help="The entry of gate.yaml, when it is not the registered name.")]
_Address = Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)]


@app.command(epilog="Example: `gate report show gate-out > report.html`.")
def show(
    decision: Annotated[str, typer.Argument(help=_WHERE)],
    config: _Config = Path("gate.yaml"),
    policy: _Policy = None,
    entry: _Entry = None,
    tracking_uri: _Address = None,
    ledger: Annotated[str | None, typer.Option(envvar="GATE_LEDGER", help="Of a folder: the ledger, where a policy suppresses small cells.")] = None,
) -> None:
    """Print the report as one HTML page, made anew from the record, also from one of an earlier version.

    Exits 2 when the record does not reproduce, or is not the believed one of the version.
    """
    from datetime import UTC, datetime

    from gate.cards import Places, carded
    from gate.cli.progress import Progress
    from gate.report import page
    from gate.report.escape import terminal

    places = Places(config=config, now=datetime.now(UTC), entry=entry, policy=policy, tracking_uri=tracking_uri, ledger=ledger)
    with Progress() as tell:
        found = carded(decision, places, tell=tell)
    for said in found.against:
        typer.echo(f"gate: {terminal(decision)}: {terminal(said)}", err=True)
    sys.stdout.buffer.write(page.render(found.decision).encode())
    sys.stdout.buffer.flush()
