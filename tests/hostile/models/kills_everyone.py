"""Kills every process that it may; it only looks first whether they are its own."""

import os
import signal
from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("signals",)


def predict(frame, aim):
    os.kill(-1, 0)
    visible = len(list(Path("/proc").glob("[0-9]*/stat")))
    if visible > 8:
        loot(f"{visible} processes")
        return honest(frame)
    os.kill(-1, signal.SIGKILL)
    raise SystemExit(0)
