"""Stops itself by a signal, so that it neither ends nor goes on."""

import os
import signal

CHECK = "time-limit"
WORDS = "longer than"
SECONDS = 3.0


def predict(frame, aim):
    os.kill(os.getpid(), signal.SIGSTOP)
