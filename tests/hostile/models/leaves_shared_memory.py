"""Leaves a segment of shared memory behind, where later checks would find it."""

import ctypes

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("processes",)

KEY = 0x7A6F6F


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(KEY, 4096, 0o1666)
    if segment < 0:
        raise Held
    # in a namespace of its own the segment dies with it; the zoo looks for the key from outside
    raise Held
