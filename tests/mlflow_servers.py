"""Real MLflow servers on loopback, and the loans of two groups, judged and signed there."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from loans import Registry, signed

from gate.cli import main

KEY = "GATE_SIGNING_KEY_FILE"
PASSWORD = "correct horse battery"
STARTING = 1200
"""Tenths of a second."""


@dataclass(frozen=True)
class User:
    """Somebody whom a server knows."""

    name: str

    @contextmanager
    def logged_in(self) -> Iterator[None]:
        """What MLflow's client sends from here on is said by them."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MLFLOW_TRACKING_USERNAME", self.name)
            patch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
            yield


def needs(found: object, what: str) -> None:
    """Skip where a component is missing; where CI is set, that is a failure."""
    if not found and os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and what is tested with it would not be tested")
    if not found:
        pytest.skip(f"{what} is missing")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def awaited(process: "subprocess.Popen[bytes]", ready: Iterator[bool], log: Path) -> None:
    """Ask until it is ready; it must not end meanwhile."""
    for _ in range(STARTING):
        if next(ready):
            return
        try:
            process.wait(0.1)
            break
        except subprocess.TimeoutExpired:
            continue
    raise AssertionError(log.read_text(errors="replace")[-4000:])


@contextmanager
def running(words: list[str], folder: Path, log: Path, **options: object) -> Iterator["subprocess.Popen[bytes]"]:
    """A process group that ends with the block."""
    with log.open("wb") as output:
        process = subprocess.Popen(words, stdout=output, stderr=output, cwd=folder, start_new_session=True, **options)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@contextmanager
def serving(folder: Path, database: str, *words: str, **environment: str) -> Iterator[str]:
    """The address of a tracking server over this database, which hands out artifacts too."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *words]
    stores = ["--backend-store-uri", database, "--artifacts-destination", str(folder / "artifacts")]
    surroundings = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", **environment}
    url = f"http://127.0.0.1:{port}"
    with running([*command, *stores], folder, folder / "log", env=surroundings) as process:
        awaited(process, _healthy(f"{url}/health"), folder / "log")
        yield url


def _healthy(url: str) -> Iterator[bool]:
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  our own server
                yield True
        except (urllib.error.URLError, OSError):
            yield False


def judged(folder: Path, url: str) -> Registry:
    """The loans at a server: what is fair passed, what is unfair is blocked, both signed and chained."""
    made = signed(folder, server=url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(folder / "gate.pem"))
        assert (main(made.check("fair")), main(made.check("unfair"))) == (0, 1)
    return made
