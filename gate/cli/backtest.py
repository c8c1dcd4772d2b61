"""`gate backtest`: what the gate would have said of versions that are registered already."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli.form import Form
from gate.cli.progress import Progress

if TYPE_CHECKING:
    from gate.backtest import Backtest, Judged
    from gate.core.decision import Judgement

__all__ = ["EPILOG", "run"]

EPILOG = "Examples: `gate backtest mortgage-approval`; `gate backtest mortgage-approval --last 5 --format json`."


def run(
    name: Annotated[str, typer.Argument(help="The name of the model in the registry, and of its entry in gate.yaml.")],
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many versions, newest first.")] = 20,
    config: Annotated[Path, typer.Option(help="What is judged, and on which data.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    form: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
) -> int:
    """Judge the newest versions of a model on today's holdout, under its tier and the others, and record nothing.

    It is information and no verdict: exits 0 whatever it finds, 2 and 4 when nothing could be judged.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.backtest import BacktestRequest, backtest  # noqa: PLC0415

    request = BacktestRequest(config=config, name=name, last=last, today=datetime.now(UTC).date(), policy=policy, tracking_uri=tracking_uri)
    with Progress() as tell:
        found = backtest(request, tell=tell)
    typer.echo(json.dumps(_document(found), indent=1) if form is Form.JSON else "\n".join(_lines(found)))
    return 0


def _lines(found: "Backtest") -> Iterator[str]:
    """A line per version, then how many of them each tier lets through."""
    from gate.report.escape import terminal  # noqa: PLC0415 -- as above
    from gate.report.phrases import plural  # noqa: PLC0415

    own, *others = found.tiers
    for version in found.versions:
        yield terminal(f"{found.name}/{version.version}  {_said(version, own)}")
    yield ""
    yield terminal(f"{plural(len(found.versions), 'version')} under tier {own}: {_tally(found, own)}.")
    for tier in others:
        yield terminal(f"Under tier {tier}: {_tally(found, tier)}.")
    yield "Nothing was recorded, and no look at the holdout was counted: this is for deciding on a policy, not on a model."


def _said(version: "Judged", tier: str) -> str:
    """The verdict, and what stops it."""
    found = version.tiers.get(tier)
    if found is None or isinstance(found, str):
        return f"NOT JUDGED: {version.reason or found}"
    reasons = _reasons(found)
    return found.verdict.value.upper() + (f": {', '.join(reasons)}" if reasons else "")


def _reasons(judgement: "Judgement") -> list[str]:
    from gate.core.decision import Effect  # noqa: PLC0415 -- as above
    from gate.report import remarks  # noqa: PLC0415

    return [remarks.subject(finding) for finding in remarks.ordered(judgement.findings) if finding.effect is not Effect.NONE]


def _tally(found: "Backtest", tier: str) -> str:
    """How many passed, were blocked, and so on."""
    counted = Counter(_word(version, tier) for version in found.versions)
    return ", ".join(f"{counted[word]} {word}" for word in ("passed", "blocked", "inconclusive", "not judged") if counted[word])


def _word(version: "Judged", tier: str) -> str:
    judged = version.tiers.get(tier)
    return "not judged" if judged is None or isinstance(judged, str) else judged.verdict.value


def _document(found: "Backtest") -> dict[str, object]:
    def told(version: "Judged", tier: str) -> dict[str, object]:
        judged = version.tiers.get(tier)
        if judged is None or isinstance(judged, str):
            return {"verdict": None, "reason": version.reason or judged}
        return {"verdict": judged.verdict.value, "stopped_by": _reasons(judged)}

    versions = [{"version": version.version, "tiers": {tier: told(version, tier) for tier in found.tiers}} for version in found.versions]
    return {"name": found.name, "tier": found.tiers[0], "versions": versions}
