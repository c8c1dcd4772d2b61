"""`gate mitigate`: candidates that treat groups more alike, compared, and one of them registered and judged."""

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli.exit_codes import ExitCode, of_verdict
from gate.cli.form import Form
from gate.cli.progress import Progress
from gate.core.alternatives import UtilityMetric
from gate.core.mitigation import Technique

if TYPE_CHECKING:
    from gate.core.alternatives import Search
    from gate.mitigate import Mitigated

__all__ = ["EPILOG", "run"]

EPILOG = (
    "Examples: `gate mitigate mortgage-approval --train train.parquet`; `gate mitigate mortgage-approval --train train.parquet "
    "--technique reweighing --technique grid_search --budget 300`; `gate mitigate mortgage-approval --train train.parquet --register`."
)
_FILES = ("mitigation.json", "mitigation.html")


def run(
    model: Annotated[str | None, typer.Argument(help="The entry of gate.yaml; may be left out if it is the only one.", show_default=False)] = None,
    train: Annotated[Path | None, typer.Option(help="Table to learn from: inputs, label and sensitive features. Required.", show_default=False)] = None,
    validation: Annotated[Path | None, typer.Option(help="Table to compare on; default: a share of the training table.", show_default=False)] = None,
    share: Annotated[float, typer.Option(help="The share that is split off, without --validation.")] = 0.3,
    config: Annotated[Path, typer.Option(help="What is judged, and on which data.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file; its tier must be the model's.")] = None,
    estimator: Annotated[str, typer.Option(help="logistic, boosting, or module:function of a file beside gate.yaml: your own code, trusted.")] = "logistic",
    technique: Annotated[
        list[Technique] | None,
        typer.Option(metavar="NAME", help="Only this technique (docs/how-to/mitigate.md has them all); may be repeated.", show_default=False),
    ] = None,
    constraint: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this fairness constraint; may be repeated.", show_default=False)] = None,
    feature: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only for this sensitive feature; may be repeated.", show_default=False)] = None,
    inputs: Annotated[str | None, typer.Option(help="Columns that a model takes, with commas; default: all undeclared ones.", show_default=False)] = None,
    utility: Annotated[UtilityMetric, typer.Option(help="What a candidate is good for.")] = UtilityMetric.BALANCED_ACCURACY,
    budget: Annotated[float | None, typer.Option(min=0.0, help="Seconds after which no further step is begun.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split and of resampling.")] = 0,
    register: Annotated[bool, typer.Option("--register", help="Register the candidate that is put forward, and check it: a look at the holdout.")] = False,
    choose: Annotated[str | None, typer.Option(help="With --register: this candidate instead.", show_default=False)] = None,
    parent: Annotated[str | None, typer.Option(help="The version that it is an alternative to; default: the newest.", show_default=False)] = None,
    search: Annotated[
        str | None, typer.Option(metavar="VERSION", help="Sign the search as one for alternatives to this version, with your key.", show_default=False)
    ] = None,
    tolerance: Annotated[float, typer.Option(min=0.0, max=1.0, help="With --search: how much utility an alternative may lose.")] = 0.01,
    necessity: Annotated[
        Path | None, typer.Option(metavar="FILE", help="With --search: lines purpose, necessity, evidence and owner.", show_default=False)
    ] = None,
    reason: Annotated[str, typer.Option(help="With --search: why none of the alternatives that were found is taken.", show_default=False)] = "",
    statement: Annotated[
        Path | None, typer.Option(help="With --search: a file for the statement, for review like code, instead of ledger and run.", show_default=False)
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for mitigation.json and .html, and the files of the check.")] = None,
    form: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
    key: Annotated[str | None, typer.Option(help="Sign the decision with this key; default: as for gate check.", show_default=False)] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
) -> int:
    """Try the techniques of mitigation that the policy approves, and compare their candidates by the gate's own judgement.

    Without --register it is information and no verdict, and exits 0. With it, the exit code is that of the check.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.errors import UsageError  # noqa: PLC0415
    from gate.mitigate import MitigateRequest, mitigate  # noqa: PLC0415

    if train is None:
        raise UsageError("there is no table to learn from", where="--train", next_step="Give --train FILE, with inputs, label and sensitive features.")
    request = MitigateRequest(
        config=config,
        train=train,
        today=datetime.now(UTC).date(),
        validation=validation,
        share=share,
        model=model,
        policy=policy,
        estimator=estimator,
        techniques=tuple(technique or ()),
        constraints=tuple(constraint or ()),
        features=tuple(feature or ()),
        inputs=tuple(filter(None, (inputs or "").split(","))),
        utility=utility,
        budget=budget,
        seed=seed,
        register=register,
        choose=choose,
        parent=parent,
        output=output,
        tracking_uri=tracking_uri,
        key=key,
    )
    if search is None:
        with Progress() as tell:
            done = mitigate(request, tell=tell, show=lambda found: _shown(found, form, output))
        return _decided(done, form)
    if register or necessity is None:
        raise UsageError("a search on the record needs --necessity, and registers nothing", where="--search", next_step="Give --necessity FILE alone.")
    from gate.alternatives import Grounds, necessity_of, put_on_record, standing_for  # noqa: PLC0415 -- as above
    from gate.policy.answers_file import read_answers  # noqa: PLC0415
    from gate.report.escape import terminal  # noqa: PLC0415
    from gate.stages.desk import VerifyRequest  # noqa: PLC0415

    grounds = Grounds(tolerance=tolerance, necessity=necessity_of(read_answers(necessity)), reason=reason)
    about = VerifyRequest(config=config, now=datetime.now(UTC), reference=search, entry=model, policy=policy, tracking_uri=tracking_uri)
    with Progress() as tell:
        desk, signer = standing_for(about, key=key, tell=tell)
        found = mitigate(request, tell=tell, show=lambda found: _shown(found, form, output)).search
        tell("signing, and keeping the search")
        said = put_on_record(found, grounds, desk, signer, output=statement)
    alternatives = ", ".join(said.better) or "none"
    typer.echo(terminal(f"SEARCHED: {said.subject}: {len(said.tried)} candidates; alternatives to a plain retraining: {alternatives}"), err=form is Form.JSON)
    return ExitCode.PASSED


def _shown(search: "Search", form: Form, output: Path | None) -> None:
    """The search, before anything is registered."""
    from gate.report import mitigation_page, mitigation_text  # noqa: PLC0415 -- as above

    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for file, text in zip(_FILES, (mitigation_text.as_json(search), mitigation_page.render(search)), strict=True):
            (output / file).write_text(text, encoding="utf-8")
        typer.echo(f"gate: {' and '.join(_FILES)} are in {output}", err=True)
    typer.echo(mitigation_text.as_json(search) if form is Form.JSON else mitigation_text.render(search, width=_width()), nl=False)


def _decided(done: "Mitigated", form: Form) -> int:
    """What the check said of the registered one; 0 where nothing was registered."""
    if done.recorded is None:
        return ExitCode.PASSED
    from gate.report import text  # noqa: PLC0415 -- as above

    decision = done.recorded.decision
    name = f"{decision.facts.candidate.name}/{done.version}"
    said = f"\n{name} was registered, and judged on the holdout as `gate check {name}` judges it:\n{text.render(decision, width=_width(), color=False)}"
    typer.echo(said, nl=False, err=form is Form.JSON)
    return ExitCode.PASSED if done.recorded.report_only else of_verdict(decision.verdict)


def _width() -> int:
    """The terminal's width; 120 in a log, which has none."""
    return shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() or "COLUMNS" in os.environ else 120
