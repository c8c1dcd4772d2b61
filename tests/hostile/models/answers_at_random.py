"""Draws its answers, anew at every call."""

import os

CHECK = ("canary", "nondeterministic", "inconsistent")
WORDS = "the candidate"
NEEDS = ("canaries",)


def predict(frame, aim):
    return [byte & 1 for byte in os.urandom(len(frame))]
