"""`gate promote`: verify, then move the alias."""

import os
from pathlib import Path
from typing import Annotated

import typer

from gate.cli import ci as told
from gate.cli.progress import Progress
from gate.cli.verify import lines, of_verification

__all__ = ["EPILOG", "run"]

EPILOG = "Examples: `gate promote mortgage-approval/3 --alias champion`; `gate promote mortgage-approval/2 --alias champion --rollback --reason 'too slow'`."


def run(
    model: Annotated[str, typer.Argument(help="A registered version: models:/name/3, name/3 or name@alias.")],
    alias: Annotated[str, typer.Option(help="The alias that deployments follow.")],
    rollback: Annotated[bool, typer.Option("--rollback", help="Go back to a version that was promoted before, whatever has changed since.")] = False,
    reason: Annotated[str | None, typer.Option(help="With --rollback: why.", show_default=False)] = None,
    days: Annotated[int | None, typer.Option(help="With --rollback: for how many days; default: what the policy allows.", show_default=False)] = None,
    key: Annotated[str | None, typer.Option(help="The key to sign with; default: GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE.", show_default=False)] = None,
    config: Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    model_name: Annotated[str | None, typer.Option(help="The entry of gate.yaml, when it is not the registered name.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    ci: told.Option = told.Ci.NONE,
) -> int:
    """Verify a version, let the alias stand for it, and look whether it does.

    With a key and a ledger the promotion is kept there, so that the version can be gone back to: --rollback verifies it
    like any other, but excuses what may have changed since (policy, configuration, data, age), for some days.

    Exits 0 when the alias was moved, 1 or 3 when the version is refused and nothing was moved.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.errors import UsageError  # noqa: PLC0415
    from gate.promote import Back, promote  # noqa: PLC0415
    from gate.record.keys import signing_key  # noqa: PLC0415
    from gate.report.escape import terminal  # noqa: PLC0415
    from gate.verify import VerifyRequest  # noqa: PLC0415

    if rollback != (reason is not None) or (days is not None and not rollback):
        raise UsageError("--rollback and --reason belong together, and --days to them", where="gate promote", next_step="Say why you go back, or leave it.")
    request = VerifyRequest(config=config, now=datetime.now(UTC), reference=model, entry=model_name, policy=policy, tracking_uri=tracking_uri)
    with told.telling(ci) as sink, Progress() as tell:
        found = promote(request, alias, key=key, back=None if reason is None else Back(reason=reason, days=days), tell=tell)
        said = f"PROMOTED: {found.subject} is {alias} now." if found.allowed else f"NOT PROMOTED: {alias} stands for what it stood for."
        sink.verified(found, said, of_verification(found))
    typer.echo("\n".join(lines(found)))
    typer.echo(terminal(said))
    if found.allowed and signing_key(key, os.environ) is None:
        typer.echo("gate: no key is named, so this promotion does not stand in the ledger, and --rollback cannot go back to it", err=True)
    return of_verification(found)
