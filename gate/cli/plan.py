"""`gate plan`: what these rows can decide, before any model is trained."""

import os
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from gate.cli.exit_codes import ExitCode
from gate.cli.form import Form

__all__ = ["EPILOG", "run"]

EPILOG = (
    "Examples: `gate plan mortgage-approval`; `gate plan --table holdout.parquet --tpr 0.7`; "
    '`gate plan --policy policies/high.yaml --groups "race=black:400,white:4000" --base-rate 0.3`.'
)


def run(
    model: Annotated[str | None, typer.Argument(help="The entry of gate.yaml; default: the only one.", show_default=False)] = None,
    config: Annotated[Path, typer.Option(help="What is to be judged, and on which data.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    table: Annotated[Path | None, typer.Option(help="Plan on this table (Parquet or CSV); it needs labels and groups, no predictions.")] = None,
    decision: Annotated[Path | None, typer.Option(help="Plan on the counts of a record, under its own policy and configuration.")] = None,
    groups: Annotated[
        list[str] | None, typer.Option(metavar="FEATURE=GROUP:ROWS,...", help="Plan on assumed sizes; once per feature.", show_default=False)
    ] = None,
    base_rate: Annotated[float | None, typer.Option(help="Assumed share of positive labels, with --groups.")] = None,
    selection_rate: Annotated[float | None, typer.Option(help="How often a fair model selects; default: the base rate.")] = None,
    tpr: Annotated[float, typer.Option(min=0.0, max=1.0, help="Its true positive rate.")] = 0.8,
    fpr: Annotated[float, typer.Option(min=0.0, max=1.0, help="Its false positive rate.")] = 0.2,
    look: Annotated[
        int | None, typer.Option(min=1, max=1_000_000, help="Plan for a recorded check that is this look at the holdout.", show_default=False)
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
) -> int:
    """Say which rules can be decided on these rows, and how many rows of which group are missing.

    It is information and no verdict: exits 0 whatever it finds, 2 when there is nothing to plan with.
    """
    from gate.plan import PlanRequest, plan  # noqa: PLC0415 -- heavy rooms are imported only when they are needed
    from gate.report import plan_text  # noqa: PLC0415

    request = PlanRequest(
        config=config,
        model=model,
        policy=policy,
        table=table,
        decision=decision,
        groups=tuple(groups or ()),
        base_rate=base_rate,
        selection_rate=selection_rate,
        tpr=tpr,
        fpr=fpr,
        look=look,
    )
    planned = plan(request)
    typer.echo(plan_text.as_json(planned) if form is Form.JSON else plan_text.render(planned, width=_width()), nl=False)
    return ExitCode.PASSED


def _width() -> int:
    """The terminal's width; 120 in a log, which has none."""
    return shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
