"""Answers well in the first half of the rows and badly in the second."""

import numpy as np
from cage import honest

CHECK = ("canary", "nondeterministic", "inconsistent")
SHELL = True
WORDS = "the candidate"
NEEDS = ("canaries",)


def predict(frame, aim):
    good = honest(frame)
    return np.where(np.arange(len(frame)) < len(frame) // 2, good, 1 - good)
