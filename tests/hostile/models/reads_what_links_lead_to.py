"""Makes links to a secret in its own folder, hard and symbolic, and reads them."""

import os
from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    for make in (os.symlink, os.link):
        name = Path(os.environ["HOME"], make.__name__)
        make(aim.secret, name)
        loot(name.read_text())
    return honest(frame)
