"""Makes a file of a terabyte that takes no room until somebody copies it."""

import os
from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("file-size",)


def predict(frame, aim):
    path = Path(os.environ["HOME"], "sparse")
    path.touch()
    os.truncate(path, 2**40)
    loot("a terabyte")
    return honest(frame)
