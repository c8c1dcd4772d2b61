"""A child process as it is: cleared environment, limits of resources, no walls. Recorded as "none"."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.core.sandbox import Capability
from gate.predict.confinement import Walls
from gate.predict.interface import Launch

__all__ = ["PlainBackend"]


@dataclass(frozen=True, slots=True)
class PlainBackend:
    """No walls: the candidate is its user's equal, and only limits and the protocol stand between it and the verdict."""

    name: str = "none"

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What limits of resources alone can give."""
        return frozenset({Capability.FILE_SIZE, Capability.MEMORY, Capability.CPU, Capability.TIME, Capability.OUTPUT, Capability.ENVIRONMENT})

    @property
    def home(self) -> Path | None:
        """The child's own folder is the scratch folder itself."""
        return None

    def walls(self, *, readable: Sequence[Path], scratch: Path) -> Walls:  # noqa: ARG002 -- no walls, so no doors
        """None."""
        return Walls()

    def launch(self, launch: Launch, *, readable: Sequence[Path], temporary_bytes: int, report: int) -> Launch:  # noqa: ARG002 -- as above
        """Unchanged."""
        return launch

    def obstacle(self) -> str | None:
        """None: it works everywhere."""
        return None
