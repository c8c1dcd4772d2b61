"""What the demo does and says. All numbers come from the decisions; if the data tell another story, it is told."""

import logging
import os
import shutil
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from datetime import UTC, datetime
from importlib import metadata
from io import StringIO
from pathlib import Path

import mlflow
import typer

from gate.core.decision import Decision, Effect, Verdict
from gate.demo.loans import FEATURES, LABEL, Loans, load_loans
from gate.demo.models import mitigated_model, plain_model
from gate.demo.people import GATE_KEY, hire, tell_of_people
from gate.errors import SandboxError, UsageError
from gate.pipeline import CheckRequest, check
from gate.policy import shipped_policies
from gate.registry.settings import hush, settle
from gate.report import text
from gate.report.escape import terminal
from gate.report.remarks import ordered, subject
from gate.report.remarks import settle as what_settles
from gate.report.wording import looks, verdict_sentence

__all__ = ["tell_story"]

NAME = "mortgage-approval"
_MARKER = ".gate-demo"
_CONFIG = """\
# yaml-language-server: $schema=policies/config.schema.json
schema: gate.config/v1
policies: policies/
ledger: ledger
models:
{entries}"""
_ENTRY = """\
  {name}:
    tier: {tier}
    owner: lending-ml
    task: binary_classification
    data:
      uri: data/holdout.parquet
      label: approve
      labels: [0, 1]
      expectations: expectations/mortgage.json
    sensitive_features:
      race: {{column: race, groups: [black, hispanic, white]}}
      sex: {{column: sex, groups: [female, male]}}
"""
_SUITE = """\
{
  "name": "mortgage",
  "expectations": [
    {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "approve"}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "appinc", "min_value": 0}},
    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "loanprc", "min_value": 0, "max_value": 3}}
  ]
}
"""
_STEPS = (
    ("1-plain-limited", "1", "limited", True, "The plain model, under the limited tier:"),
    ("2-mitigated-limited", "2", "limited", True, "The model that Fairlearn mitigated, under the limited tier:"),
    ("3-mitigated-minimal", "2", "minimal", False, "The same model, if its decisions mattered less (tier minimal, where the gate bears the burden of proof):"),
    ("4-mitigated-high", "2", "high", False, "The same model, if its decisions were of high risk (tier high):"),
)


def tell_story(folder: Path) -> None:
    """Train, register, check, and say what happened.

    Raises:
        UsageError: the folder holds something else than an earlier demo, or the data are not installed.
    """
    started = time.monotonic()
    loans = load_loans()
    folder = _made_anew(folder)
    _say(f"Real mortgage applications (Boston Fed, 1990): {len(loans.train):,} to train on, {len(loans.holdout):,} to be judged on.")
    _say(f"The holdout has {_composition(loans)}. What is predicted is whether the lender approved, not whether the loan was repaid.", gap=True)
    _write_inputs(folder, loans)
    hire(folder)
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    _say("Training a plain model and one that Fairlearn mitigates, and registering both in MLflow …", gap=True)
    with _quiet():
        _register(folder, loans, uri)
    stopped: str | None = None
    for name, version, tier, keep, title in _STEPS:
        try:
            decision = _checked(folder, name, version, tier, uri, keep=keep)
        except SandboxError as error:
            _say(f"{title} not judged on this machine, which is exit code 4: {error.what}. {error.next_step}", gap=True)
            continue
        _report(folder, name, version, tier, decision, title, first=name == _STEPS[0][0])
        stopped = version if keep and decision.verdict is not Verdict.PASSED else stopped
    if stopped is not None:
        tell_of_people(folder, _shown(folder), NAME, stopped, uri, _say)
    _finish(folder, time.monotonic() - started)


def _made_anew(folder: Path) -> Path:
    """An empty folder; only what an earlier demo made is removed."""
    folder = folder.resolve()
    if folder.exists():
        if not (folder / _MARKER).is_file():
            raise UsageError("this folder was not made by the demo", where=str(folder), next_step="Name another one with --folder.")
        shutil.rmtree(folder)
    (folder / "data").mkdir(parents=True)
    (folder / _MARKER).write_text("made by `gate demo`, which may remove this folder\n", encoding="utf-8")
    return folder


def _composition(loans: Loans) -> str:
    counts = loans.holdout["race"].value_counts()
    return ", ".join(f"{rows:,} {race}" for race, rows in counts.items()) + " applicants"


