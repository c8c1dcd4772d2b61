"""Every kind of model that people register, through a real registry and `gate check`: what it selects is what its own library says."""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from once import database

from gate.cli import main

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PROGRAM = Path(__file__).parents[1] / "register_kinds.py"
PREDICTIONS = {
    "labels": "data: {uri: HOLDOUT, label: repaid}",
    "words": "data: {uri: HOLDOUT, label: outcome, labels: ['no', 'yes'], positive_label: 'yes'}",
    "scores": "data: {uri: HOLDOUT, label: repaid}, predictions: {score: score}",
}
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.15, enforcement: soft-mandatory}
  - {id: useful, metric: balanced_accuracy, scope: overall, min: 0.55, enforcement: hard-mandatory}
"""


@dataclass(frozen=True)
class Kinds:
    """A registry with a version of every kind, and what each should select per group."""

    uri: str
    folder: Path
    made: dict[str, Any]

    def judged(self, kind: str, output: Path) -> int:
        """The exit code of `gate check` for a kind."""
        spec = self.made[kind]
        other = "outcome" if spec["entry"] != "words" else "repaid"
        table = pd.read_parquet(self.folder / "holdout.parquet").drop(columns=[*spec["drop"], other])
        table.to_parquet(output / "holdout.parquet")
        groups = "sensitive_features: {group: {column: group, groups: [a, b]}}"
        entry = PREDICTIONS[spec["entry"]].replace("HOLDOUT", str(output / "holdout.parquet"))
        config = f"schema: gate.config/v1\nmodels:\n  kinds: {{tier: high, task: binary_classification, {entry}, {groups}}}\n"
        (output / "gate.yaml").write_text(config, encoding="utf-8")
        (output / "policy.yaml").write_text(POLICY, encoding="utf-8")
        files = ["--config", str(output / "gate.yaml"), "--policy", str(output / "policy.yaml"), "--output", str(output / "out")]
        return main(["check", f"kinds/{spec['version']}", *files, "--no-record", "--tracking-uri", self.uri])


@pytest.fixture(scope="session")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Kinds:
    """The registry, made by a program of its own."""
    folder = tmp_path_factory.mktemp("kinds")
    database(folder)
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, str(PROGRAM), str(folder)], capture_output=True, text=True, check=False, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return Kinds(uri=f"sqlite:///{folder / 'mlflow.db'}", folder=folder, made=json.loads(done.stdout.splitlines()[-1]))


def _require(kind: str) -> None:
    """Skip what cannot be made here, with the reason; where CI is set, a missing library is a failure."""
    library = {"xgboost": "xgboost", "lightgbm": "lightgbm", "torch": "torch"}.get(kind.partition("-")[0])
    if library is None or importlib.util.find_spec(library):
        return
    reason = f"{library} is not installed: `make kinds` installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


JUDGED = [
    "sklearn-skops",
    "sklearn-words",
    "sklearn-text-pipeline",
    "pyfunc-booleans",
    "pyfunc-named-score",
    "pyfunc-every-type",
    "xgboost-classifier",
    "lightgbm-booster",
    "torch-tensor",
]
"""Each library, each form of answer and each way of naming columns, once."""
MORE = [
    "sklearn-pickle",
    "sklearn-cloudpickle",
    "sklearn-probabilities",
    "sklearn-column-order",
    "sklearn-integers-for-floats",
    "sklearn-without-signature",
    "pyfunc-float32",
    "pyfunc-nullable",
    "pyfunc-list",
    "pyfunc-text-index",
    "pyfunc-mapping",
    "pyfunc-records",
    "pyfunc-named",
    "pyfunc-words",
    "pyfunc-two-scores",
    "xgboost-booster",
    "lightgbm-classifier",
    "torch-columns",
]


@pytest.mark.parametrize("kind", [*JUDGED, *(pytest.param(kind, marks=pytest.mark.slow) for kind in MORE)])
def test_a_kind_is_judged_by_what_it_selects(kinds: Kinds, kind: str, tmp_path: Path) -> None:
    """The counts of every group are those that the model's own library gives for the same rows."""
    _require(kind)
    code = kinds.judged(kind, tmp_path)
    decision = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))
    selected = {group["group"]: group["tp"] + group["fp"] for group in decision["groups"]}

    assert decision["facts"]["predictions"]["misbehaviour"] is None
    assert (code, selected) == (0, kinds.made[kind]["selected"])


@pytest.mark.parametrize(
    ("kind", "said"), [("pyfunc-sorted", "in another order than it was asked"), ("pyfunc-unnamed", "('a', 'b', 'c'), not one of the name 'prediction'")]
)
def test_an_answer_that_could_mean_several_things_is_refused(kinds: Kinds, kind: str, said: str, tmp_path: Path) -> None:
    """Rows that come back sorted, or columns of which none is named, are the candidate's fault: blocked, with the reason."""
    code = kinds.judged(kind, tmp_path)
    fault = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))["facts"]["predictions"]["misbehaviour"]

    assert (code, fault["check"]) == (1, "shape")
    assert said in fault["detail"]


def test_columns_without_names_have_to_be_as_many(kinds: Kinds, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A tensor of two columns cannot say which of the holdout's eight it wants: nobody's model is blocked for it, and nothing is judged (exit 2)."""
    _require("torch-too-many-columns")

    assert kinds.judged("torch-too-many-columns", tmp_path) == 2
    assert "takes 2 columns without names, and the holdout offers it 8" in " ".join(capsys.readouterr().err.split())
