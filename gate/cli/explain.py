"""`gate explain`: why a registered model answers as it does, and how it treats groups."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from gate.cli.exit_codes import ExitCode
from gate.cli.form import Form
from gate.cli.progress import Progress
from gate.core.explanation import Part
from gate.core.facts import EnvManager

__all__ = ["EPILOG", "run"]

EPILOG = "Examples: `gate explain mortgage-approval/3`; `gate explain mortgage-approval@champion --part proxies --part flips --budget 60`."


def run(
    reference: Annotated[str, typer.Argument(metavar="MODEL", help="The version: models:/name/3, name/3 or name@candidate.", show_default=False)],
    part: Annotated[list[Part] | None, typer.Option(help="Produce this part only; may be given several times. Default: all.", show_default=False)] = None,
    config: Annotated[Path, typer.Option(help="What is explained, and on which data.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    model_name: Annotated[str | None, typer.Option(help="The entry of gate.yaml; default: the registered name.", show_default=False)] = None,
    development: Annotated[bool, typer.Option("--development", help="Use the development table instead of the holdout.")] = False,
    rows: Annotated[int, typer.Option(min=100, max=1_000_000, help="The most rows that are looked at.")] = 5000,
    depth: Annotated[int, typer.Option(min=1, max=8, help="The most conditions of a rule of the imitating tree.")] = 3,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="What every random draw comes from.")] = 0,
    cases: Annotated[int, typer.Option(min=1, max=100_000, help="The most refusals whose reasons and changes are looked for.")] = 300,
    log: Annotated[Path | None, typer.Option(help="An audit trail that receives reasons and changes of single refusals.", show_default=False)] = None,
    id_column: Annotated[str | None, typer.Option(help="Whose row it is, for the trail; default: the row's number.", show_default=False)] = None,
    budget: Annotated[float, typer.Option(min=1, max=86_400, help="Seconds; what is not reached by then is named.")] = 600,
    output: Annotated[Path | None, typer.Option(help="A folder that receives explanation.json.", show_default=False)] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    env_manager: Annotated[EnvManager, typer.Option(help="Whose Python the model runs in.")] = EnvManager.LOCAL,
    form: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
) -> int:
    """Ask a registered model about rows that nobody holds, and say what its answers rest on.

    The model runs in the sandbox of its tier and is trusted with nothing. It is information and no verdict: exits 0
    when everything that was asked for is there, 3 when something is not, 1 when the model misbehaved.
    """
    from gate.explanation import ExplainRequest, document, explain, write  # noqa: PLC0415 -- heavy rooms are imported only when they are needed
    from gate.report import explanation_text  # noqa: PLC0415
    from gate.report.escape import terminal  # noqa: PLC0415

    request = ExplainRequest(
        config=config,
        reference=reference,
        entry=model_name,
        policy=policy,
        parts=tuple(part or ()),
        seed=seed,
        rows=rows,
        depth=depth,
        budget=budget,
        development=development,
        tracking_uri=tracking_uri,
        env_manager=env_manager,
        cases=cases,
        log=log,
        id_column=id_column,
    )
    with Progress() as tell:
        found = explain(request, tell=tell)
    if not development:
        typer.echo("gate: the labels of the holdout were used, and this look at them is not counted; --development uses other rows", err=True)
    if output is not None:
        written = write(found, output)
        typer.echo(terminal(f"gate: wrote {written}"), err=True)
    if found.logged is not None:
        digest = f"; its last part is {found.logged.digest}" if found.logged.digest else ""
        typer.echo(terminal(f"gate: {found.logged.rows} refusals were added to {log}{digest}"), err=True)
    if form is Form.JSON:
        typer.echo(json.dumps(document(found), indent=1))
    elif found.explanation is not None:
        typer.echo(explanation_text.render(f"{found.name}/{found.candidate.version}", found.explanation, width=_width()), nl=False)
    fault = f"{found.misbehaviour.check}: {found.misbehaviour.detail}" if found.misbehaviour else found.explanation.fault if found.explanation else ""
    if fault:
        typer.echo(terminal(f"gate: the candidate misbehaved: {fault}"), err=True)
        return ExitCode.BLOCKED
    return ExitCode.INCONCLUSIVE if found.explanation is None or found.explanation.not_produced else ExitCode.PASSED


def _width() -> int:
    """The terminal's width; 120 in a log, which has none."""
    return shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
