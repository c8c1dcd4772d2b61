"""Fills the disk; at most two gigabytes."""

import os
from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("disk",)


def predict(frame, aim):
    for number in range(32):
        with Path(os.environ["HOME"], f"bomb-{number}").open("wb") as file:
            file.write(bytes(2**26))
    loot("two gigabytes of disk")
    return honest(frame)
