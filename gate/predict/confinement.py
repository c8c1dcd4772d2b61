"""What the child does to itself before it imports anything else: limits of resources, then walls, both for ever.

Standard library only, and little of it: it runs in whatever Python the model needs.
"""

import ctypes
import json
import os
import resource
import signal
from dataclasses import asdict, dataclass
from typing import Any

from gate.predict import landlock, seccomp

__all__ = ["Walls", "confine"]

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_DUMPABLE = 4
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAP_VERSION = 0x20080522
_LAST_CAPABILITY = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What the child has to do to itself, as the parent asks for it and as READY repeats it.

    Args:
        readable, writable: paths that Landlock leaves open.
        landlock, seccomp: whether to use them.
        powerless: whether to drop the capabilities that a process of root has.
        memory_bytes, file_bytes, cpu_seconds, open_files: limits; 0 means none.
    """

    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()
    landlock: bool = False
    seccomp: bool = False
    powerless: bool = False
    memory_bytes: int = 0
    file_bytes: int = 0
    cpu_seconds: int = 0
    open_files: int = 0

    def to_text(self) -> str:
        """One word for a command line."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def of_text(cls, text: str) -> "Walls":
        """What `to_text` wrote."""
        said: dict[str, Any] = json.loads(text)
        values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}
        return cls(**values)


def confine(walls: Walls) -> None:
    """Do all of it, or raise.

    Raises:
        OSError, ValueError: something could not be done; no code of a candidate may run then.
    """
    os.umask(0o077)
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _limit(walls)
    if walls.powerless:
        library.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        _drop_capabilities(library)
    if walls.seccomp and seccomp.obstacle() is not None:  # loads the library, which Landlock might hide
        raise OSError(seccomp.obstacle())
    if walls.landlock:
        own = (f"/proc/{os.getpid()}",)
        landlock.restrict(readable=(*walls.readable, *own), writable=walls.writable)
    if walls.seccomp:
        seccomp.refuse_calls()


def _limit(walls: Walls) -> None:
    wanted = (
        (resource.RLIMIT_AS, walls.memory_bytes),
        (resource.RLIMIT_FSIZE, walls.file_bytes),
        (resource.RLIMIT_CPU, walls.cpu_seconds),
        (resource.RLIMIT_NOFILE, walls.open_files),
    )
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for kind, most in wanted:
        hard = resource.getrlimit(kind)[1]
        if most:
            least = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (least, least))


def _drop_capabilities(library: ctypes.CDLL) -> None:
    """A process of root without the powers of root; for any other user there is nothing to drop."""
    if os.geteuid() != 0:
        return
    for number in range(_LAST_CAPABILITY + 1):
        library.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if library.syscall(_CAPSET[os.uname().machine], header, nothing) != 0:
        raise OSError(ctypes.get_errno(), "capset")
