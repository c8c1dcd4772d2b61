"""A small lending task with a known truth, and a registry that holds models for it."""

import getpass
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import yaml
from once import database, moved, once

from gate.record.keys import new_key

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


TERMS = "override: {approvers: 1, roles: [model-risk], max_days: 30}\n"
PEOPLE = {"gate": ("machine", "gate"), "lena": ("person", "ml"), "ann": ("person", "model-risk"), "bob": ("person", "model-risk")}
"""Whose keys `signed` makes: name → kind and role. Lena trains and checks."""


_HELD = ("artifacts", "ledger")


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

    def keep(self) -> None:
        """Remember what database, artifacts and ledger hold now."""
        for name in _HELD:
            shutil.copytree(self.folder / name, self.folder / "kept" / name)
        _content(self.folder / "mlflow.db", into=self.folder / "kept" / "mlflow.db")

    def restore(self) -> None:
        """Have them hold what was kept, for connections that are open too: a case finds nothing of the one before."""
        for name in _HELD:
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(self.folder / "kept" / name, self.folder / name)
        _content(self.folder / "kept" / "mlflow.db", into=self.folder / "mlflow.db")


def _content(database: Path, *, into: Path) -> None:
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(into)) as target:
        source.backup(target)


def holdout(seed: int = 0, rows: int = 6000) -> pd.DataFrame:
    """Incomes and debts of two groups of equal merit; `wealth` differs between them and means nothing."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b"], rows)
    income, debt = rng.normal(3, 1, rows), rng.normal(1, 0.5, rows)
    repaid = (income - debt + rng.normal(0, 0.7, rows) > 2).astype("int64")
    wealth = rng.normal(0, 0.3, rows) + (group == "a") * 3.0
    return pd.DataFrame({"income": income, "debt": debt, "wealth": wealth, "group": group, "repaid": repaid})


def register(folder: Path, *, server: str | None = None) -> str:
    """What `register_loans.py` makes, in a folder (a copy of what was made once) or at a server; the versions as JSON."""
    if server is not None:
        return _registered(folder, server)
    origin = once("loans", _original)
    shutil.copytree(origin, folder, dirs_exist_ok=True)
    moved(folder, origin=origin)
    return (folder / "versions.json").read_text(encoding="utf-8")


def _original(folder: Path) -> None:
    database(folder)
    (folder / "versions.json").write_text(_registered(folder), encoding="utf-8")


def _registered(*places: Path | str) -> str:
    program = Path(__file__).with_name("register_loans.py")
    done = subprocess.run([sys.executable, str(program), *map(str, places)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def signed(folder: Path, *, server: str | None = None, terms: str = TERMS, identities: Mapping[str, list[str]] | None = None) -> Registry:
    """The versions in a registry of their own, a ledger, a policy with terms of overrides, and everybody's key as NAME.pem.

    Args:
        folder: for all of it.
        server: a server that holds the registry, instead of a file in the folder.
        terms: what the policy says besides its rules.
        identities: name → how others know them; Lena is the account that runs the tests.
    """
    versions = json.loads(register(folder, server=server))
    holdout(2).to_parquet(folder / "holdout.parquet")
    (folder / "gate.yaml").write_text(GATE.replace("models:", "ledger: ledger\nmodels:", 1), encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY + terms, encoding="utf-8")
    (folder / "policies").mkdir()
    known = {"lena": [getpass.getuser()]} if identities is None else identities
    entries = [
        {"name": name, "kind": kind, "roles": [role], "identities": known.get(name, []), "keys": [{"public": new_key(folder / f"{name}.pem")}]}
        for name, (kind, role) in PEOPLE.items()
    ]
    (folder / "policies" / "approvers.yaml").write_text(yaml.safe_dump({"schema": "gate.approvers/v1", "approvers": entries}), encoding="utf-8")
    return Registry(uri=server or f"sqlite:///{folder / 'mlflow.db'}", folder=folder, versions=versions)
