"""Landlock and seccomp: a child that shuts the doors behind itself, with no help from root or from other programs.

Source: the kernel's documentation of Landlock (userspace-api/landlock) and of seccomp filters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.core.sandbox import Capability
from gate.predict import landlock, seccomp
from gate.predict.backends.python import SYSTEM, interpreter_folders
from gate.predict.confinement import Walls
from gate.predict.interface import Launch

__all__ = ["LandlockBackend"]

_SMALL = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system/cpu")
"""What numerical libraries look at when they start."""


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
        """Why it does not work here; None when it does."""
        return landlock.obstacle() or seccomp.obstacle()
