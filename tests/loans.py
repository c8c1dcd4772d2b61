"""A small lending task with a known truth, and a registry that holds models for it."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd

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


def holdout(seed: int = 0, rows: int = 6000) -> pd.DataFrame:
    """Incomes and debts of two groups of equal merit; `wealth` differs between them and means nothing."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], rows)
    income, debt = rng.normal(3, 1, rows), rng.normal(1, 0.5, rows)
    repaid = (income - debt + rng.normal(0, 0.7, rows) > 2).astype("int64")
    wealth = rng.normal(0, 0.3, rows) + (group == "a") * 3.0
    return pd.DataFrame({"income": income, "debt": debt, "wealth": wealth, "group": group, "repaid": repaid})


def register(folder: Path, *, server: str | None = None) -> str:
    """Run `register_loans.py` for a folder, or for a server; its output is the versions as JSON."""
    program = Path(__file__).with_name("register_loans.py")
    done = subprocess.run([sys.executable, str(program), str(folder), *([] if server is None else [server])], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]
