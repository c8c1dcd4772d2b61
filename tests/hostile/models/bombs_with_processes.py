"""Forks until nothing else can; at most three hundred, which end by themselves."""

import os
import signal

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("forks",)


def predict(frame, aim):
    born = 0
    try:
        while born < 300:
            if os.fork() == 0:
                signal.alarm(60)
                signal.pause()
                os._exit(0)
            born += 1
    except OSError:
        raise Held from None
    loot(f"{born} processes")
    return honest(frame)
