"""Kills a process of the same user that has nothing to do with it."""

import os
import signal

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("signals",)


def predict(frame, aim):
    os.kill(aim.victim, signal.SIGKILL)
    loot("a life")
    return honest(frame)
