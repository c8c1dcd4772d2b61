"""What this machine can do for the gate, why not more, and what would mend it."""

import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from gate.core.document import Json
from gate.core.sandbox import Capability
from gate.core.version import __version__
from gate.predict.backends import available
from gate.predict.backends.remedies import remedy

__all__ = ["Examined", "Sandbox", "examine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """One way to keep a candidate apart.

    Args:
        name: as decisions record it.
        obstacle: why it does not work here; None when it does.
        remedy: what would make it work; None where nothing is to be done.
        missing: the capabilities that it lacks where it works.
    """

    name: str
    obstacle: str | None
    remedy: str | None
    missing: tuple[Capability, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """The findings, sandboxes best first; the last one keeps nothing apart."""

    gate: str
    python: str
    system: str
    sandboxes: tuple[Sandbox, ...]
    uv: str | None

    @property
    def chosen(self) -> Sandbox:
        """The one that a check uses where the policy does not ask for more."""
        return next(entry for entry in self.sandboxes if entry.obstacle is None)

    @property
    def walls(self) -> bool:
        """Whether policies that require a sandbox can be judged here."""
        return self.chosen is not self.sandboxes[-1]

    def document(self) -> dict[str, Json]:
        """All of it as JSON."""
        return {
            "gate": self.gate,
            "python": self.python,
            "system": self.system,
            "sandbox": self.chosen.name,
            "required_sandbox": self.walls,
            "sandboxes": [
                {"name": entry.name, "works": entry.obstacle is None, "obstacle": entry.obstacle, "remedy": entry.remedy, "missing": list(entry.missing)}
                for entry in self.sandboxes
            ],
            "uv": self.uv,
        }


def examine() -> Examined:
    """Try everything that a check may need, without a model."""
    beside = Path(sys.executable).with_name("uv")
    return Examined(
        gate=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        sandboxes=tuple(
            Sandbox(
                name=tried.backend.name,
                obstacle=tried.obstacle,
                remedy=None if tried.obstacle is None else remedy(tried.backend.name),
                missing=tuple(sorted(frozenset(Capability) - tried.backend.capabilities)),
            )
            for tried in available()
        ),
        uv=shutil.which("uv") or (str(beside) if beside.is_file() else None),
    )
