"""The child as a process: started under a backend with three pipes, ended and reaped with everything that it started."""

import fcntl
import json
import os
import select
import signal
import site
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from gate.predict.channel import Channel
from gate.predict.confinement import Walls
from gate.predict.environments import Environment
from gate.predict.interface import Backend, Launch, Limits

__all__ = ["Child"]

_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
_PIPE_BYTES = 2**20
_LAST_MOMENT = 1.0
_REAPING = 10.0


class Child:
    """A process of ours that is about to run code of strangers.

    Args:
        backend: how it is kept apart.
        limits: what it may use.
        readable: folders that it has to see.
        scratch: the folder that it may write, where the backend gives it no other.
        environment: a Python of the model's own; None means ours.

    Raises:
        OSError: it did not start.
    """

    def __init__(self, backend: Backend, limits: Limits, *, readable: Sequence[Path], scratch: Path, environment: Environment | None) -> None:
        shown = (*readable, *(environment.readable if environment else ()))
        self.walls = limits.confined(backend.walls(readable=shown, scratch=scratch))
        self._init: int | None = None
        (asked, questions), (answers, answered), (printed, output), (self._report, report) = os.pipe(), os.pipe(), os.pipe(), os.pipe()
        with suppress(OSError):  # some systems allow less; then more is woken up
            fcntl.fcntl(questions, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        try:
            launch = Launch(
                argv=_words(asked, answered, self.walls, environment),
                environment=_environment(backend.home or scratch, limits, environment),
                descriptors=(asked, answered),
            )
            launch = backend.launch(launch, readable=shown, temporary_bytes=limits.temporary_bytes, report=report)
            self._process = subprocess.Popen(  # noqa: S603  our own program under the chosen backend
                launch.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=launch.descriptors,
                env=dict(launch.environment),
                cwd=scratch,
                start_new_session=True,
            )
        except OSError:
            for descriptor in (questions, answers, printed, self._report):
                os.close(descriptor)
            raise
        finally:
            for descriptor in (asked, answered, output, report):
                os.close(descriptor)
        self.channel = Channel(questions=questions, answers=answers, output=printed, answer_bytes=limits.answer_bytes, output_bytes=limits.output_bytes)

    @property
    def pid(self) -> int:
        """The process id of what was started, which is also its process group."""
        return self._process.pid

    def grasp(self) -> None:
        """Take hold of the outermost process of a namespace; to be called while only code of ours has run in it."""
        os.set_blocking(self._report, False)
        with suppress(BlockingIOError, ValueError, KeyError):
            self._init = os.pidfd_open(int(json.loads(os.read(self._report, 4096))["child-pid"]))

    def ending(self) -> str:
        """How the process ended, in words, after it has closed its end; it is ended if it has not done so. Its status never counts as success."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_MOMENT)
        self.end()
        status = self._process.returncode
        by = -status if status < 0 else status - 128 if self._init is not None and status > 128 else 0
        return f"stopped answering and was ended by signal {by}" if by else f"ended by itself with status {status}"

    def end(self) -> None:
        """Kill and reap the process and everything in its namespace or process group. Safe to call twice."""
        if self._process.returncode is not None:  # reaped, so the number is nobody's, or somebody else's
            return
        if self._init is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._init, signal.SIGKILL)
            select.select([self._init], [], [], _REAPING)  # readable once the namespace is empty
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_REAPING)
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """End it and close every descriptor."""
        self.end()
        self.channel.close()
        os.close(self._report)
        if self._init is not None:
            os.close(self._init)


def _words(requests: int, answers: int, walls: Walls, environment: Environment | None) -> tuple[str, ...]:
    python = str(environment.python) if environment else sys.executable
    return (python, "-P", "-m", "gate.predict.child", str(requests), str(answers), walls.to_text())


def _environment(home: Path, limits: Limits, environment: Environment | None) -> dict[str, str]:
    """Everything that the child gets to know of ours: where programs are, and how many threads it may use."""
    code = environment.worker if environment else Path(__file__).resolve().parents[2]
    installed = {Path(folder).resolve() for folder in site.getsitepackages()}
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MPLBACKEND": "Agg",
        "OMP_WAIT_POLICY": "PASSIVE",  # who waits for the next question sleeps, instead of keeping a core from the gate
        "OPENBLAS_THREAD_TIMEOUT": "4",
        **dict.fromkeys(_THREAD_SETTINGS, str(limits.threads)),
        **({} if code in installed else {"PYTHONPATH": str(code)}),
    }
