"""A real registry in a database file, with models that are fair, unfair, broken or strange."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import cloudpickle
    import mlflow
    import mlflow.pyfunc
    import mlflow.sklearn
    from sklearn.linear_model import LogisticRegression

NAME = "loans"
FEATURES = ["income", "debt"]
GATE = """\
schema: gate.config/v1
models:
  loans:
    tier: high
    task: binary_classification
    data: {uri: holdout.parquet, label: repaid}
    sensitive_features:
      group: {column: group, groups: [a, b]}
"""
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory, why: Both groups are to be chosen alike.}
  - {id: useful, metric: balanced_accuracy, scope: overall, min: 0.55, enforcement: hard-mandatory}
"""


@dataclass(frozen=True)
class Registry:
    """Where it is, and which version of `loans` is which."""

    uri: str
    folder: Path
    versions: dict[str, str]

    @property
    def client(self) -> mlflow.MlflowClient:
        """MLflow's own client."""
        return mlflow.MlflowClient(tracking_uri=self.uri)

    def check(self, kind: str, *words: str) -> list[str]:
        """The words of `gate check` for one of the versions."""
        files = ["--config", str(self.folder / "gate.yaml"), "--policy", str(self.folder / "policy.yaml"), "--tracking-uri", self.uri]
        return ["check", f"{NAME}/{self.versions[kind]}", *files, *words]


class Raising(mlflow.pyfunc.PythonModel):
    """A model whose prediction fails."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002, D102 -- MLflow reads type hints as a schema
        raise RuntimeError("the feature store is \x1b[31mdown")


class Leaving(mlflow.pyfunc.PythonModel):
    """A model that leaves the process as if all were well."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002, D102 -- as above
        import os  # noqa: PLC0415

        os._exit(0)


def holdout(seed: int = 0, rows: int = 6000) -> pd.DataFrame:
    """Incomes and debts of two groups of equal merit; `wealth` differs between them and means nothing."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], rows)
    income, debt = rng.normal(3, 1, rows), rng.normal(1, 0.5, rows)
    repaid = (income - debt + rng.normal(0, 0.7, rows) > 2).astype("int64")
    wealth = rng.normal(0, 0.3, rows) + (group == "a") * 3.0
    return pd.DataFrame({"income": income, "debt": debt, "wealth": wealth, "group": group, "repaid": repaid})


def _fitted(train: pd.DataFrame, columns: list[str], target: pd.Series) -> tuple[Any, Any]:
    model = LogisticRegression().fit(train[columns], target)
    return model, mlflow.models.infer_signature(train[columns], target)


def _register(train: pd.DataFrame) -> dict[str, str]:
    """Every kind of candidate, as versions of one model."""
    fair, fair_signature = _fitted(train, FEATURES, train["repaid"])
    surplus = train["income"] - train["debt"]
    wealthy = (((train["wealth"] > 1.5) & (surplus > 1.2)) | (surplus > 2.8)).astype("int64")
    unfair, unfair_signature = _fitted(train, [*FEATURES, "wealth"], wealthy)
    versions = {}
    for kind, model, signature in (("fair", fair, fair_signature), ("unfair", unfair, unfair_signature)):
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(model, name="model", signature=signature, registered_model_name=NAME, skops_trusted_types=["numpy.dtype"])
        versions[kind] = str(info.registered_model_version)
    for kind, python_model in (("raising", Raising()), ("leaving", Leaving())):
        with mlflow.start_run():
            info = mlflow.pyfunc.log_model(name="model", python_model=python_model, signature=fair_signature, registered_model_name=NAME)
        versions[kind] = str(info.registered_model_version)
    return versions


@contextmanager
def registry_in(folder: Path) -> Iterator[Registry]:
    """A database file with four versions, a configuration, a policy and a holdout."""
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # the child cannot import a test module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.set_tracking_uri(uri)
        for experiment in ("training", "gate"):
            mlflow.create_experiment(experiment, artifact_location=(folder / "artifacts" / experiment).as_uri())
        mlflow.set_experiment("training")
        versions = _register(holdout(1))
    holdout(2).to_parquet(folder / "holdout.parquet")
    (folder / "gate.yaml").write_text(GATE, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    yield Registry(uri=uri, folder=folder, versions=versions)
    mlflow.set_tracking_uri(None)
