"""The registry is made once for all tests of the whole path."""

import json

import pytest
from loans import GATE, POLICY, Registry, holdout, register


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A real registry with a fair, an unfair, a raising, a leaving, a telling and an asking version, and what is needed to judge them."""
    folder = tmp_path_factory.mktemp("registry")
    versions = json.loads(register(folder))
    holdout(2).to_parquet(folder / "holdout.parquet")
    (folder / "gate.yaml").write_text(GATE, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return Registry(uri=f"sqlite:///{folder / 'mlflow.db'}", folder=folder, versions=versions)
