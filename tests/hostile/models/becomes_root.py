"""Asks for every right: user 0, all capabilities, a new namespace in which it would be root."""

import ctypes
import os

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("kernel",)

NEWUSER, NEWNS = 0x10000000, 0x20000


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    for flags in (NEWUSER | NEWNS, NEWNS):
        if libc.unshare(flags) == 0:
            loot(f"a namespace of its own, {flags:x}")
            return honest(frame)
    raise Held