def _write_inputs(folder: Path, loans: Loans) -> None:
    """Data, policies, `gate.yaml` and an expectations suite: what a team would have in its repository."""
    loans.holdout.to_parquet(folder / "data" / "holdout.parquet", index=False)
    loans.train.to_parquet(folder / "data" / "train.parquet", index=False)
    shutil.copytree(shipped_policies(), folder / "policies")
    entries = "".join(_ENTRY.format(name=_entry(tier), tier=tier) for tier in ("limited", "minimal", "high"))
    (folder / "gate.yaml").write_text(_CONFIG.format(entries=entries), encoding="utf-8")
    (folder / "expectations").mkdir()
    (folder / "expectations" / "mortgage.json").write_text(_SUITE, encoding="utf-8")


def _entry(tier: str) -> str:
    return NAME if tier == "limited" else f"{NAME}-if-{tier}"


@contextmanager
def _quiet() -> Iterator[None]:
    """Training and registering without the libraries' asides."""
    settle()
    hush()
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with warnings.catch_warnings(), redirect_stderr(StringIO()):
        warnings.simplefilter("ignore")
        yield


def _register(folder: Path, loans: Loans, uri: str) -> None:
    """Both candidates into an MLflow registry of their own, every artifact inside the demo's folder."""
    mlflow.set_tracking_uri(uri)
    artifacts = (folder / "mlruns").as_uri()
    for experiment in ("mortgage", "gate"):
        mlflow.create_experiment(experiment, artifact_location=f"{artifacts}/{experiment}")
    mlflow.set_experiment("mortgage")
    for title, train in (("plain", plain_model), ("mitigated", mitigated_model)):
        model = train(loans.train)
        signature = mlflow.models.infer_signature(loans.train[list(FEATURES)], loans.train[LABEL])
        with mlflow.start_run(run_name=title):
            mlflow.sklearn.log_model(
                model,
                name="model",
                signature=signature,
                registered_model_name=NAME,
                skops_trusted_types=["numpy.dtype"],
                pip_requirements=[f"{package}=={metadata.version(package)}" for package in ("mlflow", "scikit-learn", "skops")],  # inferring takes long
            )


def _checked(folder: Path, name: str, version: str, tier: str, uri: str, *, keep: bool) -> Decision:
    request = CheckRequest(
        config=folder / "gate.yaml",
        today=datetime.now(UTC).date(),
        reference=f"{NAME}/{version}",
        entry=_entry(tier),
        output=folder / name,
        keep=keep,
        tracking_uri=uri,
        key=str(folder / GATE_KEY),
    )
    return check(request).decision


def _report(folder: Path, name: str, version: str, tier: str, decision: Decision, title: str, *, first: bool) -> None:
    """The verdict; at first as a pipeline would print it, then in short."""
    entry = "" if tier == "limited" else f" --model-name {_entry(tier)} --no-record"
    _say(title)
    _say(f"  $ gate check {NAME}/{version} --config {_shown(folder)}/gate.yaml --tracking-uri sqlite:///{_shown(folder)}/mlflow.db{entry}", gap=True)
    if first:
        _say(_indented(text.render(decision, width=118, color=False).splitlines()))
    else:
        _say(_indented(_short(decision)))
    _say(f"  Card: {_shown(folder / name)}/model_card.html", gap=True)


def _short(decision: Decision) -> Iterator[str]:
    """The verdict and what it hangs on."""
    yield verdict_sentence(decision)
    yield f"({looks(decision)})"
    shown = [finding for finding in ordered(decision.judgement.findings) if finding.effect is not Effect.NONE or finding.not_disproved]
    for finding in shown[:4]:
        yield f"- {subject(finding)}: {finding.message}."
        settling = what_settles(finding)
        if settling and decision.verdict is not Verdict.PASSED:
            yield f"  What would settle it: {settling}"
    if len(shown) > 4:
        yield f"- and {len(shown) - 4} more in the card."


def _indented(lines: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(f"  {line}".rstrip() for line in lines)


def _finish(folder: Path, seconds: float) -> None:
    shown = _shown(folder)
    _say("Open next:")
    _say(f"  {shown}/1-plain-limited/model_card.html   why the plain model is stopped")
    _say(f"  {shown}/1-plain-limited/report.html       everything it rests on, with charts")
    _say(f"  {shown}/2-mitigated-limited/model_card.md  the card as Markdown")
    _say(f"  {shown}/gate.yaml, {shown}/policies/       what was judged, and by which rules", gap=True)
    _say("The registry with both versions, their verdicts and records:")
    _say(f"  mlflow ui --backend-store-uri sqlite:///{folder / 'mlflow.db'} --port 5000", gap=True)
    _say(f"Done in {seconds:.0f} s.")


def _shown(path: Path) -> str:
    """Relative to where the user stands, when it is inside."""
    return terminal(os.path.relpath(path)) if path.is_relative_to(Path.cwd()) else terminal(str(path))


def _say(line: str, *, gap: bool = False) -> None:
    typer.echo(line + ("\n" if gap else ""))
