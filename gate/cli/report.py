"""`gate report`: the report of a decision on record, and a page that tries a model."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli.exit_codes import ExitCode
from gate.core.facts import EnvManager

if TYPE_CHECKING:
    from gate.tryout.booth import Booth

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


@app.command(epilog="Examples: `gate report serve mortgage-approval/3`; `gate report serve mortgage-approval@champion --development`.")
def serve(
    reference: Annotated[str, typer.Argument(metavar="MODEL", help="The version: models:/name/3, name/3 or name@alias.")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any.")] = 8072,
    host: Annotated[str, typer.Option(help="An address of this machine: there is no login, so no other is listened at.")] = "127.0.0.1",
    config: Annotated[Path, typer.Option(help="Which model, and which data the made-up case is about.")] = Path("gate.yaml"),
    policy: _Policy = None,
    entry: _Entry = None,
    development: Annotated[bool, typer.Option("--development", help="Make the case up from the development table instead of the holdout.")] = False,
    seconds: Annotated[float, typer.Option(min=1, max=600, help="How long a question may take; a model that takes longer is ended.")] = 20,
    tracking_uri: _Address = None,
    env_manager: Annotated[EnvManager, typer.Option(help="Whose Python the model runs in.")] = EnvManager.LOCAL,
) -> int:
    """Serve a page that tries a model, in its sandbox, on a made-up case: what it answers, what moves it, and how far.

    No row and no label is in the page. It is information and no verdict. Stop it with SIGTERM or Ctrl+C. Exits 0 when
    it was stopped, 1 when the model misbehaved before anything could be asked.
    """
    from gate.cli.progress import Progress
    from gate.report.escape import terminal
    from gate.tryout.session import TryRequest, tried

    request = TryRequest(
        config=config,
        reference=reference,
        entry=entry,
        policy=policy,
        development=development,
        tracking_uri=tracking_uri,
        env_manager=env_manager,
        seconds=seconds,
    )
    with Progress() as tell:
        fault = tried(request, lambda booth: _serving(booth, host, port), tell=tell)
    if fault is None:
        return ExitCode.PASSED
    typer.echo(terminal(f"gate: the candidate misbehaved: {fault.check}: {fault.detail}"), err=True)
    return ExitCode.BLOCKED


def _serving(booth: "Booth", host: str, port: int) -> None:
    """Serve until the process is asked to end."""
    import signal
    import threading

    from gate.errors import StorageError
    from gate.tryout.server import TryoutServer

    try:
        server = TryoutServer(host, port, booth, say=_say)
    except OSError as error:
        raise StorageError(f"{host}:{port} cannot be listened at: {error.strerror}", where="--port", next_step="Give another port.") from error
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())  # it waits for the loop, which runs in this thread
    _say(f"trying {booth.title} at http://{host}:{server.server_port}")
    server.serve_forever()
    server.server_close()


def _say(text: str) -> None:
    from gate.report.escape import terminal

    typer.echo(f"gate: {terminal(text)}", err=True)
