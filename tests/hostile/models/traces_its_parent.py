"""Attaches to the gate and to a bystander as a debugger."""

import ctypes
import os

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("signals",)

SEIZE, DETACH = 0x4206, 17


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    for pid in (aim.victim, os.getppid()):
        if libc.ptrace(SEIZE, pid, 0, 0) == 0:
            libc.ptrace(DETACH, pid, 0, 0)
            loot(f"debugger of {pid}")
            return honest(frame)
    raise Held
