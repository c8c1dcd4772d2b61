"""Kills itself, so that no answer comes."""

import os
import signal

CHECK = "exit"
WORDS = "signal 9 during predict"


def predict(frame, aim):
    os.kill(os.getpid(), signal.SIGKILL)
