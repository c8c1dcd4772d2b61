"""Which sandbox a candidate gets: the best one that works on this machine, found by trying."""

import os
from collections.abc import Iterable
from dataclasses import dataclass

from gate.core.sandbox import Capability
from gate.errors import SandboxError
from gate.predict.backends.bubblewrap import BubblewrapBackend
from gate.predict.backends.landlock import LandlockBackend
from gate.predict.backends.plain import PlainBackend
from gate.predict.backends.remedies import remedy
from gate.predict.interface import Backend

__all__ = ["SETTING", "Tried", "available", "choose", "named"]

SETTING = "GATE_SANDBOX"
"""The environment variable that asks for one backend by name; what a policy requires, it requires all the same."""
_BACKENDS: tuple[Backend, ...] = (BubblewrapBackend(), LandlockBackend(), PlainBackend())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A backend, and why it does not work here; None when it does."""

    backend: Backend
    obstacle: str | None


def available() -> tuple[Tried, ...]:
    """Every backend, best first, each tried."""
    return tuple(Tried(backend=backend, obstacle=backend.obstacle()) for backend in _BACKENDS)


def named(name: str) -> Backend:
    """The backend of this name.

    Raises:
        SandboxError: there is none, or it does not work here.
    """
    known = {backend.name: backend for backend in _BACKENDS}
    if name not in known:
        raise SandboxError(f"there is no sandbox {name!r}", where=SETTING, next_step=f"Name one of {', '.join(known)}, or none of them.")
    if (obstacle := known[name].obstacle()) is not None:
        raise SandboxError(f"the sandbox {name!r} does not work here: {obstacle}", where=SETTING, next_step=_next_step((known[name],)))
    return known[name]


def choose(*, required: bool, capabilities: Iterable[Capability] = ()) -> Backend:
    """The best sandbox that works here and has the capabilities; without walls only where nothing is required.

    Raises:
        SandboxError: none does.
    """
    wanted = frozenset(capabilities)
    asked = os.environ.get(SETTING)
    candidates = (named(asked),) if asked else _BACKENDS
    for backend in candidates:
        if _serves(backend, wanted, required=required) and backend.obstacle() is None:
            return backend
    reasons = "; ".join(f"{backend.name}: {_reason(backend, wanted)}" for backend in candidates)
    raise SandboxError(f"the policy requires a sandbox that this machine does not give ({reasons})", where="evidence.sandbox", next_step=_next_step(candidates))


def _next_step(candidates: Iterable[Backend]) -> str:
    """The command that mends the best backend that does not work."""
    commands = [said for backend in candidates if backend.obstacle() is not None and (said := remedy(backend.name)) is not None]
    return f"Mend it: {commands[0]}. `gate doctor` says what this machine can do." if commands else "`gate doctor` says what this machine can do."


def _serves(backend: Backend, wanted: frozenset[Capability], *, required: bool) -> bool:
    return wanted <= backend.capabilities and not (required and isinstance(backend, PlainBackend))


def _reason(backend: Backend, wanted: frozenset[Capability]) -> str:
    if (obstacle := backend.obstacle()) is not None:
        return obstacle
    lacking = sorted(wanted - backend.capabilities)
    return f"it lacks {', '.join(lacking)}" if lacking else "it keeps nothing apart"
