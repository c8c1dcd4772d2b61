"""Takes the gate's open files from /proc and by the system call for it."""

import contextlib
import ctypes
import os
from pathlib import Path

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("signals",)

PIDFD_OPEN, PIDFD_GETFD = 434, 438


def predict(frame, aim):
    libc, parent = ctypes.CDLL(None, use_errno=True), os.getppid()
    pidfd = libc.syscall(PIDFD_OPEN, parent, 0)
    stolen = [number for number in range(64) if pidfd >= 0 and libc.syscall(PIDFD_GETFD, pidfd, number, 0) >= 0]
    with contextlib.suppress(OSError):
        stolen += [int(path.name) for path in Path(f"/proc/{parent}/fd").iterdir() if path.exists()]
    if not stolen:
        raise Held
    loot(f"descriptors {stolen}")
    return honest(frame)
