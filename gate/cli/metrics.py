"""`gate metrics`: the catalogue."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(help="List the metrics that a rule may name, and explain one.", epilog="Example: `gate metrics show equal_opportunity_difference`.")


@app.callback(invoke_without_command=True)
def listing(context: typer.Context) -> None:
    """List every metric: id, other names, formula, source, tasks."""
    if context.invoked_subcommand is not None:
        return
    from gate.metrics.catalogue import CATALOGUE, REPORTED  # noqa: PLC0415 -- only when asked

    width = max(len(metric.id) for metric in CATALOGUE)
    for metric in CATALOGUE:
        aliases = f" (also {', '.join(metric.aliases)})" if metric.aliases else ""
        typer.echo(f"{metric.id.ljust(width)}  {metric.formula}{aliases}; {metric.source}; {', '.join(metric.tasks)}")
    for name in REPORTED:
        typer.echo(f"{name.ljust(width)}  reported where scores are judged, never judged itself")


@app.command(epilog="Example: `gate metrics show demographic_parity_ratio`.")
def show(
    metric: Annotated[str, typer.Argument(help="An id of the catalogue, another name of the same metric, or module:function.")],
    policies: Annotated[Path, typer.Option(help="The folder where module.py lies, beside the policies.")] = Path("policies"),
) -> None:
    """Explain one metric: what it divides by what, what is good, and how a rule bounds it."""
    from gate.errors import UsageError  # noqa: PLC0415
    from gate.metrics.catalogue import REPORTED, by_name, explained  # noqa: PLC0415

    found = by_name(metric)
    if ":" in metric:
        from gate.report.escape import terminal  # noqa: PLC0415
        from gate.stages.user_metrics import explained_user_metric  # noqa: PLC0415

        for line in explained_user_metric(metric, policies).splitlines():
            typer.echo(terminal(line))
        return
    if found is None and metric in REPORTED:
        typer.echo(f"{metric} is reported for every group where scores are judged, and no rule may name it:\n{REPORTED[metric]}.")
        return
    if found is None:
        raise UsageError("there is no such metric", where=metric, next_step="`gate metrics` lists all of them.")
    typer.echo(explained(found))
