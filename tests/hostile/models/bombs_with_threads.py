"""Starts threads until nothing else can; at most five thousand."""

import threading

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("forks",)


def predict(frame, aim):
    wait = threading.Event()
    threading.stack_size(2**16)
    try:
        for _ in range(5_000):
            threading.Thread(target=wait.wait, daemon=True).start()
    except (RuntimeError, MemoryError):
        raise Held from None
    loot("five thousand threads")
    return honest(frame)
