"""Prints without end."""

import sys

CHECK = ("time-limit", "output")
WORDS = "the candidate"
SECONDS = 3.0


def predict(frame, aim):
    while True:
        sys.stdout.write("spam\x1b[31m" * 10_000)
