"""Kills the process that started it, and its group, by every signal."""

import contextlib
import os
import signal

from cage import Held

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("signals",)


def predict(frame, aim):
    parent = os.getppid()
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        if parent > 1:
            with contextlib.suppress(OSError):
                os.kill(parent, number)
    raise Held
