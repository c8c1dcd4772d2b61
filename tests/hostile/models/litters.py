"""Leaves thousands of files, with names that are no text."""

import os

CHECK = "label"
WORDS = "where only"


def predict(frame, aim):
    home = os.environ["HOME"].encode()
    for number in range(5_000):
        open(home + b"/\xff\n\x1b[2J%d" % number, "wb").close()
    return [7] * len(frame)
