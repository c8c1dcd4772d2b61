"""The trial: a candidate's predictions beside labels and sensitive features, from a file or from the model itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from gate.aggregate.interface import Engine, Table
from gate.core.counts import ConfusionCounts, ContingencyTable
from gate.core.explanation import Explanation
from gate.core.facts import BaselineFacts, BaselineStatus, Candidate, Misbehaviour, PredictionFacts, PredictionSource
from gate.core.mitigation import Lineage
from gate.core.model import ModelConfig, Task, Value
from gate.core.model_files import ModelFiles
from gate.core.moments import LARGEST
from gate.errors import ConfigError, DataError, StorageError
from gate.predict.interface import Answer, Predictor
from gate.registry.interface import FetchedModel
from gate.stages.attributes import Apart, attributes_of
from gate.stages.data import pinned_digest
from gate.stages.dock import Dock, Terms
from gate.stages.explaining import Session, Witness
from gate.stages.source import Source

__all__ = ["PREDICTION", "Trial", "answer_of", "counted", "declared_columns", "from_file", "labels_of", "on_trial", "predicted"]

_NOTHING = ContingencyTable(overall=ConfusionCounts(), groups=())
_BATCH_ROWS = 65_536
PREDICTION = "gate:prediction"
"""The column of predictions beside the labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A candidate on its holdout.

    Args:
        candidate: what is judged.
        holdout: the table with labels and sensitive features.
        judged: the table that holds predictions beside them; None when the candidate misbehaved.
        labels: the negative and the positive label, or the classes; none where labels are numbers.
        data_digest: `sha256:…` of the holdout.
        predictions: how the predictions came about.
        column: the column of predictions in `judged`; None means the one that `gate.yaml` names.
        columns: the columns of the baselines' predictions in `judged`, by the name that the policy gives them.
        baselines: what became of every model that the policy compares with.
        apart: the sensitive features that are kept in a table of their own; None where there are none.
        files: what the model's files say before any is loaded; None where there are none.
        author: who made the model, as the registry knows them; None when it does not.
        explanation: what was found out by asking it more; None where nothing was asked, or it misbehaved before.
        lineage: what the model's files say of the mitigation that made it; None when they say nothing.
    """

    candidate: Candidate
    holdout: Table
    judged: Table | None
    labels: tuple[Value, ...]
    data_digest: str
    predictions: PredictionFacts
    column: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    baselines: tuple[BaselineFacts, ...] = ()
    apart: Apart | None = None
    files: ModelFiles | None = None
    author: str | None = None
    explanation: Explanation | None = None
    lineage: Lineage | None = None

    def naming(self, model: ModelConfig) -> ModelConfig:
        """The configuration with the column that really holds the predictions."""
        if self.column is None:
            return model
        scored = model.predictions.score is not None
        named = replace(model.predictions, score=self.column) if scored else replace(model.predictions, column=self.column)
        return replace(model, predictions=named)


def from_file(model: ModelConfig, engine: Engine, predictions: Path, *, tell: Callable[[str], None]) -> Trial:
    """A table that already holds predictions: no candidate code runs, and the subject is the file.

    Raises:
        UsageError: the data cannot be used.
    """
    tell(f"reading {predictions}")
    table = engine.open(str(predictions))
    found = pinned_digest(str(predictions), model)
    return Trial(
        candidate=Candidate(name=model.name, version=None, digest=found),
        holdout=table,
        judged=table,
        labels=labels_of(engine, table, model),
        data_digest=found,
        predictions=PredictionFacts(source=PredictionSource.FILE),
        apart=attributes_of(model, engine, table),
    )


def on_trial(
    source: Source,
    model: ModelConfig,
    engine: Engine,
    workspace: Path,
    terms: Terms,
    *,
    questions: Session | None = None,
    tell: Callable[[str], None],
) -> Trial:
    """A registered version: its files come here once, and a child process answers for it.

    Args:
        source: where it comes from.
        model: its entry of gate.yaml.
        engine: reads the holdout.
        workspace: a private folder.
        terms: what is demanded of it.
        questions: what it is asked besides the holdout.
        tell: called at the start of every stage.

    Raises:
        UsageError: the version is not there, or the data cannot be used.
        GateError: registry or sandbox failed.
    """
    if model.data.uri is None:
        raise ConfigError(f"{model.name!r} names no holdout", where="data.uri", next_step="Name a Parquet or CSV file in gate.yaml.")
    folder, output, declared = workspace / "model", workspace / "judged.parquet", declared_columns(model)
    folder.mkdir()
    explanation = None
    with Dock(terms, folder, workspace, tell=tell) as dock:
        tell(f"fetching {source.reference} from the registry")
        from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

        fetched = MlflowRegistry(source.tracking_uri).fetch(source.reference or "", folder)
        dock.look(fetched)
        tell(f"reading {model.data.uri}")
        inputs = fetched.candidate.inputs
        holdout = engine.open(model.data.uri, text=None if inputs is not None else declared)
        labels = labels_of(engine, holdout, model)
        data_digest = pinned_digest(model.data.uri, model)
        apart = attributes_of(model, engine, holdout)
        keep = tuple(name for name in declared if apart is None or name not in apart.facts.columns)
        features = _features(fetched, holdout, model, declared)
        fault = _asks_for_the_label(inputs, model) or _asks_for_what_is_apart(inputs, apart, terms.forbidden)
        facts = PredictionFacts(source=PredictionSource.MODEL, misbehaviour=fault)
        if fault is None:
            tell("loading the candidate")
            facts, fetched = dock.load(fetched, facts)
        if facts.misbehaviour is None:
            tell(f"asking the candidate for {holdout.rows:,} predictions (sandbox: {facts.sandbox})")
            fault = predicted(dock.predictor, engine, holdout, model, labels, features=features, keep=keep, output=output)
            facts = replace(facts, misbehaviour=fault)
            if questions is not None and fault is None:
                table, answer = holdout if apart is None else apart.joined(holdout), answer_of(model, labels)
                witness = Witness(
                    predictor=dock.predictor, afresh=partial(dock.afresh, fetched), features=features, answer=answer, said=output, column=PREDICTION
                )
                explanation = questions.put(witness, engine, table, model, labels, tell=tell)
    return Trial(
        candidate=fetched.candidate,
        holdout=holdout,
        judged=None if facts.misbehaviour else replace(engine.open(str(output)), textual=holdout.textual),
        labels=labels,
        data_digest=data_digest,
        predictions=facts,
        column=PREDICTION,
        apart=apart,
        files=fetched.files,
        author=fetched.author,
        explanation=explanation,
        lineage=fetched.lineage,
    )


def _features(fetched: FetchedModel, holdout: Table, model: ModelConfig, declared: tuple[str, ...]) -> tuple[str, ...]:
    """The columns that the signature names; where it names none, every column of the holdout that gate.yaml does not declare."""
    if fetched.candidate.inputs is not None:
        return fetched.candidate.inputs
    features = tuple(name for name in holdout.columns if name not in (*declared, model.predictions.champion))
    if fetched.width not in {None, len(features)}:
        raise DataError(
            f"the model's signature takes {fetched.width} columns without names, and the holdout offers it {len(features)}: {', '.join(features[:20])}",
            where=holdout.location,
            next_step="Log the model with a signature that names its columns, or keep the others out of the holdout.",
        )
    return features


def labels_of(engine: Engine, table: Table, model: ModelConfig) -> tuple[Value, ...]:
    """The label set; empty where labels are numbers."""
    match model.task:
        case Task.REGRESSION | Task.RANKING:
            return ()
        case Task.MULTICLASS_CLASSIFICATION:
            return model.data.labels or ()
        case Task.BINARY_CLASSIFICATION:
            return engine.labels(table, model.data)


def declared_columns(model: ModelConfig) -> tuple[str, ...]:
    """The columns that never reach a candidate unless its signature asks for them: label, weight, cluster, sensitive features, and the ids of attributes."""
    ids = () if model.data.attributes is None else (model.data.attributes.join_on,)
    counting = tuple(column for column in (model.data.weight, model.data.cluster, model.data.query) if column is not None)
    return tuple(dict.fromkeys((model.data.label, *ids, *counting, *(feature.column for feature in model.declared_features))))


def answer_of(model: ModelConfig, labels: tuple[Value, ...]) -> Answer:
    """What counts as an answer, and which column of it, where a model answers several."""
    named = model.predictions
    if model.task in {Task.REGRESSION, Task.RANKING}:
        return Answer.number(limit=LARGEST, column=named.column)
    return Answer.label(labels, column=named.column) if named.score is None else Answer.score(column=named.score)


def _asks_for_the_label(inputs: tuple[str, ...] | None, model: ModelConfig) -> Misbehaviour | None:
    """A candidate that takes the label as input would judge itself; it is not even loaded."""
    if inputs is None or model.data.label not in inputs:
        return None
    return Misbehaviour(check="inputs", detail=f"its signature asks for {model.data.label!r}, the label that it is judged by")


def _asks_for_what_is_apart(inputs: tuple[str, ...] | None, apart: Apart | None, forbidden: frozenset[str]) -> Misbehaviour | None:
    """A candidate that asks for a column that is kept apart and that the policy forbids cannot be asked, and is blocked for it.

    Where the policy does not forbid it, the holdout simply lacks a column, which is no fault of the candidate's.
    """
    asked = [name for name in inputs or () if apart is not None and name in apart.facts.columns and name in forbidden]
    if not asked:
        return None
    return Misbehaviour(check="inputs", detail=f"its signature asks for {asked[0]!r}, which is kept apart from the holdout (data.attributes) and forbidden")


def predicted(
    predictor: Predictor,
    engine: Engine,
    holdout: Table,
    model: ModelConfig,
    labels: tuple[Value, ...],
    *,
    features: tuple[str, ...],
    keep: tuple[str, ...],
    output: Path,
) -> Misbehaviour | None:
    """Write the columns to keep (labels, sensitive features) and predictions to `output`; features alone go to the candidate."""
    absent = [name for name in (*features, *keep) if name not in holdout.columns]
    if absent:
        raise DataError(
            f"the holdout has no column {absent[0]!r}, which the model or gate.yaml needs",
            where=holdout.location,
            next_step=f"Its columns are {', '.join(list(holdout.columns)[:30])}.",
        )
    from gate.predict.table import predict_table  # noqa: PLC0415 -- only a registered model is asked

    answer = answer_of(model, labels)
    columns = tuple(dict.fromkeys((*features, *keep)))
    batches = engine.batches(holdout, columns, size=_BATCH_ROWS)
    return predict_table(predictor, batches, features=features, keep=keep, answer=answer, output=output, column=PREDICTION)


def counted(
    trial: Trial, model: ModelConfig, engine: Engine, *, depth: int, scores: bool = False
) -> tuple[ContingencyTable, PredictionFacts, tuple[BaselineFacts, ...]]:
    """The counts, how the predictions came about, and the baselines; no counts where the candidate misbehaved.

    Raises:
        DataError: a declared column is absent or of another type, or a label is outside the label set.
        StorageError: the holdout changed meanwhile.
    """
    if trial.judged is None:
        return _NOTHING, trial.predictions, ()
    judged = trial.judged if trial.apart is None else trial.apart.joined(trial.judged)
    result = engine.count(judged, trial.naming(model), trial.labels, depth=depth, scores=scores, baselines=trial.columns)
    if pinned_digest(trial.holdout.location, model) != trial.data_digest:
        raise StorageError("the holdout changed while it was judged", where=trial.holdout.location, next_step="Check again, with a file that nobody writes.")
    if trial.apart is not None:
        trial.apart.require_unchanged()
    if result.misbehaviour is not None:
        return _NOTHING, replace(trial.predictions, misbehaviour=result.misbehaviour), ()
    return result.counts, trial.predictions, tuple(_answering(entry, result.refused.get(entry.name)) for entry in trial.baselines)


def _answering(baseline: BaselineFacts, refused: str | None) -> BaselineFacts:
    """The baseline as it is after counting: one that leaves rows without an answer is not compared with."""
    return baseline if refused is None else replace(baseline, status=BaselineStatus.UNAVAILABLE, detail=refused)
