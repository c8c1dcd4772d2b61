"""Whole commands: `gate check` of a registered model beside a bare script that loads it and predicts; `gate policy lint`."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

__all__ = ["bare", "gate", "lint", "nothing", "prepare"]

_GATE = str(Path(sys.executable).with_name("gate"))

_TRAIN = """
import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(7)
rows = {rows}
table = pd.DataFrame({{f"x{{i}}": rng.normal(size=rows) for i in range(20)}})
table["race"] = rng.choice(["r0", "r1", "r2", "r3", "r4"], rows)
table["sex"] = rng.choice(["s0", "s1"], rows)
inputs = [f"x{{i}}" for i in range(20)]
table["y"] = (table[inputs].sum(axis=1) / 3 + rng.normal(size=rows) > 0).astype(int)
table.to_parquet("holdout.parquet")
train = table[:20_000]
mlflow.set_tracking_uri("sqlite:///mlflow.db")
model = LogisticRegression().fit(train[inputs], train["y"])
signature = mlflow.models.infer_signature(train[inputs], model.predict(train[inputs]))
with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model", signature=signature, registered_model_name="bench", pip_requirements=["scikit-learn"])
"""

_BARE = """
import mlflow, pandas as pd

mlflow.set_tracking_uri("sqlite:///mlflow.db")
model = mlflow.pyfunc.load_model("models:/bench/1")
holdout = pd.read_parquet("holdout.parquet")
print(model.predict(holdout[[f"x{i}" for i in range(20)]]).sum())
"""

_CONFIG = """
schema: gate.config/v1
models:
  bench:
    tier: minimal
    task: binary_classification
    data: {{uri: holdout.parquet, label: y{suite}}}
    sensitive_features:
      race: {{column: race, groups: [r0, r1, r2, r3, r4]}}
      sex: {{column: sex, groups: [s0, s1]}}
"""

_SUITE = """
{"name": "bench", "expectations": [
  {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "y"}},
  {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "sex", "value_set": ["s0", "s1"]}}
]}
"""


def prepare(folder: Path, *, rows: int) -> None:
    """Train and register a linear model of 20 features, and write the holdout, the configurations and the bare script."""
    (folder / "train.py").write_text(_TRAIN.format(rows=rows))
    (folder / "bare.py").write_text(_BARE)
    (folder / "suite.json").write_text(_SUITE)
    (folder / "gate.yaml").write_text(_CONFIG.format(suite=""))
    (folder / "suite.yaml").write_text(_CONFIG.format(suite=", expectations: suite.json"))
    _run(folder, sys.executable, "train.py")


def bare(folder: Path) -> Callable[[], object]:
    """The yardstick: import MLflow, load the model, read the rows, predict."""
    return lambda: _run(folder, sys.executable, "bare.py")


def gate(folder: Path, *, config: str) -> Callable[[], object]:
    """The whole check of the same model on the same rows, recording left out as the bare script records nothing."""
    return lambda: _run(folder, _GATE, "check", "bench/1", "--config", config, "--tracking-uri", "sqlite:///mlflow.db", "--no-record")


def lint(policies: Path) -> Callable[[], object]:
    """`gate policy lint policies/`."""
    return lambda: _run(policies.parent, _GATE, "policy", "lint", str(policies))


def nothing(folder: Path) -> Callable[[], object]:
    """Python itself, started and ended."""
    return lambda: _run(folder, sys.executable, "-c", "pass")


def _run(folder: Path, *words: str) -> None:
    done = subprocess.run(words, check=False, cwd=folder, capture_output=True, text=True, env={**os.environ, "GIT_PYTHON_REFRESH": "quiet"})  # noqa: S603 -- our own words
    if done.returncode not in (0, 1, 3):
        raise RuntimeError(f"{' '.join(words)} exited with {done.returncode}: {done.stderr[-2000:]}")
