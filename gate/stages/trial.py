"""The trial: a candidate's predictions beside labels and sensitive features, from a file or from the model itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gate.aggregate.interface import Engine, Table
from gate.core.counts import ConfusionCounts, ContingencyTable
from gate.core.facts import BaselineFacts, BaselineStatus, Candidate, Misbehaviour, PredictionFacts, PredictionSource
from gate.core.model import ModelConfig, Task, Value
from gate.core.moments import LARGEST
from gate.errors import ConfigError, DataError, StorageError, UsageError
from gate.predict.interface import Answer, Predictor
from gate.registry.reference import parse_reference
from gate.stages.attributes import Apart, attributes_of
from gate.stages.data import pinned_digest

__all__ = ["Source", "Trial", "counted", "declared_columns", "entry_name", "on_trial"]

_NOTHING = ContingencyTable(overall=ConfusionCounts(), groups=())
_BATCH_ROWS = 65_536
_PREDICTION = "gate:prediction"


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

    def naming(self, model: ModelConfig) -> ModelConfig:
        """The configuration with the column that really holds the predictions."""
        if self.column is None:
            return model
        scored = model.predictions.score is not None
        named = replace(model.predictions, score=self.column) if scored else replace(model.predictions, column=self.column)
        return replace(model, predictions=named)


def entry_name(entry: str | None, reference: str | None) -> str | None:
    """The entry of `gate.yaml`: as named, or the registered model's name; None means the only one."""
    if entry is not None or reference is None:
        return entry
    return reference.removeprefix("models:/").partition("@")[0].partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a candidate comes from: a reference into the registry at `tracking_uri`, or a file of predictions.

    Raises:
        UsageError: neither or both are given, or the reference names no version.
    """

    reference: str | None
    predictions: Path | None
    tracking_uri: str | None = None

    def __post_init__(self) -> None:
        if (self.reference is None) == (self.predictions is None):
            raise UsageError("give either a registered model or --predictions FILE", next_step="See `gate check --help`.")
        if self.reference is not None:
            parse_reference(self.reference)


def on_trial(
    source: Source, model: ModelConfig, engine: Engine, workspace: Path, *, forbidden: frozenset[str] = frozenset(), tell: Callable[[str], None]
) -> Trial:
    """Bring the candidate to trial; `forbidden` are the columns that the policy forbids as inputs.

    Raises:
        UsageError: the version is not there, or the data cannot be used.
        GateError: registry or sandbox failed.
    """
    if source.predictions is not None:
        return _from_file(model, engine, source.predictions, tell)
    return _from_model(model, engine, workspace, source, forbidden, tell)


def _from_file(model: ModelConfig, engine: Engine, predictions: Path, tell: Callable[[str], None]) -> Trial:
    """A table that already holds predictions: no candidate code runs, and the subject is the file."""
    tell(f"reading {predictions}")
    table = engine.open(str(predictions))
    found = pinned_digest(str(predictions), model)
    return Trial(
        candidate=Candidate(name=model.name, version=None, digest=found),
        holdout=table,
        judged=table,
        labels=_labels(engine, table, model),
        data_digest=found,
        predictions=PredictionFacts(source=PredictionSource.FILE),
        apart=attributes_of(model, engine, table),
    )


def _from_model(model: ModelConfig, engine: Engine, workspace: Path, source: Source, forbidden: frozenset[str], tell: Callable[[str], None]) -> Trial:
    """A registered version: its files come here once, and a child process answers for it."""
    if model.data.uri is None:
        raise ConfigError(f"{model.name!r} names no holdout", where="data.uri", next_step="Name a Parquet or CSV file in gate.yaml.")
    from gate.predict.client import ChildPredictor  # noqa: PLC0415 -- only a registered model needs a child

    folder = workspace / "model"
    folder.mkdir()
    with ChildPredictor(readable=[folder]) as predictor:  # starts at once: its imports overlap with ours
        reference = source.reference or ""
        tell(f"fetching {reference} from the registry")
        from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

        fetched = MlflowRegistry(source.tracking_uri).fetch(reference, folder)
        tell(f"reading {model.data.uri}")
        declared = declared_columns(model)
        inputs = fetched.candidate.inputs
        holdout = engine.open(model.data.uri, text=None if inputs is not None else declared)
        labels = _labels(engine, holdout, model)
        data_digest = pinned_digest(model.data.uri, model)
        apart = attributes_of(model, engine, holdout)
        keep = tuple(name for name in declared if apart is None or name not in apart.facts.columns)
        tell(f"asking the candidate for {holdout.rows:,} predictions")
        fault = _asks_for_the_label(inputs, model) or _asks_for_what_is_apart(inputs, apart, forbidden) or predictor.load(fetched.folder)
        features = inputs if inputs is not None else tuple(name for name in holdout.columns if name not in (*declared, model.predictions.champion))
        output = workspace / "judged.parquet"
        if fault is None:
            fault = _predicted(predictor, engine, holdout, model, labels, features=features, keep=keep, output=output)
        return Trial(
            candidate=fetched.candidate,
            holdout=holdout,
            judged=None if fault else replace(engine.open(str(output)), textual=holdout.textual),
            labels=labels,
            data_digest=data_digest,
            predictions=PredictionFacts(source=PredictionSource.MODEL, sandbox=predictor.sandbox, misbehaviour=fault),
            column=_PREDICTION,
            apart=apart,
        )


def _labels(engine: Engine, table: Table, model: ModelConfig) -> tuple[Value, ...]:
    """The label set; empty where labels are numbers."""
    match model.task:
        case Task.REGRESSION:
            return ()
        case Task.MULTICLASS_CLASSIFICATION:
            return model.data.labels or ()
        case Task.BINARY_CLASSIFICATION:
            return engine.labels(table, model.data)


def _answer(model: ModelConfig, labels: tuple[Value, ...]) -> Answer:
    """What the candidate is asked for."""
    if model.task is Task.REGRESSION:
        return Answer.number(limit=LARGEST)
    return Answer.label(labels) if model.predictions.score is None else Answer.score()


def declared_columns(model: ModelConfig) -> tuple[str, ...]:
    """The columns that never reach a candidate unless its signature asks for them: label, weight, cluster, sensitive features, and the ids of attributes."""
    ids = () if model.data.attributes is None else (model.data.attributes.join_on,)
    counting = tuple(column for column in (model.data.weight, model.data.cluster) if column is not None)
    return tuple(dict.fromkeys((model.data.label, *ids, *counting, *(feature.column for feature in model.sensitive_features))))


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


def _predicted(
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

    answer = _answer(model, labels)
    columns = tuple(dict.fromkeys((*features, *keep)))
    batches = engine.batches(holdout, columns, size=_BATCH_ROWS)
    return predict_table(predictor, batches, features=features, keep=keep, answer=answer, output=output, column=_PREDICTION)


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
