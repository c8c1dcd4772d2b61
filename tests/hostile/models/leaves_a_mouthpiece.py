"""Ends, after it has handed its descriptors to a daemon in a session of its own."""

import os
import time

CHECK = ("predict", "exit", "time-limit")
WORDS = "the candidate"
SECONDS = 4.0
NEEDS = ("forks",)


def predict(frame, aim):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(120)
        os._exit(0)
    os._exit(0)
