"""Asking a candidate: what a sandbox costs, what the conversation costs, and what the parent needs for it."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from timing import paired, row

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.sandbox import Capability
from gate.predict.backends import available, named
from gate.predict.client import ChildPredictor
from gate.predict.interface import Answer, Backend
from gate.predict.table import ahead

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
    model, table = folder / "model", _table(folder / "asked.parquet", rows)
    for backend in (entry.backend for entry in available() if entry.obstacle is None and Capability.NETWORK in entry.backend.capabilities):
        whole = paired(partial(_whole, model, backend, table), partial(_whole, model, named("none"), table), times=7)
        yield row(f"a candidate in {backend.name}, from its start to {rows:.0e} answers of 20 features", "the same child without a sandbox", whole)
    with ChildPredictor(backend=available()[0].backend, readable=(model,)) as predictor:
        predictor.load(model)
        inside = mlflow.pyfunc.load_model(str(model))
        streamed = paired(partial(_streamed, predictor, table), partial(_in_process, inside, table), times=9)
        yield row(f"{rows:.0e} rows of a Parquet file answered from the best sandbox", "read and answered in process, batch by batch", streamed)
    small, large = (_peak(model, _table(folder / f"{number}.parquet", number)) for number in (100_000, 10_000_000))
    yield f"| memory of the parent while 1e+07 rows are asked: {large:.0f} MB | 1e+05 rows: {small:.0f} MB | – | – | {large / small:.2f} |"


def _table(path: Path, rows: int) -> Path:
    """A Parquet file of so many rows, written in parts."""
    rng = np.random.default_rng(3)
    batch = pa.table({name: rng.normal(size=_BATCH) for name in _FEATURES})
    with pq.ParquetWriter(path, batch.schema) as writer:
        for start in range(0, rows, _BATCH):
            writer.write_table(batch.slice(0, min(_BATCH, rows - start)))
    return path


def _batches(table: Path) -> Iterator[pa.RecordBatch]:
    engine = DuckdbEngine()
    return iter(engine.batches(engine.open(str(table)), tuple(_FEATURES), size=_BATCH))


def _whole(model: Path, backend: Backend, table: Path) -> None:
    with ChildPredictor(backend=backend, readable=(model,)) as predictor:
        predictor.load(model)
        _streamed(predictor, table)


def _streamed(predictor: ChildPredictor, table: Path) -> None:
    for batch in ahead(_batches(table)):
        answers = predictor.answers(batch, _LABEL)
        if len(answers) != batch.num_rows:
            raise RuntimeError(answers)


def _in_process(model: mlflow.pyfunc.PyFuncModel, table: Path) -> None:
    for batch in _batches(table):
        model.predict(batch.to_pandas())


def _peak(model: Path, table: Path) -> float:
    """The most memory that a fresh parent needs to ask every row of a table, in MB."""
    done = subprocess.run([sys.executable, __file__, str(model), str(table)], check=True, capture_output=True, text=True)  # noqa: S603
    return float(done.stdout)


def _alone(model: Path, table: Path) -> None:
    with ChildPredictor(backend=available()[0].backend, readable=(model,)) as predictor:
        predictor.load(model)
        _streamed(predictor, table)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    _alone(Path(sys.argv[1]), Path(sys.argv[2]))
