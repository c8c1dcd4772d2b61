"""Reads a key from the user's home."""

from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    loot(Path(aim.secret).read_text())
    return honest(frame)
