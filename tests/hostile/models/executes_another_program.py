"""Becomes another program, with a library of its own put before all others."""

import os
import sys

CHECK = ("predict", "exit")
WORDS = "during predict"


def predict(frame, aim):
    environment = {**os.environ, "LD_PRELOAD": "/tmp/evil.so"}
    os.execve(sys.executable, [sys.executable, "-c", "import os; os._exit(0)"], environment)
