"""The models that a policy compares the candidate with: their predictions for the same rows, beside the candidate's.

A baseline that cannot be fetched, loaded or trusted is no reason to stop before anything is judged: it is a fact, and
the judgement holds the candidate for it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.aggregate.interface import Engine, Table
from gate.core.facts import BaselineFacts, BaselineStatus, PredictionFacts, PredictionSource
from gate.core.model import ModelConfig
from gate.core.policy import CHAMPION, Policy
from gate.errors import DataError, GateError
from gate.judge.baselines import asked_models
from gate.judge.checks import MODEL_FILE
from gate.registry.interface import FetchedModel
from gate.stages.dock import Dock, terms_of
from gate.stages.source import Source
from gate.stages.trial import Trial, answer_of, declared_columns

__all__ = ["with_baselines"]

_BATCH_ROWS = 65_536


@dataclass(slots=True)
class _Bench:
    """Where baselines answer: the trial so far, and what it takes to ask one more model."""

    policy: Policy
    trial: Trial
    model: ModelConfig
    engine: Engine
    workspace: Path
    source: Source
    tell: Callable[[str], None]
    facts: list[BaselineFacts] = field(default_factory=list)


def with_baselines(policy: Policy, trial: Trial, model: ModelConfig, engine: Engine, workspace: Path, *, source: Source, tell: Callable[[str], None]) -> Trial:
    """The trial with a column of predictions of every model that the policy compares with, and what became of each.

    Raises:
        DataError: the table of predictions lacks the column that `gate.yaml` declares for the champion.
    """
    names = asked_models(policy, model)
    if trial.judged is None or not names:
        return trial
    bench = _Bench(policy=policy, trial=trial, model=model, engine=engine, workspace=workspace, source=source, tell=tell)
    ask = _ASK[trial.predictions.source]
    for place, name in enumerate(names):
        bench.facts.append(ask(bench, name, place))
    return replace(bench.trial, baselines=tuple(bench.facts))


def _in_table(bench: _Bench, name: str, _place: int) -> BaselineFacts:
    """The column of the table that holds what the champion answers, if `gate.yaml` names one."""
    column = bench.model.predictions.champion
    if name != CHAMPION:
        detail = f"a table of predictions holds no other model than the champion; check a registered model to compare with {name}"
        return BaselineFacts(name=name, status=BaselineStatus.UNAVAILABLE, detail=detail)
    if column is None:
        detail = "the table of predictions has no column of the champion's; add one, and name it in gate.yaml as predictions.champion"
        return BaselineFacts(name=name, status=BaselineStatus.UNAVAILABLE, detail=detail)
    table = bench.trial.holdout
    if column not in table.columns:
        raise DataError(
            f"there is no column {column!r} (the champion's predictions)",
            where=table.location,
            next_step=f"Its columns are {', '.join(list(table.columns)[:30])}. Mend gate.yaml or the table.",
        )
    return _compared(bench, BaselineFacts(name=name, status=BaselineStatus.COMPARED), column)


def _in_registry(bench: _Bench, name: str, place: int) -> BaselineFacts:
    """The version that the name stands for now, asked for the same rows in a child of its own."""
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    registry, candidate = MlflowRegistry(bench.source.tracking_uri), bench.trial.candidate
    known = BaselineFacts(name=name, status=BaselineStatus.COMPARED)
    try:
        version = registry.version_of(candidate.name, name)
        if version is None:
            return replace(known, status=BaselineStatus.ABSENT)
        known = replace(known, version=version)
        bench.tell(f"fetching {candidate.name}/{version}, to compare with {name}")
        folder = bench.workspace / f"baseline-{place}"
        folder.mkdir()
        fetched = registry.fetch(f"{candidate.name}/{version}", folder)
        known = replace(known, digest=fetched.candidate.digest)
        if fetched.candidate.digest == candidate.digest and bench.trial.column is not None:
            return _compared(bench, known, bench.trial.column)  # the same model: asking it twice could only tell what chance does
        fault, column = _asked(bench, fetched, place)
    except GateError as error:
        return replace(known, status=BaselineStatus.UNAVAILABLE, detail=error.what)
    if fault is not None:
        return replace(known, status=BaselineStatus.UNAVAILABLE, detail=fault)
    return _compared(bench, known, column)


def _compared(bench: _Bench, facts: BaselineFacts, column: str) -> BaselineFacts:
    bench.trial = replace(bench.trial, columns={**bench.trial.columns, facts.name: column})
    return facts


def _asked(bench: _Bench, fetched: FetchedModel, place: int) -> tuple[str | None, str]:
    """Ask a baseline for every row and put its answers beside the candidate's; what it did wrong, and its column."""
    from gate.predict.table import predict_table  # noqa: PLC0415 -- only a registered model is asked

    model, column, answers = bench.model, f"gate:baseline:{place}", bench.workspace / f"baseline-{place}.parquet"
    declared, inputs = declared_columns(model), fetched.candidate.inputs
    if inputs is not None and model.data.label in inputs:
        return f"its signature asks for {model.data.label!r}, the label that it is judged by", column
    holdout = bench.engine.open(bench.trial.holdout.location, text=None if inputs is not None else declared)
    features = inputs if inputs is not None else tuple(name for name in holdout.columns if name not in (*declared, model.predictions.champion))
    answer = answer_of(model, bench.trial.labels)
    with Dock(terms_of(bench.policy, model, bench.source.env_manager, tell=bench.tell), fetched.folder, bench.workspace, tell=bench.tell) as dock:
        facts, _ = dock.load(fetched, PredictionFacts(source=PredictionSource.MODEL))
        fault = facts.misbehaviour
        if fault is None:
            bench.tell(f"asking it for {holdout.rows:,} predictions")
            batches = bench.engine.batches(holdout, features, size=_BATCH_ROWS)
            fault = predict_table(dock.predictor, batches, features=features, keep=(), answer=answer, output=answers, column=column)
    if fault is not None:
        return fault.detail if fault.check == MODEL_FILE else f"{fault.check}: {fault.detail}", column
    bench.trial = replace(bench.trial, judged=_beside(bench, answers, bench.workspace / f"compared-{place}.parquet"))
    return None, column


def _beside(bench: _Bench, answers: Path, output: Path) -> Table:
    """The judged table with one more file's columns, row by row."""
    from gate.predict.table import joined  # noqa: PLC0415 -- only a registered model is asked

    judged = bench.trial.judged or bench.trial.holdout
    joined(Path(judged.location), answers, output)
    return replace(bench.engine.open(str(output)), textual=judged.textual)


def _beside_endpoint(_bench: _Bench, name: str, _place: int) -> BaselineFacts:
    """Nothing is compared with the answers of an endpoint, whose version nobody knows."""
    detail = f"the answers of an endpoint are compared with no other model; check a registered model to compare with {name}"
    return BaselineFacts(name=name, status=BaselineStatus.UNAVAILABLE, detail=detail)


_ASK = {PredictionSource.FILE: _in_table, PredictionSource.MODEL: _in_registry, PredictionSource.ENDPOINT: _beside_endpoint}
