"""Real MLflow stores: a server on loopback and a database file, each with one model in two versions."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest
import yaml
from once import database as empty

NAME = "mortgage approval"
INPUTS = [{"name": "income", "type": "double", "required": True}, {"name": "debt", "type": "double", "required": True}]


def pytest_configure(config: pytest.Config) -> None:
    """MLflow keeps its sessions in a cache that drops them without closing their sockets; Python says so much later."""
    config.addinivalue_line("filterwarnings", r"ignore:Exception ignored in. <socket\.socket:pytest.PytestUnraisableExceptionWarning")


@dataclass(frozen=True)
class Store:
    """A store with the registered model `NAME`: versions 1 and 2, alias `candidate` on 2."""

    uri: str
    run_id: str

    @property
    def client(self) -> mlflow.MlflowClient:
        """MLflow's own client, to see what the gate left there."""
        return mlflow.MlflowClient(tracking_uri=self.uri)


def write_model(folder: Path) -> Path:
    """A folder that MLflow accepts as a model."""
    folder.mkdir(parents=True)
    signature = {"inputs": json.dumps(INPUTS), "outputs": None, "params": None}
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {"python_function": {"loader_module": "m"}}, "signature": signature}), encoding="utf-8")
    (folder / "requirements.txt").write_text("# pinned\nmlflow==3.17.2\n\nscikit-learn==1.9.1\n", encoding="utf-8")
    (folder / "nested").mkdir()
    (folder / "nested" / "weights.bin").write_bytes(bytes(range(256)))
    return folder


def _fill(uri: str, folder: Path) -> Store:
    client = mlflow.MlflowClient(tracking_uri=uri)
    run = client.create_run("0", tags={"mlflow.user": "ada"})
    client.log_artifacts(run.info.run_id, str(folder), "model")
    client.create_registered_model(NAME)
    for _ in range(2):
        client.create_model_version(NAME, source=f"{run.info.artifact_uri}/model", run_id=run.info.run_id)
    client.set_registered_model_alias(NAME, "candidate", "2")
    return Store(uri=uri, run_id=run.info.run_id)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the registered model."""
    return write_model(tmp_path_factory.mktemp("files") / "model")


@pytest.fixture(scope="session")
def starting_server(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """A tracking server that is still starting, with its address."""
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    stores = ["--backend-store-uri", empty(folder), "--artifacts-destination", str(folder / "artifacts")]
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, *stores], stdout=log, stderr=log, cwd=folder, env=environment, start_new_session=True)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory, model_folder: Path, starting_server: object) -> Store:
    """A database file beside its artifacts, made while the server is starting."""
    assert starting_server
    folder = tmp_path_factory.mktemp("database")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return _fill(empty(folder), model_folder)


@pytest.fixture(scope="session")
def server(starting_server: "tuple[str, subprocess.Popen[bytes]]", database: Store, model_folder: Path) -> Store:
    """A tracking server that also hands out artifacts."""
    assert database
    url, process = starting_server
    _await_health(f"{url}/health", process)
    return _fill(url, model_folder)


def _await_health(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(600):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own server
                return
        except (urllib.error.URLError, OSError):
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.1)
    raise AssertionError("the server did not start")


@pytest.fixture(params=["database", "server"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each kind of store in turn."""
    found: Store = request.getfixturevalue(request.param)
    return found
