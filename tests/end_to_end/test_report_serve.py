"""`gate report serve` on a registered model: from the registry through the sandbox to the page, and to its end."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import IO, Any

import pytest
from loans import Registry

pytestmark = pytest.mark.mlflow


@contextmanager
def _serving(registry: Registry, kind: str) -> Iterator[tuple["subprocess.Popen[str]", IO[str]]]:
    _, reference, *files = registry.check(kind)
    words = [sys.executable, "-m", "gate", "report", "serve", reference, *files, "--port", "0"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            yield process, process.stderr
        finally:
            process.kill()


def _port(lines: IO[str]) -> int:
    found = (re.search(r"http://127\.0\.0\.1:([0-9]+)", line) for line in lines)
    return int(next(match for match in found if match)[1])


def _asked(port: int, values: list[float]) -> tuple[str, Any]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    page = connection.getresponse().read().decode()
    document = json.loads(re.search(r'<script type="application/json" id="tryout-data">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]  # it is there
    headers = {"Content-Type": "application/json", "X-Gate-Token": document["token"], "Origin": f"http://127.0.0.1:{port}"}
    connection.request("POST", "/ask", body=json.dumps({"values": values, "shown": 0}), headers=headers)
    return page, json.loads(connection.getresponse().read())


def test_a_registered_model_is_tried_until_it_is_stopped(registry: Registry) -> None:
    """It answers through the sandbox, neither label nor sensitive feature is an input, and SIGTERM ends it with exit 0."""
    with _serving(registry, "fair") as (process, lines):
        port = _port(lines)
        page, rich = _asked(port, [9.0, 0.0])
        _, poor = _asked(port, [0.0, 3.0])
        process.send_signal(signal.SIGTERM)
        code = process.wait(60)

    assert (rich["answer"]["words"], poor["answer"]["words"], code) == ("1", "0", 0)
    assert ("income" in page, "repaid" in page, "group" in page.replace("groups", "")) == (True, False, False)


def test_a_model_that_fails_its_holdout_is_not_served(registry: Registry) -> None:
    """Exit 1, with what it did, and nothing was listened at."""
    with _serving(registry, "raising") as (process, lines):
        said = lines.read()
        code = process.wait(60)

    assert code == 1
    assert "misbehaved" in said
    assert "http://" not in said
