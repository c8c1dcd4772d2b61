"""`gate promote`: verify, then move the alias."""

from pathlib import Path
from typing import Annotated

import typer

from gate.cli.progress import Progress
from gate.cli.verify import lines, of_verification

__all__ = ["EPILOG", "run"]

EPILOG = "Example: `gate promote mortgage-approval/3 --alias champion`."


def run(
    model: Annotated[str, typer.Argument(help="A registered version: models:/name/3, name/3 or name@alias.")],
    alias: Annotated[str, typer.Option(help="The alias that deployments follow.")],
    config: Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    model_name: Annotated[str | None, typer.Option(help="The entry of gate.yaml, when it is not the registered name.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
) -> int:
    """Verify a version, let the alias stand for it, and look whether it does.

    Exits 0 when the alias was moved, 1 or 3 when the version is refused and nothing was moved.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.promote import promote  # noqa: PLC0415
    from gate.report.escape import terminal  # noqa: PLC0415
    from gate.verify import VerifyRequest  # noqa: PLC0415

    request = VerifyRequest(config=config, now=datetime.now(UTC), reference=model, entry=model_name, policy=policy, tracking_uri=tracking_uri)
    with Progress() as tell:
        found = promote(request, alias, tell=tell)
    typer.echo("\n".join(lines(found)))
    said = f"PROMOTED: {found.subject} is {alias} now." if found.allowed else f"NOT PROMOTED: {alias} stands for what it stood for."
    typer.echo(terminal(said))
    return of_verification(found)
