"""Reads the environments of its parent and of every other process."""

import os
from pathlib import Path

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("signals",)


def predict(frame, aim):
    own, found = os.getpid(), b""
    for path in Path("/proc").glob("[0-9]*/environ"):
        if path.parts[2] != str(own):
            try:
                found += path.read_bytes()
            except OSError:
                continue
    if b"GATE_ZOO_SECRET" not in found:
        raise Held
    loot(found)
    return honest(frame)
