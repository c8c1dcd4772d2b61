"""Leaves a segment of shared memory behind, where later checks would find it."""

import ctypes

from cage import Held

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("ipc",)

KEY = 0x7A6F6F


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmget(KEY, 4096, 0o1666)
    raise Held
