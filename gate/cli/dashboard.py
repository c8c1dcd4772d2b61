"""`gate dashboard`: all models with what may be said of them now, as files or served."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import signal
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli import observed
from gate.cli.exit_codes import ExitCode
from gate.cli.progress import Progress
from gate.cli.textfile import Sample

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.dashboard.board import Board

__all__ = ["app"]

app = typer.Typer(
    epilog="Examples: `gate dashboard build site`; `gate dashboard serve`.",
    help="Show all models: verdicts, overrides and their expiry, trends, history, what waits and what has lapsed.",
    no_args_is_help=True,
)

_FROM = "A folder of what `gate check --output` wrote, and all below it; no registry is asked then."
_LAST = "How many versions of each model are verified, newest first, besides those under an alias."
_CONFIG = "Which models, under which tier, and where the ledger is."
_POLICY = "Use this policy file instead of the tiers'."
_URI = "Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db."


@app.command(epilog="Examples: `gate dashboard build site`; `gate dashboard build site --from decisions/`.")
def build(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the pages go: index.html, and one for each model below models/.")],
    source: Annotated[Path | None, typer.Option("--from", metavar="FOLDER", help=_FROM, show_default=False)] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help=_LAST)] = 3,
    config: Annotated[Path, typer.Option(help=_CONFIG)] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help=_POLICY)] = None,
    tracking_uri: Annotated[str | None, typer.Option(help=_URI, show_default=False)] = None,
) -> int:
    """Write the pages. They need no server, ask nothing of any other, and say when they were made.

    Exits 0 whatever the pages say, and 4 when a model could not be asked: it is shown as not proven then.
    """
    from gate.dashboard.gather import BoardRequest, gather
    from gate.dashboard.site import write_site
    from gate.report.escape import terminal
    from gate.report.phrases import plural

    request = BoardRequest(config=config, last=last, folder=source, policy=policy, tracking_uri=tracking_uri)
    with Progress() as tell:
        board = gather(request, now=datetime.now(UTC), tell=tell)
        pages = write_site(board, folder)
    observed.measure(
        _samples(board), instead_of=("gate_model_status", "gate_version_until_timestamp_seconds", "gate_override_until_timestamp_seconds", "gate_looks")
    )
    typer.echo(f"{plural(pages, 'page')} in {terminal(str(folder))}: {_said(board)}.")
    for model in board.models:
        if model.fault:
            typer.echo(terminal(f"gate: {model.name} could not be asked: {model.fault}"), err=True)
    return ExitCode.PASSED if board.whole else ExitCode.NO_JUDGEMENT


@app.command(epilog="Example: `gate dashboard serve --port 8071`.")
def serve(
    host: Annotated[str, typer.Option(help="The address to listen at; there is no login, so anything but loopback belongs behind one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any.")] = 8071,
    source: Annotated[Path | None, typer.Option("--from", metavar="FOLDER", help=_FROM, show_default=False)] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help=_LAST)] = 3,
    config: Annotated[Path, typer.Option(help=_CONFIG)] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help=_POLICY)] = None,
    tracking_uri: Annotated[str | None, typer.Option(help=_URI, show_default=False)] = None,
) -> None:
    """Serve the same pages, each made when it is asked for. Read only. Stop it with SIGTERM or Ctrl+C.

    What cannot be asked is answered with 503, never with an older page.
    """
    from gate.dashboard.gather import BoardRequest, gather
    from gate.dashboard.server import Live, serving
    from gate.errors import StorageError
    from gate.policy import load_models

    def look(model: str | None) -> "Board":
        request = BoardRequest(config=config, last=last, folder=source, policy=policy, tracking_uri=tracking_uri, model=model)
        return gather(request, now=datetime.now(UTC))

    live = Live(look=look, names=lambda: tuple(model.config.name for model in load_models(config)), say=_say)
    live.names()  # a configuration that cannot be meant is an error now, not at the first request
    try:
        server = serving(host, port, live)
    except OSError as error:
        raise StorageError(f"{host}:{port} cannot be listened at: {error.strerror}", where="--port", next_step="Give another port.") from error
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())  # it waits for the loop, which runs in this thread
    if server.anywhere:
        _say("there is no login: everybody who reaches this address can read all of it")
    _say(f"showing the models of {config} at http://{host}:{server.server_port}")
    server.serve_forever()
    _say("stopping, when what was asked is answered")
    server.server_close()


def _samples(board: "Board") -> "Iterator[Sample]":
    """What Prometheus is told of all models: the status of each, from when versions are no longer allowed, to when exceptions stand, and looks."""
    from gate.dashboard.board import State, Status

    for model in board.models:
        of = (("model", model.name),)
        for status in Status:
            yield Sample(name="gate_model_status", labels=(*of, ("status", status.value)), value=float(status is model.worst))
        for shown in model.versions:
            if shown.until is not None:
                yield Sample(name="gate_version_until_timestamp_seconds", labels=(*of, ("version", shown.version)), value=shown.until.timestamp())
        for entry in model.waived:
            if entry.state is State.STANDS and entry.until is not None:
                labels = (*of, ("request", entry.request[7:19]))
                yield Sample(name="gate_override_until_timestamp_seconds", labels=labels, value=entry.until.timestamp())
        if model.holdouts:
            yield Sample(name="gate_looks", labels=of, value=model.holdouts[0].looks)


def _said(board: "Board") -> str:
    """How many models are in which state."""
    from collections import Counter

    from gate.report.phrases import plural

    found = Counter(model.worst.value for model in board.models)
    return f"{plural(len(board.models), 'model')}, {', '.join(f'{amount} {status}' for status, amount in found.most_common())}"


def _say(text: str) -> None:
    from gate.report.escape import terminal

    typer.echo(f"gate: {terminal(text)}", err=True)
