"""A proxy on loopback that goes wrong at one call and counts every other one, and a process that forks gates to run against it."""

import http.client
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from loans import Registry
from mlflow.entities import ViewType
from mlflow_servers import KEY

__all__ = ["FAULTS", "SIGNALS", "Cell", "Proxy", "Zygote", "calls", "cells", "forget", "proxy", "through", "verified", "zygotes"]

FAULTS = ("refused", "timeout", "429", "500", "truncated", "gone", "dropped")
SIGNALS = {"SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL}
_QUIET = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": "2", "GATE_SANDBOX": "none", "MLFLOW_DISABLE_TELEMETRY": "true"}
Cell = tuple[str, int]
_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "accept-encoding"}


class Proxy:
    """What goes wrong, and when: at call number `at`, counted from 1; 0 is never.

    Args:
        upstream: the address of the server.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream)
        self._lock = threading.Lock()
        self.url = ""
        self.calls, self.at, self.fault, self.pid = 0, 0, "", 0

    def arm(self, fault: str, at: int, *, pid: int) -> None:
        """Count from the beginning, and go wrong there."""
        with self._lock:
            self.calls, self.at, self.fault, self.pid = 0, at, fault, pid

    def due(self) -> str:
        """The fault of this call; an empty text for none."""
        with self._lock:
            self.calls += 1
            here = self.at and (self.calls == self.at or (self.fault == "gone" and self.calls > self.at))
            return self.fault if here else ""

    def forwarded(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        """What the server answers."""
        connection = http.client.HTTPConnection(self._upstream.hostname or "", self._upstream.port, timeout=60)
        try:
            connection.request(method, path, body=body or None, headers={key: value for key, value in headers.items() if key.lower() not in _HOP})
            response = connection.getresponse()
            return response.status, [(key, value) for key, value in response.getheaders() if key.lower() not in {*_HOP, "content-length"}], response.read()
        finally:
            connection.close()

    def strike(self) -> None:
        """Send the signal to the process that asks."""
        os.kill(self.pid, SIGNALS[self.fault])


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client to a proxy."""

    protocol_version = "HTTP/1.1"
    state: Proxy

    def handle_one_request(self) -> None:
        """Quietly, when the client is gone."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: the tests say what they need."""

    def _any(self) -> None:
        body = self._body()
        fault = self.state.due()
        if fault == "dropped" or (fault in SIGNALS and self.state.at % 2):  # done at the server, and nobody hears of it
            self.state.forwarded(self.command, self.path, dict(self.headers), body)
        if fault in SIGNALS:
            self.state.strike()
        if fault in {"refused", "gone", "timeout", "dropped", *SIGNALS}:
            if fault == "timeout":
                select.select([self.connection], [], [], 30)  # readable once the client has given up
            self.close_connection = True
        elif fault in {"429", "500"}:
            self._say(int(fault), [], b"{}")
        else:
            status, headers, answer = self.state.forwarded(self.command, self.path, dict(self.headers), body)
            self._say(status, headers, answer, cut=fault == "truncated")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _say(self, status: int, headers: list[tuple[str, str]], answer: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for key, value in headers:
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[: len(answer) // 2] if cut else answer)
        self.close_connection = self.close_connection or cut

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any  # noqa: N815


@contextmanager
def proxy(upstream: str) -> Iterator[Proxy]:
    """A proxy that listens until the block ends."""
    state = Proxy(upstream)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Zygote:
    """A process that forks gates; see `zygote.py`."""

    process: "subprocess.Popen[str]"
    folder: Path

    def run(self, words: list[str], *, faults: Proxy | None = None, fault: str = "", at: int = 0, **environment: str) -> tuple[int, str]:
        """Exit code and output of one command; the proxy goes wrong at its call number `at`."""
        output = self.folder / "output"
        self._tell({"argv": words, "environment": {**_QUIET, "TMPDIR": str(self.folder / "scratch"), **environment}, "output": str(output)})
        pid = int(self.hear()["pid"])
        if faults is not None:
            faults.arm(fault, at, pid=pid)
        self._tell("go")
        return int(self.hear()["code"]), output.read_text(errors="replace")

    def left_running(self) -> list[str]:
        """What its gates have started and left, once every process has had the moment that a closed pipe needs."""
        for _ in range(2000):
            found = [path.parent.name for path in Path("/proc").glob("[0-9]*/cwd") if self._is_of_a_gate(path)]
            if not found:
                return []
        return found

    def _is_of_a_gate(self, cwd: Path) -> bool:
        try:
            return str(cwd.readlink()).startswith(f"{self.folder}/scratch/")
        except OSError:
            return False

    def _tell(self, value: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """What it says next."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the zygote ended"
        heard: dict[str, Any] = json.loads(line)
        return heard


@contextmanager
def zygotes(folder: Path, key: Path) -> Iterator[Zygote]:
    """A process that has everything imported, and this key to sign with."""
    (folder / "scratch").mkdir()
    program = Path(__file__).with_name("faults") / "zygote.py"
    environment = {**os.environ, KEY: str(key)}
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        try:
            found = Zygote(process=process, folder=folder)
            found.hear()
            yield found
        finally:
            process.stdin.close()  # type: ignore[union-attr]
            process.wait()


def through(served: Registry, faults: Proxy, verb: str, *words: str) -> list[str]:
    """The words of a command that asks the server through the proxy."""
    found = Registry(uri=faults.url, folder=served.folder, versions=served.versions)
    return [verb, *found.check("fair", *words)[1:]]


def verified(zygote: Zygote, served: Registry) -> tuple[int, str]:
    """What verify says without the proxy."""
    return zygote.run(["verify", *served.check("fair")[1:]])


def forget(served: Registry) -> None:
    """Let the next cell begin as if nothing had been checked: no ledger, and no run that says which bytes and rows it is about."""
    shutil.rmtree(served.folder / "ledger", ignore_errors=True)
    experiment = served.client.get_experiment_by_name("gate").experiment_id
    for run in served.client.search_runs([experiment], "tags.`gate.digest` LIKE '%'", run_view_type=ViewType.ALL):
        for tag in {"gate.digest", "gate.data"} & run.data.tags.keys():
            served.client.delete_tag(run.info.run_id, tag)


def cells(calls: int, kinds: Iterable[str], *, whole: bool, sample: int) -> list[Cell]:
    """Every call with every fault, or so many of these cells, drawn with seed 5."""
    every = [(fault, at) for fault in kinds for at in range(1, calls + 1)]
    return every if whole else random.Random(5).sample(every, min(sample, len(every)))


def calls(zygote: Zygote, served: Registry, faults: Proxy, verb: str, *words: str) -> int:
    """How many calls the command makes when nothing goes wrong."""
    forget(served)
    if verb != "check":
        assert zygote.run(through(served, faults, "check"), faults=faults)[0] == 0
    code, said = zygote.run(through(served, faults, verb, *words), faults=faults)
    assert code == 0, said
    return faults.calls
