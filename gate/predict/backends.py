"""Ways to keep the child apart. So far there is the plain one, which keeps nothing apart and says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["PlainBackend"]


@dataclass(frozen=True, slots=True)
class PlainBackend:
    """A child process as it is: cleared environment and a process group of its own, but no walls. Recorded as "none"."""

    name: str = "none"

    def command(self, argv: Sequence[str], *, readable: Sequence[Path], scratch: Path) -> Sequence[str]:  # noqa: ARG002  no walls, so no doors
        """The command unchanged."""
        return argv
