"""Runs `gate check` as the user it was started as, each time in a fresh process; tells how it ended and what it left behind.

A program of its own, so that a test can be run by another user than pytest's, and so that a candidate that kills whoever
started it kills no test. It imports what is slow once and forks for every case. As a subreaper it inherits whatever
slips out of its parents' hands.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SUBREAPER = 36
_GRACE = 5.0
_POOL = "MLFLOW_SQLALCHEMYSTORE_POOLCLASS"
_SLOW = (
    "gate.cli.app",
    "gate.cli.check",
    "gate.pipeline",
    "gate.registry.mlflow_registry",
    "gate.report.html",
    "gate.report.junit",
    "gate.report.markdown",
    "gate.report.text",
)


def main() -> None:
    """Serve one order a line until there are no more."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    warnings.simplefilter("ignore")
    _import_what_is_slow()
    _answer({"ready": True})
    for line in sys.stdin:
        order = json.loads(line)
        status, left = _forked(order)
        _answer({"status": status, "left": left})


def _import_what_is_slow() -> None:
    for name in _SLOW:
        importlib.import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        _use_a_registry(Path(folder))
    gc.collect()
    gc.freeze()  # what all cases share is looked through by none of them


def _use_a_registry(folder: Path) -> None:
    """A version in a registry that is thrown away: what MLflow makes at its first use need not be made by every case anew."""
    from gate.registry.settings import hush

    hush()
    os.environ[_POOL] = "NullPool"  # no connection stays open that cases would inherit
    _prepare(f"sqlite:///{folder / 'mlflow.db'}", folder.as_uri())
    _register(f"sqlite:///{folder / 'mlflow.db'}", "any", str(folder))
    del os.environ[_POOL]


def _answer(said: dict[str, Any]) -> None:
    print(json.dumps(said), flush=True)


def _forked(order: dict[str, Any]) -> tuple[int | None, list[str]]:
    """The exit code of the case (negative: the signal that ended it; None: it hung), and the processes that it left."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            _become(order)
            code = _work(order)
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(code)
    status = _ended(pid, deadline=time.monotonic() + order["patience"])
    return status, _left()


def _become(order: dict[str, Any]) -> None:
    """Take the case's own input and output; nothing of the warden's conversation stays open."""
    for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, order["stdout"], os.O_WRONLY | os.O_CREAT), (2, order["stderr"], os.O_WRONLY | os.O_CREAT)):
        file = os.open(name, flags, 0o600)
        os.dup2(file, number)
        os.close(file)
    os.chdir(order["folder"])


def _work(order: dict[str, Any]) -> int:
    if order["do"] == "prepare":
        return _prepare(order["uri"], order["artifacts"])
    os.environ["GATE_SANDBOX"] = order["backend"]
    _register(order["uri"], order["name"], order["model"])
    if order["shell"]:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.execv(sys.executable, [sys.executable, "-m", "gate", *order["words"]])  # noqa: S606 -- a program and its words
    from gate.cli import main as gate

    code = gate(order["words"])
    Path(order["peak"]).write_text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))
    return code


def _prepare(uri: str, artifacts: str) -> int:
    """Make the registry's database."""
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=uri)
    client.create_experiment("gate", artifact_location=artifacts)
    return 0


def _register(uri: str, name: str, model: str) -> None:
    """Register the files as the first version of a model of this name."""
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=uri)
    client.create_registered_model(name)
    client.create_model_version(name, source=Path(model).as_uri())


def _ended(pid: int, *, deadline: float) -> int | None:
    while time.monotonic() < deadline:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return None


def _left() -> list[str]:
    """The command lines of descendants that still run after a moment's grace; they are ended."""
    deadline = time.monotonic() + _GRACE
    while (alive := list(_descendants())) and time.monotonic() < deadline:
        _reap()
        time.sleep(0.02)
    left = [f"{pid} {_command(pid)}" for pid in alive]
    while alive:
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        _reap()
        alive = list(_descendants())
    _reap()
    return left


def _descendants() -> Iterator[int]:
    """Every process that runs below this one."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            pid, _, rest = path.read_text().partition(" ")
            state, parent = rest.rpartition(")")[2].split()[:2]
            if state not in "ZX":
                parents.setdefault(int(parent), []).append(int(pid))
    waiting = [os.getpid()]
    while waiting:
        children = parents.get(waiting.pop(), [])
        waiting += children
        yield from children


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")[:200]
    return "?"


if __name__ == "__main__":
    main()
