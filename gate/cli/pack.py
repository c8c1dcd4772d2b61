"""`gate pack`: decisions on record as a folder for a regulator, a validator or an auditor."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["EPILOG", "run"]

EPILOG = "Example: `gate pack nyc-ll144 gate-out --output ll144`."


def run(
    pack: Annotated[str, typer.Argument(help="eu-ai-act, sr-26-2, nyc-ll144 or nist-ai-rmf.")],
    decisions: Annotated[list[Path], typer.Argument(help="Recorded decisions: each a decision.json, or the folder that holds it.")],
    output: Annotated[Path, typer.Option(help="The folder that the pack is written to.")],
    ledger: Annotated[str | None, typer.Option(envvar="GATE_LEDGER", help="The ledger, where a policy suppresses small cells.")] = None,
) -> None:
    """Say clause by clause what decisions on record show, and what is missing; with a matrix from clause to finding.

    Every decision is recomputed first: exits 2 when one does not reproduce. It is evidence, not legal advice.
    """
    from gate.pack import PackRequest, build  # noqa: PLC0415 -- numpy only when it is needed

    for name in build(PackRequest(pack=pack, decisions=tuple(decisions), output=output, ledger=ledger)):
        typer.echo(output / name)
