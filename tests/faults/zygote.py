"""A process in which everything is imported and nothing runs: it forks a gate for every command that it is told.

Protocol on standard input and output, one JSON value a line: {"argv", "environment", "output"} → {"pid"}; "go" → {"code"},
negative for a signal. So whoever asks knows the process before it has done anything.
"""

import json
import os
import sys
from pathlib import Path

import duckdb
import great_expectations  # noqa: F401
import matplotlib.pyplot as plt
import mlflow.pyfunc
import mlflow.store.tracking.rest_store
import pyarrow.parquet  # noqa: F401

import gate.pipeline
import gate.predict.client
import gate.promote
import gate.registry.mlflow_registry
import gate.stages.recording  # noqa: F401
from gate.cli import main

IMPORTED = (duckdb, plt, mlflow)


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
        os._exit(code)


def run() -> None:
    """Serve until standard input ends."""
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        ready, go = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(go)
            _child(json.loads(line), ready)
        os.close(ready)
        print(json.dumps({"pid": pid}), flush=True)
        sys.stdin.readline()
        os.write(go, b"g")
        os.close(go)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), flush=True)


if __name__ == "__main__":
    run()
