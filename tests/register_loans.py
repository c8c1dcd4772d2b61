"""Makes a real registry in a database file, with models that are fair, unfair, broken or strange.

A program of its own, because MLflow keeps its address for the whole process, and so that models are pickled by value.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from loans import FEATURES, NAME, holdout

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    import mlflow.pyfunc
    import mlflow.sklearn
    from sklearn.linear_model import LogisticRegression


NEEDS = ["mlflow", "scikit-learn", "pandas"]
"""What every model requires; finding it out would load each in a process of its own."""


class Raising(mlflow.pyfunc.PythonModel):
    """A model whose prediction fails."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002, D102 -- MLflow reads type hints as a schema
        raise RuntimeError("the feature store is \x1b[31mdown")


class Leaving(mlflow.pyfunc.PythonModel):
    """A model that leaves the process as if all were well."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002, D102 -- as above
        import os  # noqa: PLC0415

        os._exit(0)


class Telling(mlflow.pyfunc.PythonModel):
    """A model that tells which columns it was shown."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002, D102 -- as above
        raise RuntimeError("I saw " + " and ".join(sorted(model_input.columns)))


class Remembering(mlflow.pyfunc.PythonModel):
    """A model that favours a group, and answers rows that differ in the group alone as it answered the first of them."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002, D102 -- as above
        known = self.__dict__.setdefault("known", {})
        keys = list(zip(model_input["income"], model_input["debt"], strict=True))
        surplus = model_input["income"] - model_input["debt"] + 0.5 * (model_input["group"] == "a")
        return [known.setdefault(key, int(enough)) for key, enough in zip(keys, surplus > 2.2, strict=True)]


def _fitted(train: pd.DataFrame, columns: list[str], target: pd.Series) -> tuple[Any, Any]:
    model = LogisticRegression().fit(train[columns], target)
    return model, mlflow.models.infer_signature(train[columns], target)


def _register(train: pd.DataFrame, *, few: bool) -> dict[str, str]:
    """Every kind of candidate, as versions of one model; or the two that are about fairness alone."""
    fair, fair_signature = _fitted(train, FEATURES, train["repaid"])
    surplus = train["income"] - train["debt"]
    wealthy = (((train["wealth"] > 1.5) & (surplus > 1.2)) | (surplus > 2.8)).astype("int64")
    unfair, unfair_signature = _fitted(train, [*FEATURES, "wealth"], wealthy)
    versions = {}
    for kind, model, signature in (("fair", fair, fair_signature), ("unfair", unfair, unfair_signature)):
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(
                model, name="model", signature=signature, registered_model_name=NAME, skops_trusted_types=["numpy.dtype"], pip_requirements=NEEDS
            )
        versions[kind] = str(info.registered_model_version)
    if few:
        return versions
    for kind, python_model in (("raising", Raising()), ("leaving", Leaving())):
        with mlflow.start_run():
            info = mlflow.pyfunc.log_model(
                name="model", python_model=python_model, signature=fair_signature, registered_model_name=NAME, pip_requirements=NEEDS
            )
        versions[kind] = str(info.registered_model_version)
    with mlflow.start_run():
        told = mlflow.models.infer_signature(train[[*FEATURES, "group"]], train["repaid"])
        mlflow.pyfunc.log_model(name="model", python_model=Remembering(), signature=told, registered_model_name=f"{NAME}-remembering", pip_requirements=NEEDS)
    asking = mlflow.models.infer_signature(train[["income", "group"]], train["repaid"])
    for kind, signature in (("telling", None), ("asking", asking)):
        with mlflow.start_run():
            info = mlflow.pyfunc.log_model(name="model", python_model=Telling(), signature=signature, registered_model_name=NAME, pip_requirements=NEEDS)
        versions[kind] = str(info.registered_model_version)
    return versions


def main(folder: Path, server: str | None) -> None:
    """Fill a database file with six versions of `loans`, or a server with two; print which is which."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlflow.set_tracking_uri(server or f"sqlite:///{folder / 'mlflow.db'}")
        for experiment in ("training", "gate"):
            mlflow.create_experiment(experiment, artifact_location=None if server else (folder / "artifacts" / experiment).as_uri())
        mlflow.set_experiment("training")
        print(json.dumps(_register(holdout(1), few=server is not None)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), next(iter(sys.argv[2:]), None))
