"""`gate serve-webhook`: check every new version by itself, and watch the aliases that deployments follow."""

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gate.registry.interface import Registry
    from gate.webhook import Event, Jobs, Kind, Watched

__all__ = ["EPILOG", "SECRET", "run"]

SECRET = "GATE_WEBHOOK_SECRET"
EPILOG = "Example: `GATE_WEBHOOK_SECRET=… gate serve-webhook --guard champion --move-back`."


def run(
    host: Annotated[str, typer.Option(help="The address to listen at; something that ends TLS stands before it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any.")] = 8070,
    guard: Annotated[
        list[str] | None, typer.Option(help="An alias that may stand for nothing but what may be deployed; may be repeated.", show_default=False)
    ] = None,
    move_back: Annotated[bool, typer.Option("--move-back", help="Move a guarded alias back that was moved past the gate; else only raise an alarm.")] = False,
    catch_up: Annotated[int, typer.Option(min=0, max=1000, help="At the start, check so many of the newest versions that nobody has checked.")] = 5,
    config: Annotated[Path, typer.Option(help="Which models, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tiers'.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
) -> None:
    """Receive MLflow's webhooks: check every new version of the models of gate.yaml, one at a time, and watch guarded aliases.

    GATE_WEBHOOK_SECRET is the secret of the webhook; events that are not signed with it are refused. Stop it with SIGTERM:
    the check that runs is finished.
    """
    from gate.errors import StorageError, UsageError  # noqa: PLC0415 -- heavy rooms are imported only when they are needed
    from gate.policy import load_models  # noqa: PLC0415
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415
    from gate.webhook import Event, Guard, Jobs, Kind, Watched, serving  # noqa: PLC0415

    secret = os.environ.get(SECRET, "")
    if len(secret) < 16:
        raise UsageError(f"{SECRET} is not set, or shorter than 16 characters", where="environment", next_step="Set it to the secret of the webhook in MLflow.")
    models = [model.config.name for model in load_models(config)]
    watched = Watched(config=config, aliases=tuple(guard or ()), move_back=move_back, tracking_uri=tracking_uri, policy=policy)
    registry = MlflowRegistry(tracking_uri)
    act = Guard(watched=watched, registry=registry, say=_say, alarm=_alarm)
    checks, aliases = (Jobs[Event](do=act, say=_alarm, given_up=act.given_up) for _ in range(2))  # an alias does not wait for a check
    jobs = {Kind.CREATED: checks, Kind.MOVED: aliases, Kind.REMOVED: aliases}
    try:
        server = serving(host, port, secret=secret, models=models, jobs=jobs, say=_say)
    except OSError as error:
        raise StorageError(f"{host}:{port} cannot be listened at: {error.strerror}", where="--port", next_step="Give another port.") from error
    _caught_up(registry, models, watched, jobs, last=catch_up)
    for queue in (checks, aliases):
        queue.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())  # it waits for the loop, which runs in this thread
    _say(f"listening at http://{host}:{server.server_port}, for {', '.join(models)}")
    server.serve_forever()
    _say("stopping, when what runs is done")
    server.server_close()
    for queue in (checks, aliases):
        queue.stop()


def _caught_up(registry: "Registry", models: list[str], watched: "Watched", jobs: "Mapping[Kind, Jobs[Event]]", *, last: int) -> None:
    """What happened while nobody listened: guarded aliases, and the newest versions that nobody checked, are looked at first."""
    from gate.errors import GateError  # noqa: PLC0415 -- as above
    from gate.webhook import Event, Kind  # noqa: PLC0415

    for name in models:
        for alias in watched.aliases:
            jobs[Kind.MOVED].add(Event(kind=Kind.MOVED, name=name, alias=alias))
        try:
            for version in reversed(registry.versions(name, last=last) if last else ()):
                if _unchecked(name, version, watched):
                    jobs[Kind.CREATED].add(Event(kind=Kind.CREATED, name=name, version=version))
        except GateError as error:
            _alarm(f"{name}: what happened before cannot be caught up with: {error}")


def _unchecked(name: str, version: str, watched: "Watched") -> bool:
    """Whether there is no decision about a version, or nobody can say; a check says what is wrong then."""
    from datetime import UTC, datetime  # noqa: PLC0415 -- as above

    from gate.errors import GateError  # noqa: PLC0415
    from gate.verify import VerifyRequest, verify  # noqa: PLC0415

    request = VerifyRequest(
        config=watched.config, now=datetime.now(UTC), reference=f"{name}/{version}", policy=watched.policy, tracking_uri=watched.tracking_uri
    )
    try:
        return verify(request).decision is None
    except GateError:
        return True


def _say(text: str) -> None:
    from gate.report.escape import terminal  # noqa: PLC0415 -- as above

    typer.echo(f"gate: {terminal(text)}", err=True)


def _alarm(text: str) -> None:
    _say(f"ALARM: {text}")
