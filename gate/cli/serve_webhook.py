"""`gate serve-webhook`: check every new version by itself, and watch the aliases that deployments follow."""

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gate.registry.interface import Registry
    from gate.webhook import Event, Jobs, Watched

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
    from gate.webhook import Guard, Jobs, Watched, serving  # noqa: PLC0415

    secret = os.environ.get(SECRET, "")
    if len(secret) < 16:
        raise UsageError(f"{SECRET} is not set, or shorter than 16 characters", where="environment", next_step="Set it to the secret of the webhook in MLflow.")
    models = [model.config.name for model in load_models(config)]
    watched = Watched(config=config, aliases=tuple(guard or ()), move_back=move_back, tracking_uri=tracking_uri, policy=policy)
    registry = MlflowRegistry(tracking_uri)
    jobs: Jobs[Event] = Jobs(do=Guard(watched=watched, registry=registry, say=_say, alarm=_alarm), say=_alarm)
    try:
        server = serving(host, port, secret=secret, models=models, jobs=jobs, say=_say)
    except OSError as error:
        raise StorageError(f"{host}:{port} cannot be listened at: {error.strerror}", where="--port", next_step="Give another port.") from error
    _caught_up(registry, models, watched, jobs, last=catch_up)
    jobs.start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())  # it waits for the loop, which runs in this thread
    _say(f"listening at http://{host}:{server.server_port}, for {', '.join(models)}")
    server.serve_forever()
    _say("stopping, when what runs is done")
    server.server_close()
    jobs.stop()


def _caught_up(registry: "Registry", models: list[str], watched: "Watched", jobs: "Jobs[Event]", *, last: int) -> None:
    """What happened while nobody listened: versions that were never checked, and guarded aliases, are looked at first."""
    from datetime import UTC, datetime  # noqa: PLC0415 -- as above

    from gate.review import ReviewRequest, review  # noqa: PLC0415
    from gate.webhook import Event, Kind  # noqa: PLC0415

    for name in models:
        request = ReviewRequest(config=watched.config, now=datetime.now(UTC), model=name, last=last, policy=watched.policy, tracking_uri=watched.tracking_uri)
        for subject, _ in reversed(review(request).unknown if last else ()):
            jobs.add(Event(kind=Kind.CREATED, name=name, version=subject.rpartition("/")[2]))
        for alias in watched.aliases:
            version = registry.version_of(name, alias)
            if version is not None:
                jobs.add(Event(kind=Kind.MOVED, name=name, version=version, alias=alias))


def _say(text: str) -> None:
    from gate.report.escape import terminal  # noqa: PLC0415 -- as above

    typer.echo(f"gate: {terminal(text)}", err=True)


def _alarm(text: str) -> None:
    _say(f"ALARM: {text}")
