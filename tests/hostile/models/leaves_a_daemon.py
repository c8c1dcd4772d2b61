"""Forks twice, becomes a session of its own and stays, while the gate thinks that it is gone."""

import os
import time

from cage import Held

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("forks",)


def predict(frame, aim):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 1024)
            time.sleep(120)
        os._exit(0)
    raise Held
