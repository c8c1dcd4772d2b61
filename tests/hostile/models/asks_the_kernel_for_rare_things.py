"""Calls what programs hardly need and exploits often use: io_uring, bpf, userfaultfd, keys, performance counters."""

import ctypes

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("kernel",)

CALLS = {"io_uring_setup": (425, 8, ctypes.create_string_buffer(120)), "userfaultfd": (323, 0), "bpf": (321, 0, ctypes.create_string_buffer(120), 48)}
KEYS = {"add_key": (248, b"user", b"zoo", b"loot", 4, -3)}


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    granted = [name for name, call in {**CALLS, **KEYS}.items() if libc.syscall(*call) >= 0]
    if not granted:
        raise Held
    loot(granted)
    return honest(frame)
