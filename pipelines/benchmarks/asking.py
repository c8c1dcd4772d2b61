"""Asking a candidate: what a sandbox costs, what the conversation costs, and what the parent needs for it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pyarrow as pa
from timing import paired, row

from gate.core.sandbox import Capability
from gate.predict.backends import available, named
from gate.predict.client import ChildPredictor
from gate.predict.interface import Answer, Backend, Limits

__all__ = ["lines"]

_FEATURES = [f"x{number}" for number in range(20)]
_BATCH = 65_536
_LABEL = Answer.label((0, 1))
_TRAIN = """
import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(7)
inputs = pd.DataFrame({f"x{i}": rng.normal(size=20_000) for i in range(20)})
answers = (inputs.sum(axis=1) > 0).astype(int)
model = LogisticRegression().fit(inputs, answers)
mlflow.sklearn.save_model(model, "model", signature=mlflow.models.infer_signature(inputs, model.predict(inputs)), pip_requirements=[])
"""


def lines(folder: Path, *, rows: int = 1_000_000) -> Iterator[str]:
    """Sandboxes beside the same child without one, the conversation beside predicting in process, and the parent's memory."""
    (folder / "asked.py").write_text(_TRAIN)
    subprocess.run([sys.executable, "asked.py"], cwd=folder, check=True, capture_output=True)
    model, batch = folder / "model", _batch()
    times = rows // _BATCH
    for backend in (entry.backend for entry in available() if entry.obstacle is None and Capability.NETWORK in entry.backend.capabilities):
        whole = paired(partial(_whole, model, backend, batch, times), partial(_whole, model, named("none"), batch, times), times=5)
        yield row(f"a candidate in {backend.name}, from its start to {times * _BATCH:.0e} answers of 20 features", "the same child without a sandbox", whole)
    with ChildPredictor(backend=available()[0].backend, readable=(model,)) as predictor:
        predictor.load(model)
        inside = mlflow.pyfunc.load_model(str(model))
        streamed = paired(partial(_stream, predictor, batch, times), partial(_in_process, inside, batch, times), times=5)
        yield row(f"{times * _BATCH:.0e} answers streamed from the best sandbox", "the same model asked in process, batch by batch", streamed)
    small, large = (_peak(model, number) for number in (100_000, 10_000_000))
    yield f"| memory of the parent while 1e+07 rows are asked: {large:.0f} MB | 1e+05 rows: {small:.0f} MB | – | – | {large / small:.2f} |"


def _batch() -> pa.RecordBatch:
    rng = np.random.default_rng(3)
    return pa.record_batch({name: rng.normal(size=_BATCH) for name in _FEATURES})


def _whole(model: Path, backend: Backend, batch: pa.RecordBatch, times: int) -> None:
    with ChildPredictor(backend=backend, readable=(model,)) as predictor:
        predictor.load(model)
        _stream(predictor, batch, times)


def _stream(predictor: ChildPredictor, batch: pa.RecordBatch, times: int) -> None:
    for _ in range(times):
        answers = predictor.answers(batch, _LABEL)
        if len(answers) != _BATCH:
            raise RuntimeError(answers)


def _in_process(model: mlflow.pyfunc.PyFuncModel, batch: pa.RecordBatch, times: int) -> None:
    for _ in range(times):
        model.predict(batch.to_pandas())


def _peak(model: Path, rows: int) -> float:
    """The most memory that a fresh parent needs to ask so many rows, in MB."""
    words = [sys.executable, __file__, str(model), str(rows)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, env={**os.environ})  # noqa: S603
    return float(json.loads(done.stdout))


def _alone(model: Path, rows: int) -> None:
    import resource  # noqa: PLC0415

    with ChildPredictor(limits=Limits(), backend=available()[0].backend, readable=(model,)) as predictor:
        predictor.load(model)
        _stream(predictor, _batch(), max(1, rows // _BATCH))
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    _alone(Path(sys.argv[1]), int(sys.argv[2]))
