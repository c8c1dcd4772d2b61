"""A process in which everything is imported and nothing runs: it forks a gate for every command that it is told.

A gate forks its child too instead of starting a Python anew, which is most of what a check costs; the child runs the program
that it would run, behind the same pipes and limits, in a session and a folder of its own.

Protocol on standard input and output, one JSON value a line: {"argv", "environment", "output"} → {"pid"}; "go" → {"code"},
negative for a signal. So whoever asks knows the process before it has done anything.
"""

import importlib
import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import duckdb
import great_expectations  # noqa: F401
import matplotlib.pyplot as plt
import mlflow.pyfunc
import mlflow.store.tracking.rest_store
import pyarrow.parquet  # noqa: F401

import gate.pipeline
import gate.predict.client
import gate.predict.process
import gate.predict.worker
import gate.promote
import gate.registry.mlflow_registry
import gate.report.html
import gate.report.page
import gate.stages.recording
from gate.cli import main
from gate.predict.child import run as run_child

IMPORTED = (duckdb, plt, mlflow)


class _Forked:
    """What the gate needs of `subprocess.Popen`, of a process that was forked."""

    def __init__(self, argv: tuple[str, ...], *, stdout: int, pass_fds: tuple[int, ...], env: dict[str, str], cwd: Path, **_: object) -> None:
        self.returncode: int | None = None
        requests, answers, walls = argv[-3:]
        self.pid = os.fork()
        if self.pid == 0:
            _become(stdout, (*pass_fds, 0, 1, 2), env, cwd)
            try:
                run_child(int(requests), int(answers), walls)
            finally:
                os._exit(0)

    def wait(self, _timeout: float | None = None) -> int:
        """Its status; a gate asks for it once the pipes are closed or the process is killed, so that it is waited for."""
        _, status = os.waitpid(self.pid, 0)
        self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode


def _become(output: int, kept: tuple[int, ...], environment: dict[str, str], folder: Path) -> None:
    """Everything of a process that would have been started: session, descriptors, environment, folder."""
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for name in [entry.name for entry in Path("/proc/self/fd").iterdir()]:
        if int(name) not in kept:
            with suppress(OSError):  # the one that listed them
                os.close(int(name))
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)


gate.predict.process.subprocess = type("forking", (), {"Popen": _Forked, "DEVNULL": subprocess.DEVNULL, "TimeoutExpired": subprocess.TimeoutExpired})  # type: ignore[attr-defined]


def _child(asked: dict[str, object], go: int) -> None:
    os.read(go, 1)
    environment = asked["environment"]
    os.environ.update(environment)  # type: ignore[call-overload]
    output = os.open(str(asked["output"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(Path(str(asked["output"])).parent)
    code = 99
    try:
        code = main([str(word) for word in asked["argv"]])  # type: ignore[attr-defined]
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        Path(f"{asked['output']}.modules").write_text("\n".join(sys.modules), encoding="utf-8")
        os._exit(code)


def _import_too(names: Path) -> None:
    """What the last gate imported when it needed it; the next one finds it there."""
    for name in names.read_text(encoding="utf-8").split() if names.exists() else ():
        with suppress(ImportError):
            importlib.import_module(name)
    names.unlink(missing_ok=True)


def run() -> None:
    """Serve until standard input ends."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go)
            _child(asked, ready)
        os.close(ready)
        print(json.dumps({"pid": pid}), flush=True)
        sys.stdin.readline()
        os.write(go, b"g")
        os.close(go)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)
        _import_too(Path(f"{asked['output']}.modules"))


if __name__ == "__main__":
    run()
