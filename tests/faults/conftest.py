"""A server, a proxy before it that goes wrong, and a process that forks gates; how many cells a grid had is printed at the end."""

import os
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
import yaml
from faulty import Proxy, Zygote, proxy, zygotes
from loans import GATE, POLICY, Registry, holdout
from mlflow_servers import serving
from once import database

from gate.record.keys import new_key

_TINY = """
import numpy as np

class Model:
    def predict(self, frame, params=None):
        return np.asarray((frame["income"] - frame["debt"] > 2).astype("int64"))

def _load_pyfunc(path):
    return Model()
"""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The size of every grid that was run."""
    reports = [report for outcome in terminalreporter.stats.values() for report in outcome if hasattr(report, "user_properties")]
    for report in reports:
        for name, value in report.user_properties:
            if name == "cells" and report.when == "call":
                terminalreporter.write_line(f"{report.nodeid.rpartition('::')[2]}: {value} cells")


@pytest.fixture(scope="module")
def zygote(served: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    """A process that has everything imported, and the key of the gate."""
    with zygotes(tmp_path_factory.mktemp("zygote"), served.folder / "gate.pem") as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A tiny model at a server, its policy, its key and its ledger."""
    folder = tmp_path_factory.mktemp("faults")
    with serving(folder, database(folder)) as url:
        versions = _registered(folder, url)
        holdout(2).to_parquet(folder / "holdout.parquet")
        (folder / "gate.yaml").write_text(GATE.replace("models:", "ledger: ledger\nmodels:", 1), encoding="utf-8")
        (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
        (folder / "policies").mkdir()
        entry = {"name": "gate", "kind": "machine", "roles": ["gate"], "keys": [{"public": new_key(folder / "gate.pem")}]}
        (folder / "policies" / "approvers.yaml").write_text(yaml.safe_dump({"schema": "gate.approvers/v1", "approvers": [entry]}), encoding="utf-8")
        yield Registry(uri=url, folder=folder, versions=versions)


def _registered(folder: Path, url: str) -> dict[str, str]:
    """One version whose model is a few lines."""
    (folder / "tiny.py").write_text(_TINY)
    signature = mlflow.models.infer_signature(holdout(2, rows=5)[["income", "debt"]], holdout(2, rows=5)["repaid"])
    mlflow.pyfunc.save_model(str(folder / "tiny"), loader_module="tiny", code_paths=[str(folder / "tiny.py")], signature=signature, pip_requirements=[])
    client = mlflow.MlflowClient(tracking_uri=url)
    run = client.create_run(client.create_experiment("training"))
    client.create_experiment("gate")
    client.log_artifacts(run.info.run_id, str(folder / "tiny"), "model")
    client.create_registered_model("loans")
    version = client.create_model_version("loans", source=f"{run.info.artifact_uri}/model", run_id=run.info.run_id)
    return {"fair": str(version.version)}


@pytest.fixture(scope="module")
def faults(served: Registry) -> Iterator[Proxy]:
    """The proxy before the server."""
    with proxy(served.uri) as found:
        yield found


@pytest.fixture
def whole() -> bool:
    """Whether every cell is run, which takes hours; otherwise a sample that is drawn with a seed."""
    return os.environ.get("GATE_FAULTS") == "all"
