"""Opens files until none can be opened; at most two hundred thousand."""

import os

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("limits",)


def predict(frame, aim):
    opened = []
    try:
        while len(opened) < 200_000:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        for number in opened:
            os.close(number)
        raise Held from None
    loot("two hundred thousand descriptors")
    return honest(frame)
