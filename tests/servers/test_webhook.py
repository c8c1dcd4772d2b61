"""A real MLflow server sends its events to a real receiver: versions are checked, and a guarded alias is moved back."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest
from cryptography.fernet import Fernet
from loans import NAME, Registry, signed
from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent
from mlflow_servers import KEY, serving
from once import database

from gate.cli import main

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]
SECRET = "shared by registry and gate"
PATIENCE = 120


def _until(holds: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Ask until it holds; the receiver must not end meanwhile."""
    end = monotonic() + PATIENCE
    while not holds():
        try:
            process.wait(0.2)
            raise AssertionError(log.read_text())
        except subprocess.TimeoutExpired:
            assert monotonic() < end, log.read_text()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A server that may send events to this machine, with a fair and an unfair version that nobody has checked."""
    folder = tmp_path_factory.mktemp("webhook")
    settings = {
        "MLFLOW_WEBHOOK_ALLOWED_SCHEMES": "http",
        "MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS": "true",
        "MLFLOW_WEBHOOK_CACHE_TTL": "0",
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": Fernet.generate_key().decode(),
    }
    with serving(folder, database(folder), **settings) as url:
        yield signed(folder, server=url)


@contextmanager
def _listening(registry: Registry, log: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """The receiver, as it would be started, and its address."""
    words = [sys.executable, "-m", "gate", "serve-webhook", "--port", "0", "--guard", "champion", "--move-back", "--catch-up", "5"]
    files = ["--config", str(registry.folder / "gate.yaml"), "--policy", str(registry.folder / "policy.yaml"), "--tracking-uri", registry.uri]
    environment = {**os.environ, "GATE_WEBHOOK_SECRET": SECRET, KEY: str(registry.folder / "gate.pem")}
    with log.open("wb") as output:
        process = subprocess.Popen([*words, *files], stderr=output, stdout=output, env=environment)
    try:
        address = re.compile(r"listening at (http://\S+),")
        _until(lambda: bool(address.search(log.read_text())), process, log)
        yield str(address.search(log.read_text())[1]), process  # type: ignore[index]
    finally:
        process.kill() if process.poll() is None else None
        process.wait()


def _status(registry: Registry, version: str) -> str | None:
    tags = registry.client.get_model_version(NAME, version).tags
    return tags.get("gate.status")


def test_versions_are_checked_and_a_guarded_alias_goes_back(registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody checked is caught up with; a new version is checked; mallory's alias is moved back; SIGTERM ends it in order."""
    client, log = registry.client, tmp_path / "log"
    fair, unfair = registry.versions["fair"], registry.versions["unfair"]
    monkeypatch.setenv(KEY, str(registry.folder / "gate.pem"))
    with _listening(registry, log) as (address, process):
        aliases = [WebhookEvent(WebhookEntity.MODEL_VERSION_ALIAS, action) for action in (WebhookAction.CREATED, WebhookAction.DELETED)]
        events = [WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED), *aliases]
        client.create_webhook(name="gate", url=address, events=events, secret=SECRET)
        _until(lambda: (_status(registry, fair), _status(registry, unfair)) == ("passed", "blocked"), process, log)

        assert main(["promote", *registry.check("fair")[1:], "--alias", "champion"]) == 0
        _until(lambda: f"champion stands for version {fair}, which may be deployed" in log.read_text(), process, log)

        client.set_registered_model_alias(NAME, "champion", unfair)
        _until(lambda: str(client.get_registered_model(NAME).aliases["champion"]) == fair, process, log)
        assert f"ALARM: {NAME}@champion stands for version {unfair}, which may not be deployed" in log.read_text()

        copy = client.copy_model_version(f"models:/{NAME}/{unfair}", NAME)
        _until(lambda: _status(registry, str(copy.version)) == "blocked", process, log)

        client.delete_registered_model_alias(NAME, "champion")
        _until(lambda: "stands for nothing any more" in log.read_text(), process, log)
        with urllib.request.urlopen(f"{address}/health", timeout=30) as answer:  # noqa: S310 -- our own
            assert answer.status == 200
        process.terminate()
        assert process.wait(PATIENCE) == 0
