"""Reads the hashes of the machine's passwords."""

from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    if Path("/etc/shadow").read_text():
        loot("shadow")
    return honest(frame)
