"""Becomes an ordinary user and then another program: `disguise.py UID PROGRAM…`, started by root.

Where the interpreter or the checkout lies in a folder that only root may enter (as in /root), the program gets a view of
its own, in which that folder holds nothing but them. The machine itself stays as it is.
"""

import ctypes
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

_NEWNS, _BIND, _REC, _PRIVATE = 0x20000, 4096, 16384, 1 << 18


def main(user: int, argv: list[str]) -> None:
    """Take the user's identity, then run the program."""
    needed = list(_needed())
    closed = sorted({folder for path in needed for folder in _closed(path)})
    if closed:
        _see(closed, needed)
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
    os.execv(argv[0], argv)  # noqa: S606 -- a program and its words


def _needed() -> Iterator[Path]:
    """Where Python, its packages and the checkout are."""
    for name in (sys.base_prefix, sys.prefix, Path(__file__).parents[2], *sys.path):
        path = Path(name).resolve()
        if path.is_dir() and path != Path("/"):
            yield path


def _closed(path: Path) -> list[Path]:
    """The first folder on the way that others may not enter, if there is one."""
    return [folder for folder in reversed(path.parents) if not folder.stat().st_mode & stat.S_IXOTH][:1]


def _see(closed: list[Path], needed: list[Path]) -> None:
    """In a view of the file system that nobody else has, put an open folder over each closed one, and what is needed into it."""
    _call("unshare", _NEWNS)
    _call("mount", None, b"/", None, _REC | _PRIVATE, None)
    for folder in closed:
        inside = [path for path in needed if folder in path.parents]
        kept = [(path, os.open(path, os.O_PATH)) for path in inside]
        _call("mount", b"tmpfs", bytes(folder), b"tmpfs", 0, b"mode=755,size=1m")
        for path, descriptor in kept:
            path.mkdir(parents=True, exist_ok=True)
            _call("mount", f"/proc/self/fd/{descriptor}".encode(), bytes(path), None, _BIND | _REC, None)
            os.close(descriptor)


def _call(name: str, *arguments: object) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}; let others enter {Path(sys.executable).resolve().parent} and the checkout instead")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
