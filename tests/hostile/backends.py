"""The backends that the zoo tries, and the words for what a model's attack needs one to guarantee."""

from dataclasses import dataclass

__all__ = ["BACKENDS", "GUARANTEES", "Tried", "backend"]

GUARANTEES = {
    "files": "only the model, Python and the system's libraries can be read, and nothing but its own folder written",
    "network": "no socket leads anywhere",
    "processes": "other processes cannot be seen",
    "signals": "other processes cannot be signalled, traced or read",
    "forks": "no process is left running",
    "ipc": "no shared memory of others",
    "kernel": "calls to the kernel that a model does not need are refused",
    "memory": "its memory has a limit",
    "disk": "its folder has a size",
    "file-size": "no single file grows beyond a limit",
    "canaries": "the same row gets the same answer, wherever and whenever it is asked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A backend under trial, and what it guarantees."""

    name: str
    guarantees: frozenset[str]


_LIMITS = frozenset({"memory", "file-size", "canaries"})
_WALLS = frozenset(GUARANTEES) - {"processes", "disk"}

BACKENDS = (
    Tried(name="none", guarantees=_LIMITS),
    Tried(name="landlock", guarantees=_WALLS),
    Tried(name="bubblewrap", guarantees=frozenset(GUARANTEES)),
)


def backend(name: str) -> Tried:
    """The backend of this name."""
    return next(tried for tried in BACKENDS if tried.name == name)
