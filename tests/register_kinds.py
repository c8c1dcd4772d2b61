"""Registers one model of every kind that people register, each with what it should select: a program of its own, as `register_loans.py` is.

What a model should select comes from the library that it was trained with, never from MLflow or the gate.
"""

import importlib.util
import json
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    import mlflow.pyfunc
    import mlflow.sklearn
    from mlflow.models import ModelSignature, infer_signature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

NAME = "kinds"
NUMBERS = ["income", "debt"]
LABELS, WORDS, SCORES = "labels", "words", "scores"


def applicants(seed: int, rows: int = 3000) -> pd.DataFrame:
    """Two groups of equal merit, in every type that a column may have."""
    rng = np.random.default_rng(seed)
    income, debt = rng.normal(3, 1, rows), rng.normal(1, 0.5, rows)
    repaid = income - debt + rng.normal(0, 0.7, rows) > 2
    notes = np.where(income - debt > 2, "steady wages", "no wages")
    years = pd.array(np.clip(np.rint(income * 3), 0, None), dtype="Int64")
    years[rng.random(rows) < 0.1] = pd.NA
    return pd.DataFrame(
        {
            "income": income,
            "debt": debt.astype("float32"),
            "children": rng.integers(0, 4, rows).astype("int32"),
            "owner": income > 3,
            "job": pd.Categorical(np.where(income > 2.5, "clerk", "none"), ["none", "clerk"]),
            "note": notes,
            "years at work": years,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(np.clip(np.rint(income * 1000), 0, None), unit="D"),
            "group": rng.choice(["a", "b"], rows),
            "repaid": repaid.astype("int64"),
            "outcome": np.where(repaid, "yes", "no"),
        }
    )


class Answering(mlflow.pyfunc.PythonModel):
    """A model that selects who has more than `floor` left, and answers in a shape of its own."""

    def __init__(self, shape: str) -> None:
        """How it answers is the only thing to know."""
        self.shape = shape

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002 -- MLflow reads type hints as a schema
        """The answer in that shape."""
        import pandas  # noqa: PLC0415, ICN001 -- pickled by value

        left = model_input["income"] - model_input["debt"]
        chosen, score = left > 2, 1 / (1 + (2 - left).map(lambda x: 2.718281828 ** (3 * x)))
        shapes = {
            "booleans": lambda: chosen,
            "float32": lambda: chosen.astype("float32"),
            "nullable": lambda: chosen.astype("Int64"),
            "list": lambda: [int(value) for value in chosen],
            "text-index": lambda: pandas.Series(chosen.to_numpy(), index=[f"row {place}" for place in range(len(chosen))]),
            "mapping": lambda: {"score": score.to_numpy(), "prediction": chosen.astype("int64").to_numpy()},
            "records": lambda: [{"reason": "left", "prediction": int(value)} for value in chosen],
            "named": lambda: pandas.DataFrame({"reason": "left", "prediction": chosen.astype(int), "score": score}),
            "words": lambda: pandas.Series(["yes" if value else "no" for value in chosen], dtype="category"),
            "two-scores": lambda: pandas.DataFrame({"no": 1 - score, "yes": score}),
            "sorted": chosen.sort_values,
            "unnamed": lambda: pandas.DataFrame({"a": chosen, "b": chosen, "c": chosen}),
        }
        return shapes[self.shape]()


@dataclass(frozen=True)
class Kind:
    """How a kind is logged, what it should select, under which entry of gate.yaml, and the columns of its own holdout."""

    log: Callable[[], Any]
    chosen: Any = None
    entry: str = LABELS
    drop: tuple[str, ...] = field(default=())


