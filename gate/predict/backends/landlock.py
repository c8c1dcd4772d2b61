"""Landlock and seccomp: a child that shuts the doors behind itself, with no help from root or from other programs.

Source: the kernel's documentation of Landlock (userspace-api/landlock) and of seccomp filters.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from gate.core.sandbox import Capability
from gate.predict import landlock, seccomp
from gate.predict.backends.python import GATE, SYSTEM, interpreter_folders
from gate.predict.confinement import Walls
from gate.predict.interface import Launch

__all__ = ["LandlockBackend"]

_SMALL = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu")
"""What numerical libraries look at when they start."""
_PROBE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class LandlockBackend:
    """The child restricts itself before anything else is imported; the parent believes it because no candidate code has run yet."""

    name: str = "landlock"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """All but a view without other processes, and a temporary folder of a certain size."""
        return frozenset(Capability) - {Capability.PROCESSES, Capability.DISK}

    @property
    def home(self) -> Path | None:
        """The child's own folder is the scratch folder itself."""
        return None

    def walls(self, *, readable: Sequence[Path], scratch: Path) -> Walls:
        """Files that it may read, the one folder that it may write, and calls that it may not make."""
        folders = (*SYSTEM, *_SMALL, *map(str, interpreter_folders()), *map(str, readable))
        return Walls(readable=folders, writable=(str(scratch), "/dev/null"), landlock=True, seccomp=True, powerless=True)

    def launch(self, launch: Launch, *, readable: Sequence[Path], temporary_bytes: int, report: int) -> Launch:  # noqa: ARG002 -- the child does it all
        """Unchanged."""
        return launch

    def obstacle(self) -> str | None:
        """Why it does not work here, found by trying; None when it does."""
        return landlock.obstacle() or seccomp.obstacle() or _obstacle()


@cache
def _obstacle() -> str | None:
    """A process of ours confines itself, and says what kept it from doing so."""
    walls = replace(LandlockBackend().walls(readable=(), scratch=GATE), writable=())
    words = (sys.executable, "-P", "-c", "import sys; from gate.predict.confinement import Walls, confine; confine(Walls.of_text(sys.argv[1]))")
    try:
        done = subprocess.run(  # noqa: S603 -- ours
            (*words, walls.to_text()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
            env={"PYTHONPATH": str(GATE.parent), "PYTHONDONTWRITEBYTECODE": "1"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"a process cannot confine itself: {error}"
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return None if done.returncode == 0 else f"a process cannot confine itself: {said[-1][:200] if said else f'it ended with {done.returncode}'}"
