"""A candidate that is served elsewhere: its answers are judged, and the record binds no bytes of a model."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gate.aggregate.interface import Engine
from gate.core.facts import Candidate, PredictionFacts, PredictionSource
from gate.core.model import ModelConfig
from gate.errors import ConfigError, UsageError
from gate.predict.endpoint import Endpoint, EndpointLimits
from gate.stages.attributes import attributes_of
from gate.stages.data import pinned_digest
from gate.stages.source import Source
from gate.stages.trial import PREDICTION, Trial, declared_columns, labels_of, predicted

__all__ = ["at_endpoint"]


def at_endpoint(source: Source, model: ModelConfig, engine: Engine, workspace: Path, *, tell: Callable[[str], None]) -> Trial:
    """Ask a served candidate for every row of the holdout.

    Raises:
        UsageError: the data or the columns to send cannot be meant.
        EndpointError: it could not be asked.
    """
    if model.data.uri is None:
        raise ConfigError(f"{model.name!r} names no holdout", where="data.uri", next_step="Name a Parquet or CSV file in gate.yaml.")
    endpoint = Endpoint(source.endpoint or "", limits=EndpointLimits(seconds=model.limits.seconds))
    tell(f"reading {model.data.uri}")
    declared = declared_columns(model)
    holdout = engine.open(model.data.uri, text=declared)
    labels = labels_of(engine, holdout, model)
    found = pinned_digest(model.data.uri, model)
    apart = attributes_of(model, engine, holdout)
    features = source.inputs or tuple(name for name in holdout.columns if name not in (*declared, model.predictions.champion))
    if model.data.label in features:
        message = f"--inputs names {model.data.label!r}, the label that the candidate is judged by"
        raise UsageError(message, where="--inputs", next_step="Leave it out.")
    keep = tuple(name for name in declared if apart is None or name not in apart.facts.columns)
    output = workspace / "judged.parquet"
    tell(f"asking {source.endpoint} for {holdout.rows:,} predictions")
    fault = predicted(endpoint, engine, holdout, model, labels, features=features, keep=keep, output=output)
    return Trial(
        candidate=Candidate(name=model.name, version=None, digest=endpoint.digest, inputs=features),
        holdout=holdout,
        judged=None if fault else replace(engine.open(str(output)), textual=holdout.textual),
        labels=labels,
        data_digest=found,
        predictions=PredictionFacts(source=PredictionSource.ENDPOINT, misbehaviour=fault, endpoint=source.endpoint),
        column=PREDICTION,
        apart=apart,
    )