def _sklearn(train: pd.DataFrame, test: pd.DataFrame) -> Mapping[str, Kind]:
    plain = LogisticRegression().fit(train[NUMBERS], train["repaid"])
    signed = infer_signature(train[NUMBERS], train["repaid"])
    worded = LogisticRegression().fit(train[NUMBERS], train["outcome"])
    mixed = ColumnTransformer(
        [("text", CountVectorizer(), "note"), ("word", OneHotEncoder(), ["job"]), ("number", StandardScaler(), ["income", "children", "owner"])]
    )
    columns = ["note", "job", "income", "children", "owner"]
    pipeline = make_pipeline(mixed, LogisticRegression()).fit(train[columns], train["repaid"])
    turned = LogisticRegression().fit(train[NUMBERS[::-1]], train["repaid"])
    log = partial(mlflow.sklearn.log_model, name="m", pip_requirements=["scikit-learn", "skops", "cloudpickle"])
    trusted = ["numpy.dtype"]
    chosen = plain.predict(test[NUMBERS])
    return {
        "sklearn-skops": Kind(lambda: log(plain, signature=signed, skops_trusted_types=trusted), chosen),
        "sklearn-pickle": Kind(lambda: log(plain, signature=signed, serialization_format="pickle"), chosen),
        "sklearn-cloudpickle": Kind(lambda: log(plain, signature=signed, serialization_format="cloudpickle"), chosen),
        "sklearn-words": Kind(
            lambda: log(worded, signature=infer_signature(train[NUMBERS], train["outcome"]), serialization_format="cloudpickle"),
            worded.predict(test[NUMBERS]) == "yes",
            WORDS,
        ),
        "sklearn-probabilities": Kind(
            lambda: log(plain, signature=signed, serialization_format="cloudpickle", pyfunc_predict_fn="predict_proba"),
            plain.predict_proba(test[NUMBERS])[:, 1] >= 0.5,
            SCORES,
        ),
        "sklearn-text-pipeline": Kind(
            lambda: log(pipeline, signature=infer_signature(train[columns], train["repaid"]), serialization_format="cloudpickle"),
            pipeline.predict(test[columns]),
        ),
        "sklearn-column-order": Kind(
            lambda: log(turned, signature=infer_signature(train[NUMBERS[::-1]], train["repaid"]), serialization_format="cloudpickle"),
            turned.predict(test[NUMBERS[::-1]]),
        ),
        "sklearn-integers-for-floats": Kind(
            lambda: log(
                plain,
                signature=ModelSignature(inputs=Schema([ColSpec(DataType.float, "income"), ColSpec(DataType.double, "debt")])),
                serialization_format="cloudpickle",
            ),
            plain.predict(test[NUMBERS].astype({"income": "float32"}).astype(float)),
        ),
        "sklearn-without-signature": Kind(
            lambda: log(plain, serialization_format="cloudpickle"), chosen, drop=("children", "owner", "job", "note", "years at work", "since")
        ),
    }


def _python(train: pd.DataFrame, test: pd.DataFrame) -> Mapping[str, Kind]:
    left = test["income"] - test["debt"]
    signature = infer_signature(train[NUMBERS])
    shapes = {
        "booleans": LABELS,
        "float32": LABELS,
        "nullable": LABELS,
        "list": LABELS,
        "text-index": LABELS,
        "mapping": LABELS,
        "records": LABELS,
        "named": LABELS,
        "words": WORDS,
        "two-scores": SCORES,
        "sorted": LABELS,
        "unnamed": LABELS,
    }

    def logged(shape: str) -> Callable[[], Any]:
        return lambda: mlflow.pyfunc.log_model(name="m", python_model=Answering(shape), signature=signature, pip_requirements=["pandas"])

    every = {f"pyfunc-{shape}": Kind(logged(shape), left > 2, entry) for shape, entry in shapes.items()}
    return {**every, "pyfunc-named-score": Kind(logged("named"), left > 2, SCORES), "pyfunc-every-type": _typed(train, test)}


