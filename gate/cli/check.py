"""`gate check`: judge a candidate and record the decision."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from gate.cli import ci as told
from gate.cli import observed
from gate.cli.exit_codes import ExitCode, of_verdict
from gate.cli.progress import Progress
from gate.cli.textfile import Sample
from gate.core.decision import Verdict
from gate.core.facts import EnvManager
from gate.core.model import EngineName

if TYPE_CHECKING:
    from gate.pipeline import Recorded

__all__ = ["EPILOG", "Format", "run"]

EPILOG = (
    "Examples: `gate check mortgage-approval/3`; `gate check mortgage-approval@candidate --output gate-out`; "
    "`gate check --predictions holdout.csv --model-name mortgage-approval --format json`; "
    "`gate check --endpoint http://127.0.0.1:5000/invocations --model-name mortgage-approval`."
)


class Format(StrEnum):
    """What goes to standard output."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def run(
    model: Annotated[str | None, typer.Argument(help="A registered version: models:/name/3, name/3 or name@alias.", show_default=False)] = None,
    predictions: Annotated[Path | None, typer.Option(help="Judge this table (Parquet or CSV), which already holds predictions; no registry needed.")] = None,
    config: Annotated[Path, typer.Option(help="What is judged, and on which data.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file; its tier must be the model's.")] = None,
    model_name: Annotated[str | None, typer.Option(help="The entry of gate.yaml, when it is not the registered name.")] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder for decision.json, counts.parquet, the card (.md, .html, .json), findings.sarif, junit.xml.")
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="What goes to standard output; json is exactly decision.json.")] = Format.TEXT,
    no_record: Annotated[bool, typer.Option("--no-record", help="Do not record the decision in MLflow; the look is not counted.")] = False,
    development: Annotated[
        bool, typer.Option("--development", help="Judge on the development table of gate.yaml: advisory, no look at the holdout, never recorded.")
    ] = False,
    env_manager: Annotated[
        EnvManager, typer.Option(help="Whose Python the model runs in: the gate's (local), or one that uv makes from the model's recorded requirements.")
    ] = EnvManager.LOCAL,
    endpoint: Annotated[
        str | None, typer.Option(help="Judge the answers of this server, MLflow's scoring protocol: http://HOST:PORT/invocations.", show_default=False)
    ] = None,
    inputs: Annotated[
        str | None, typer.Option(help="Columns that --endpoint is sent, with commas; default: all that gate.yaml does not declare.", show_default=False)
    ] = None,
    engine: Annotated[
        EngineName | None, typer.Option(help="What counts the rows; default: the engine that gate.yaml names, else duckdb.", show_default=False)
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Sign with this key: a PEM file or a key URI; default: GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE.", show_default=False)
    ] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    ci: told.Option = told.Ci.NONE,
) -> int:
    """Judge a candidate under the policy of its risk tier, and record the decision.

    Exits 0 when it passed, 1 when it is blocked, 3 when the evidence does not suffice, 2 and 4 when nothing was judged.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.pipeline import CheckRequest, check  # noqa: PLC0415

    request = CheckRequest(
        config=config,
        today=datetime.now(UTC).date(),
        reference=model,
        predictions=predictions,
        entry=model_name,
        policy=policy,
        output=output,
        keep=not no_record,
        tracking_uri=tracking_uri,
        development=development,
        env_manager=env_manager,
        endpoint=endpoint,
        inputs=tuple(filter(None, (inputs or "").split(","))),
        key=key,
        engine=engine,
    )
    with told.telling(ci) as sink, Progress() as tell:
        recorded = check(request, tell=tell)
        sink.decided(recorded)
    _observe(recorded)
    _print(recorded, format_)
    _notes(recorded, counted=recorded.links is not None)
    return ExitCode.PASSED if recorded.report_only else of_verdict(recorded.decision.verdict)


def _observe(recorded: "Recorded") -> None:
    """What machines are told of a decision: names, tier, verdict, and which look it was."""
    decision = recorded.decision
    candidate, tier, look = decision.facts.candidate, decision.tier, decision.looks
    observed.say(model=candidate.name, version=candidate.version or "", tier=tier, verdict=decision.verdict.value)
    if not decision.development:
        of = (("model", candidate.name), ("tier", tier), ("verdict", decision.verdict.value))
        looks = [] if look is None else [Sample(name="gate_looks", labels=(("model", candidate.name),), value=look)]
        observed.measure([Sample(name="gate_verdicts_total", labels=of, value=1), *looks])


def _print(recorded: "Recorded", format_: Format) -> None:
    """The decision in the format asked for."""
    match format_:
        case Format.TEXT:
            from gate.report import text  # noqa: PLC0415

            color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
            typer.echo(text.render(recorded.decision, width=_width(), color=color), nl=False)
        case Format.MARKDOWN:
            from gate.report import markdown  # noqa: PLC0415

            typer.echo(markdown.render(recorded.decision), nl=False)
        case Format.JSON:
            from gate.record.decision import decision_bytes  # noqa: PLC0415

            sys.stdout.buffer.write(decision_bytes(recorded.decision))
            sys.stdout.buffer.flush()
        case _:
            assert_never(format_)


def _width() -> int:
    """The terminal's width; 120 in a log, which has none."""
    import shutil  # noqa: PLC0415

    return shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() or "COLUMNS" in os.environ else 120


def _notes(recorded: "Recorded", *, counted: bool) -> None:
    """Where things are, and what did not happen, on standard error."""
    if recorded.report_only and recorded.decision.verdict is not Verdict.PASSED:
        said = "this check would have stopped the candidate, and exits 0 because the policy only reports so far (report_only_until)"
        typer.echo(f"gate: {said}; gate verify and gate promote refuse it all the same", err=True)
    if recorded.missing is not None:
        typer.echo(f"gate: the block stands, but it could not be recorded: {recorded.missing}", err=True)
    elif recorded.output is not None:
        typer.echo(f"gate: card, counts and decision are in {recorded.output}", err=True)
    if recorded.links is not None:
        typer.echo(f"gate: recorded in MLflow, {recorded.links.card_url or recorded.links.card}", err=True)
        if not recorded.signed:
            typer.echo("gate: the record is not signed, so `gate verify` refuses it unless the policy allows that; `gate keys new` makes a key", err=True)
    elif recorded.decision.development:
        typer.echo("gate: development table: advisory, not a decision; nothing was recorded, and no look was counted", err=True)
    elif recorded.missing is None and not counted:
        typer.echo("gate: no record was kept; this look at the holdout is not counted", err=True)
