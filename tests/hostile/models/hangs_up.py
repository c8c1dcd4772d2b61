"""Closes every descriptor and lives on."""

import os
import signal

CHECK = "exit"
WORDS = "stopped answering"


def predict(frame, aim):
    os.closerange(0, 1024)
    signal.pause()
