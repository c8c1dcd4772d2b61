"""A mitigated model into the registry, with where it comes from in its own files and, for people, in tags."""

import logging
import sys
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict
from importlib import metadata
from types import ModuleType
from typing import Any

from gate.core.mitigation import Lineage
from gate.errors import RegistryError
from gate.registry.mlflow_registry import FAILURES
from gate.registry.mlmodel import LINEAGE
from gate.registry.settings import hush, settle

settle()  # as for all that imports MLflow

# ruff: noqa: E402
import cloudpickle
import mlflow
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

__all__ = ["EXPERIMENT", "register"]

EXPERIMENT = "gate mitigate"
"""The experiment of the runs that register mitigated models."""
TAG = "gate.mitigation"
_TRUSTED = ["numpy.dtype"]


def register(
    model: Any,  # noqa: ANN401 -- whatever has `predict`
    name: str,
    lineage: Lineage,
    *,
    inputs: Mapping[str, bool],
    labels: type,
    by_value: tuple[ModuleType, ...],
    tracking_uri: str | None,
) -> str:
    """The number of the new version of `name`.

    Args:
        model: answers the labels of the table on a frame of its inputs.
        name: the registered model.
        lineage: how it was made.
        inputs: the columns that it takes, in order; whether each holds numbers, otherwise text.
        labels: the type of a label.
        by_value: modules whose classes travel inside the model.
        tracking_uri: address of the registry; None means MLflow's own setting.

    Raises:
        RegistryError: MLflow did not take it.
    """
    hush()
    said = {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(lineage).items()}
    kept = {"mlflow.tracking": mlflow.get_tracking_uri()}
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            mlflow.set_tracking_uri(tracking_uri or mlflow.get_tracking_uri())
            client = mlflow.MlflowClient()
            found = client.get_experiment_by_name(EXPERIMENT)
            experiment = found.experiment_id if found else client.create_experiment(EXPERIMENT)
            with mlflow.start_run(experiment_id=experiment, run_name=lineage.candidate):
                info = mlflow.sklearn.log_model(
                    model,
                    name="model",
                    signature=_signature(inputs, labels),
                    registered_model_name=name,
                    metadata={LINEAGE: said},
                    pip_requirements=[f"{package}=={metadata.version(package)}" for package in ("mlflow", "scikit-learn", "pandas", *_format(model)[1])],
                    await_registration_for=0,
                    **_stored(model, by_value),
                )
            version = str(info.registered_model_version)
            for key, value in (
                ("", lineage.technique),
                (".feature", lineage.feature),
                (".parent", lineage.parent),
                (".parameters", "; ".join(lineage.parameters)),
            ):
                if value:
                    client.set_model_version_tag(name, version, TAG + key, value[:400])
    except FAILURES as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise RegistryError(f"MLflow did not register the model: {reason}", next_step="Check --tracking-uri, and that it may be written.") from error
    finally:
        mlflow.set_tracking_uri(kept["mlflow.tracking"])
        for module in by_value:
            if module.__name__ in cloudpickle.list_registry_pickle_by_value():
                cloudpickle.unregister_pickle_by_value(module)
    return version


def _format(model: Any) -> tuple[str, tuple[str, ...]]:  # noqa: ANN401 -- as above
    """How it is stored, and what reading it needs: skops where its own classes suffice, else pickle."""
    try:
        import skops.io  # noqa: PLC0415 -- older releases of MLflow do not bring it

        strange = set(skops.io.get_untrusted_types(data=skops.io.dumps(model))) - set(_TRUSTED)
    except (ImportError, TypeError, ValueError, AttributeError, NotImplementedError):
        strange = {"unknown"}
    return ("cloudpickle", ("cloudpickle",)) if strange else ("skops", ("skops",))


def _stored(model: Any, by_value: tuple[ModuleType, ...]) -> dict[str, Any]:  # noqa: ANN401 -- as above
    form, _ = _format(model)
    if form == "skops":
        return {"skops_trusted_types": _TRUSTED}
    logging.getLogger("mlflow.sklearn").setLevel(logging.ERROR)  # it warns of pickles, which the how-to does in its own words
    for module in by_value:
        cloudpickle.register_pickle_by_value(module)
    return {"serialization_format": "cloudpickle"}


def _signature(inputs: Mapping[str, bool], labels: type) -> ModelSignature:
    kinds = {bool: DataType.boolean, int: DataType.long, float: DataType.double}
    columns: list[ColSpec | TensorSpec] = [ColSpec(DataType.double if number else DataType.string, name, required=False) for name, number in inputs.items()]
    return ModelSignature(inputs=Schema(columns), outputs=Schema([ColSpec(kinds.get(labels, DataType.string))]))
