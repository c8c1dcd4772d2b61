"""A command `gate` that starts at once: a process in which everything is imported forks for every call.

Half of what a story in a shell takes is the import of MLflow, again for each command. Here the words, the environment, the
folder and the three streams of whoever calls go to a process that waits with everything imported; its child takes them
over, runs the same `main` as the console script, and its exit code, or the signal that ended it, goes back.
A candidate still has a sandbox and an interpreter of its own. That the real script starts is shown where it is called: in the README's
stories, in the wheel, and wherever a test names `.venv/bin/gate`.
"""

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["forked_gate"]

BIN = Path(sys.executable).parent
CLIENT = """\
#!{python} -IS
import json, os, socket, sys
try:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect({address!r})
        asked = {{"words": sys.argv, "environment": dict(os.environ), "folder": os.getcwd()}}
        socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
        code = int(server.recv(16))
except (OSError, ValueError) as error:
    print("nobody forks a gate here:", error, file=sys.stderr)
    code = 70
sys.stderr.flush()
if code < 0:
    os.kill(os.getpid(), -code)
os._exit(code)
"""
_IMPORTED = (
    "gate.cli.app",
    "gate.cli.check",
    "gate.pipeline",
    "gate.promote",
    "gate.verify",
    "gate.registry.mlflow_registry",
    "gate.registry.registering",
    "gate.report.html",
    "gate.report.markdown",
    "gate.report.text",
    "gate.stages.recording",
    "matplotlib.pyplot",
    "mlflow.pyfunc",
)
_BYTES = 2**20


@contextmanager
def forked_gate() -> Iterator[Path]:
    """A folder to be put first on the path: its `gate` is forked."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("GATE_", "MLFLOW_"))}
    with tempfile.TemporaryDirectory(prefix="gate-fork-") as name:
        folder = Path(name)
        address = str(folder / "socket")
        (folder / "gate").write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
        (folder / "gate").chmod(0o755)
        words = [sys.executable, __file__, address]
        with (folder / "log").open("w") as log:
            process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd=folder, env={**plain, "HOME": name, "LANG": "C.UTF-8"}
            )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n", (folder / "log").read_text()
            yield folder
        finally:
            process.kill()
            process.communicate()


def serve(address: str) -> None:
    """Fork for every caller, until whoever started this ends it or is gone."""
    sys.path[0] = str(BIN)  # as for a script there
    for name in _IMPORTED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # what all share is looked through by none
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            caller, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _attend(caller)
                return
            caller.close()
            _reap()


def _reap() -> None:
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return
        except ChildProcessError:
            return


def _attend(caller: socket.socket) -> None:
    """Start what is asked for, in a process that becomes it, and tell how it ended; it is ended if nobody waits any more."""
    message, streams, _, _ = socket.recv_fds(caller, _BYTES, 3)
    pid = os.fork()
    if pid == 0:
        caller.close()
        _become(json.loads(message), streams)
    watched = os.pidfd_open(pid)
    if watched not in select.select([watched, caller], [], [])[0]:
        os.kill(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    with caller:
        caller.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _become(asked: dict[str, object], streams: list[int]) -> None:
    """Whoever called, from here on: never returns."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(str(asked["folder"]))
    os.environ.clear()
    os.environ.update(asked["environment"])  # type: ignore[call-overload]
    sys.argv = asked["words"]  # type: ignore[assignment]
    from gate.cli import main  # noqa: PLC0415 -- imported long ago
    from gate.registry.settings import settle  # noqa: PLC0415

    settle()  # what the import of the registry does, to the environment that it finds
    code = 70
    try:
        code = main()
        threading._shutdown()  # type: ignore[attr-defined]  # who waits for its threads, and then says goodbye, as an interpreter that ends does
        atexit._run_exitfuncs()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
