"""A registered ranker, end to end: it scores rows one by one, and is judged by the order of every list."""

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
model = LinearRegression().fit(train[["skill", "years"]], train["relevance"])
with mlflow.start_run():
    mlflow.sklearn.log_model(
        model, name="model", signature=mlflow.models.infer_signature(train[["skill", "years"]], model.predict(train[["skill", "years"]])),
        registered_model_name="shortlist", skops_trusted_types=["numpy.dtype"],
    )
"""
GATE = """schema: gate.config/v1
models:
  shortlist:
    tier: high
    task: ranking
    data: {uri: holdout.parquet, label: relevance, query: job}
    predictions: {top_k: 5}
    sensitive_features:
      sex: {column: sex, groups: [female, male]}
"""
POLICY = """schema: gate.policy/v1
tier: high
rules:
  - {id: shortlisted, metric: top_k_selection_rate_ratio, min: 0.8, enforcement: soft-mandatory}
  - {id: useful, metric: ndcg, scope: by_group, min: 0.5, enforcement: soft-mandatory}
"""


def _applicants(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = 300 * 15
    skill, years = rng.normal(0, 1, rows), rng.integers(0, 20, rows).astype(float)
    relevance = np.clip(np.round(skill + years / 10 + rng.normal(0, 0.5, rows)), 0, 3).astype(np.int64)
    people = {"skill": skill, "years": years, "relevance": relevance, "sex": rng.choice(["female", "male"], rows)}
    return pd.DataFrame({"job": np.repeat(np.arange(300), 15), **people})


def test_a_ranker_is_judged_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A linear model that sees neither the list nor the sex passes, and its decision replays from the sums of the record."""
    uri = database(tmp_path)
    _applicants(1).to_parquet(tmp_path / "train.parquet")
    _applicants(2).to_parquet(tmp_path / "holdout.parquet")
    (tmp_path / "gate.yaml").write_text(GATE, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    subprocess.run([sys.executable, "-c", REGISTER, uri, str(tmp_path / "train.parquet")], cwd=tmp_path, check=True, capture_output=True)
    words = ["--config", str(tmp_path / "gate.yaml"), "--policy", str(tmp_path / "policy.yaml"), "--output", str(tmp_path / "out"), "--no-record"]
    code = main(["check", "shortlist/1", "--tracking-uri", uri, *words])
    decision = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))

    assert (code, decision["verdict"]) == (0, "passed")
    assert sorted(decision["groups"][0]["metrics"]) == ["exposure", "ndcg", "top_k_selection_rate"]
    assert main(["replay", str(tmp_path / "out")]) == 0
    assert "REPRODUCED" in capsys.readouterr().out
