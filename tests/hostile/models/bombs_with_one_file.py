"""Writes one file without end; at most two gigabytes."""

import os
from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("file-size",)


def predict(frame, aim):
    with Path(os.environ["HOME"], "bomb").open("wb") as file:
        file.writelines(bytes(2**26) for _ in range(32))
    loot("a file of two gigabytes")
    return honest(frame)
