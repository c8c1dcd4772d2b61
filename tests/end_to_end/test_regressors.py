"""A registered regressor, end to end: from the registry through the child to a recorded, replayable decision."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from once import database

from gate.cli import main

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

REGISTER = """
import sys, warnings
warnings.simplefilter("ignore")
import mlflow, pandas as pd
from sklearn.linear_model import LinearRegression
mlflow.set_tracking_uri(sys.argv[1])
train = pd.read_parquet(sys.argv[2])
model = LinearRegression().fit(train[["size"]], train["price"])
signature = mlflow.models.infer_signature(train[["size"]], train["price"])
with mlflow.start_run():
    mlflow.sklearn.log_model(model, name="model", signature=signature, registered_model_name="price", skops_trusted_types=["numpy.dtype"])
"""
GATE = """schema: gate.config/v1
models:
  price:
    tier: high
    task: regression
    data: {uri: holdout.parquet, label: price}
    sensitive_features:
      district: {column: district, groups: [north, south]}
"""
POLICY = """schema: gate.policy/v1
tier: high
rules:
  - {id: error-gap, metric: mean_absolute_error_difference, max: 5, enforcement: soft-mandatory}
  - {id: bias, metric: mean_residual, scope: by_group, max: 5, enforcement: soft-mandatory}
"""


def _houses(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    size = rng.uniform(20, 200, 2000)
    return pd.DataFrame({"size": size, "price": 3 * size + rng.normal(0, 20, 2000), "district": rng.choice(["north", "south"], 2000)})


def test_a_regressor_is_judged_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A linear model on fair houses passes, its decision shows means of errors and no confusion matrix, and replays."""
    uri = database(tmp_path)
    _houses(1).to_parquet(tmp_path / "train.parquet")
    _houses(2).to_parquet(tmp_path / "holdout.parquet")
    (tmp_path / "gate.yaml").write_text(GATE, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    subprocess.run([sys.executable, "-c", REGISTER, uri, str(tmp_path / "train.parquet")], cwd=tmp_path, check=True, capture_output=True)
    words = ["--config", str(tmp_path / "gate.yaml"), "--policy", str(tmp_path / "policy.yaml"), "--output", str(tmp_path / "out"), "--no-record"]
    code = main(["check", "price/1", "--tracking-uri", uri, *words])
    decision = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))
    group = decision["groups"][0]

    assert (code, decision["verdict"], decision["data"]["labelled"]) == (0, "passed", 2000)
    assert sorted(group) == ["feature", "group", "metrics", "rows"]
    assert sorted(group["metrics"]) == ["mean_absolute_error", "mean_residual", "mean_squared_error", "r2_score"]
    assert main(["replay", str(tmp_path / "out")]) == 0
    assert "REPRODUCED" in capsys.readouterr().out
