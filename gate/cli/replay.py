"""`gate replay`: recompute a recorded decision."""

from pathlib import Path
from typing import Annotated

import typer

from gate.cli.exit_codes import ExitCode

__all__ = ["EPILOG", "run"]

EPILOG = "Example: `gate replay gate-out/decision.json`."


def run(
    decision: Annotated[Path, typer.Argument(help="decision.json with counts.parquet beside it, or the folder that holds both.")],
    ledger: Annotated[
        str | None, typer.Option(envvar="GATE_LEDGER", help="The ledger, which keeps the full counts where the policy suppresses small cells.")
    ] = None,
) -> int:
    """Recompute verdict, findings and every number from the record, without data, model or registry.

    Exits 0 when the record reproduces bit for bit, 1 when it does not.
    """
    from gate.replay import replay  # noqa: PLC0415 -- numpy only when it is needed
    from gate.report.escape import terminal  # noqa: PLC0415
    from gate.report.provisos import ADVISORY, verdict_word  # noqa: PLC0415

    replayed = replay(decision, ledger=ledger)
    again = replayed.decision
    if again is not None and not replayed.differences:
        advisory = f" {ADVISORY}" if again.development else ""
        typer.echo(f"REPRODUCED: {verdict_word(again)}, {len(again.judgement.findings)} findings, bit for bit.{advisory}")
        return ExitCode.PASSED
    typer.echo(
        f"NOT REPRODUCED: {f'the recomputed verdict is {verdict_word(again)}' if again else 'its counts are not open here, or are not those of this record'}."
    )
    for difference in replayed.differences:
        typer.echo(f"- {terminal(difference)}")
    if replayed.reworded:
        typer.echo("Only sentences and plans of rows differ, as where another version made them: verdict, outcomes and numbers follow from the counts.")
    return ExitCode.BLOCKED
