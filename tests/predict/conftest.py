"""Candidates on disk: real MLflow models, written by hand so that no test has to wait for MLflow to save one."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from gate.predict.client import ChildPredictor
from gate.predict.interface import Limits
from gate.predict.interview import Interview

ModelWriter = Callable[..., Path]

MOODY = """
import os, sys
import numpy as np, pandas as pd

ANSWERS = {
    "int": lambda x: (x > 0).astype(int).to_numpy(),
    "series": lambda x: (x > 0).astype("int32"),
    "frame": lambda x: pd.DataFrame({"out": (x > 0).astype(float)}),
    "list": lambda x: [bool(v > 0) for v in x],
    "column": lambda x: (x > 0).to_numpy().reshape(-1, 1),
    "nullable": lambda x: (x > 0).astype("Int64"),
    "text": lambda x: np.where(x > 0, "yes", "no"),
    "category": lambda x: pd.Series(np.where(x > 0, "yes", "no"), dtype="category"),
    "score": lambda x: 1 / (1 + np.exp(-x.to_numpy())),
    "proba": lambda x: np.column_stack([1 - (x > 0), (x > 0).astype(float)]),
    "short": lambda x: np.zeros(len(x) - 1),
    "long": lambda x: np.zeros(len(x) + 1),
    "nan": lambda x: np.where(x > 0, np.nan, 0.0),
    "infinite": lambda x: np.where(x > 0, np.inf, 0.0),
    "stranger": lambda x: np.full(len(x), 2),
    "too-much": lambda x: np.full(len(x), 1.5),
    "none": lambda x: None,
    "nones": lambda x: [None] * len(x),
    "cube": lambda x: np.zeros((len(x), 2, 2)),
    "three": lambda x: np.zeros((len(x), 3)),
    "dates": lambda x: pd.Series(pd.Timestamp("2020-01-01"), index=x.index),
    "dict": lambda x: {"out": 1},
    "raise": lambda x: 1 / 0,
    "loud": lambda x: (sys.stdout.write("spam\\x1b[31m" * 1_000_000), sys.stdout.flush(), np.ones(len(x)))[-1],
    "environment": lambda x: (print(sorted(os.environ)), sys.stdout.flush(), 1 / 0),
}

class Model:
    def predict(self, frame, params=None):
        return ANSWERS[frame["mood"].iloc[0]](frame["x"])

def _load_pyfunc(path):
    return Model()
"""


@pytest.fixture(scope="session")
def write_model(tmp_path_factory: pytest.TempPathFactory) -> ModelWriter:
    """Write an MLflow model whose code is the given text, with the given signature inputs (name → type)."""

    def write(code: str, inputs: dict[str, str] | None = None) -> Path:
        folder = tmp_path_factory.mktemp("model")
        (folder / "code").mkdir()
        (folder / "code" / "candidate_code.py").write_text(code, encoding="utf-8")
        (folder / "data").touch()
        flavor = {"loader_module": "candidate_code", "code": "code", "data": "data", "env": None, "python_version": "3.11.7"}
        document: dict[str, object] = {"flavors": {"python_function": flavor}, "mlflow_version": "3.0.0"}
        if inputs is not None:
            columns = json.dumps([{"name": name, "type": kind, "required": True} for name, kind in inputs.items()])
            document["signature"] = {"inputs": columns, "outputs": None, "params": None}
        (folder / "MLmodel").write_text(yaml.safe_dump(document), encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def loaded(write_model: ModelWriter) -> Iterator[ChildPredictor]:
    """One loaded candidate for the whole session."""
    with ChildPredictor(limits=Limits(batch_rows=1000)) as predictor:
        assert predictor.load(write_model(MOODY, {"mood": "string", "x": "double"})) is None
        yield predictor


@pytest.fixture
def moody(loaded: ChildPredictor) -> ChildPredictor:
    """A candidate whose column `mood` says how it answers, asked as if for the first time."""
    loaded._interview = Interview(batch_rows=1000)
    return loaded