class Typed(mlflow.pyfunc.PythonModel):
    """A model that insists on the type of every column, as its signature promises it."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002 -- as above
        """Whom it selects, if every column is what it was told."""
        found = {name: str(kind) for name, kind in model_input.dtypes.items()}
        wanted = {"children": "int32", "owner": "bool", "years at work": "float64", "debt": "float32"}
        wrong = {name: found[name] for name in wanted if found[name] != wanted[name]}
        if wrong or not found["since"].startswith("datetime64"):
            raise TypeError(f"unexpected types: {wrong or found['since']}")
        if len(model_input) > 100 and not model_input["years at work"].isna().any():
            raise ValueError("missing years are said to be missing")
        return ((model_input["since"].dt.year > 2026) & model_input["owner"] & (model_input["job"] == "clerk")).astype("int64")


def _typed(train: pd.DataFrame, test: pd.DataFrame) -> Kind:
    columns = ["children", "owner", "job", "years at work", "since", "debt"]
    floated = train[columns].astype({"years at work": "float64", "job": "object"})
    signature = infer_signature(floated)
    chosen = (test["since"].dt.year > 2026) & test["owner"] & (test["job"] == "clerk")
    return Kind(lambda: mlflow.pyfunc.log_model(name="m", python_model=Typed(), signature=signature, pip_requirements=["pandas"]), chosen)


def _xgboost(train: pd.DataFrame, test: pd.DataFrame) -> Mapping[str, Kind]:
    import mlflow.xgboost  # noqa: PLC0415 -- only where it is installed
    import xgboost  # noqa: PLC0415

    classifier = xgboost.XGBClassifier(n_estimators=20, max_depth=3, n_jobs=1).fit(train[NUMBERS], train["repaid"])
    booster = classifier.get_booster()
    signature = infer_signature(train[NUMBERS])
    log = partial(mlflow.xgboost.log_model, name="m", pip_requirements=["xgboost-cpu"])
    return {
        "xgboost-classifier": Kind(lambda: log(classifier, signature=signature), classifier.predict(test[NUMBERS])),
        "xgboost-booster": Kind(lambda: log(booster, signature=signature), booster.predict(xgboost.DMatrix(test[NUMBERS].astype(float))) >= 0.5, SCORES),
    }


def _lightgbm(train: pd.DataFrame, test: pd.DataFrame) -> Mapping[str, Kind]:
    import lightgbm  # noqa: PLC0415 -- only where it is installed
    import mlflow.lightgbm  # noqa: PLC0415

    classifier = lightgbm.LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1).fit(train[NUMBERS], train["repaid"])
    signature = infer_signature(train[NUMBERS])
    log = partial(mlflow.lightgbm.log_model, name="m", pip_requirements=["lightgbm"])
    return {
        "lightgbm-classifier": Kind(lambda: log(classifier, signature=signature), classifier.predict(test[NUMBERS])),
        "lightgbm-booster": Kind(
            lambda: log(classifier.booster_, signature=signature), classifier.booster_.predict(test[NUMBERS].astype(float)) >= 0.5, SCORES
        ),
    }


def _torch(train: pd.DataFrame, test: pd.DataFrame) -> Mapping[str, Kind]:
    import mlflow.pytorch  # noqa: PLC0415 -- only where it is installed
    import torch  # noqa: PLC0415

    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sigmoid())
    with torch.no_grad():
        module[0].weight[:] = torch.tensor([[2.0, -2.0]])
        module[0].bias[:] = -4.0
        chosen = module(torch.from_numpy(test[NUMBERS].to_numpy("float32"))).numpy()[:, 0] >= 0.5
    tensor = ModelSignature(inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 2))]), outputs=Schema([TensorSpec(np.dtype("float32"), (-1, 1))]))
    columns = infer_signature(train[NUMBERS].astype("float32"))
    rest = ("children", "owner", "job", "note", "years at work", "since")
    log = partial(mlflow.pytorch.log_model, name="m", pip_requirements=["torch"], serialization_format="pickle")
    return {
        "torch-tensor": Kind(lambda: log(module, signature=tensor), chosen, SCORES, drop=rest),
        "torch-columns": Kind(lambda: log(module, signature=columns), chosen, SCORES),
        "torch-too-many-columns": Kind(lambda: log(module, signature=tensor), chosen, SCORES),
    }


FAMILIES = {"sklearn": _sklearn, "mlflow": _python, "xgboost": _xgboost, "lightgbm": _lightgbm, "torch": _torch}
"""What has to be installed, and the kinds that it brings."""


def main(folder: Path) -> None:
    """Fill a database file with a version of every kind that can be made here; print what each is and should select."""
    train, test = applicants(1), applicants(2)
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("training", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("training")
    made = {}
    for family in (make for module, make in FAMILIES.items() if importlib.util.find_spec(module)):
        for name, kind in family(train, test).items():
            with mlflow.start_run() as run:
                info = kind.log()
            version = mlflow.register_model(f"models:/{info.model_id}" if info.model_id else f"runs:/{run.info.run_id}/m", NAME).version
            chosen = pd.Series(np.asarray(kind.chosen, dtype=bool)).groupby(test["group"].to_numpy()).sum()
            made[name] = {"version": str(version), "entry": kind.entry, "drop": kind.drop, "selected": {group: int(rows) for group, rows in chosen.items()}}
    test.to_parquet(folder / "holdout.parquet")
    print(json.dumps(made))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
