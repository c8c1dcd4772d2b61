"""Leaves a segment of shared memory behind, where later checks would find it."""

import ctypes

from cage import Held

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("ipc",)


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.shmget(aim.key, 4096, 0o1666)
    raise Held
