"""Landlock: a process gives up the file system and the network, for itself and everything that it starts.

Only what is named stays: folders to read and run from, folders to write. Restrictions are for ever.

Source: the kernel's userspace-api/landlock; the numbers are those of its header linux/landlock.h.
"""

import ctypes
import errno
import os
import stat
from collections.abc import Sequence
from functools import cache

__all__ = ["OLDEST", "abi", "obstacle", "restrict"]

OLDEST = 3
"""The oldest version that covers moving and truncating files (Linux 6.2)."""
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_VERSION = 1
_PATH_BENEATH = 1
_PR_SET_NO_NEW_PRIVS = 38
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE, _IOCTL_DEV = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
_ALL_FILES = {3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP = 0b11
_SCOPED = 0b11  # abstract sockets, and signals


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@cache
def abi() -> int:
    """The version of Landlock that the kernel speaks; 0 where it speaks none."""
    found = ctypes.CDLL(None, use_errno=True).syscall(_CREATE, None, 0, _VERSION)
    return max(0, int(found))


def obstacle() -> str | None:
    """Why Landlock does not work here; None when it does."""
    if abi() >= OLDEST:
        return None
    return f"the kernel's Landlock is version {abi()}, and {OLDEST} is needed (Linux 6.2)" if abi() else "the kernel has no Landlock, or it is switched off"


def restrict(*, readable: Sequence[str], writable: Sequence[str]) -> None:
    """Give up everything but these files and folders, and the network. A path that does not exist allows nothing.

    Raises:
        OSError: the kernel refused; the process may be restricted in part, and must not go on.
    """
    version = abi()
    handled = _ALL_FILES.get(version, _ALL_FILES[5])
    rules = _Ruleset(handled, _TCP if version >= 4 else 0, _SCOPED if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = _call(_CREATE, ctypes.byref(rules), size, 0)
    try:
        for paths, allowed in ((readable, _READ), (writable, handled)):
            for path in paths:
                _allow(ruleset, path, allowed & handled)
        _no_new_privileges()
        _call(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.EACCES}:
            return
        raise
    try:
        kinds = allowed if stat.S_ISDIR(os.fstat(place).st_mode) else allowed & _ON_A_FILE
        _call(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(_Beneath(kinds, place)), 0)
    finally:
        os.close(place)


def _no_new_privileges() -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl: no_new_privs")


def _call(number: int, *arguments: object) -> int:
    library = ctypes.CDLL(None, use_errno=True)
    result = int(library.syscall(number, *arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"Landlock: {os.strerror(ctypes.get_errno())}")
    return result
