"""Answers well at first and the opposite after a thousand rows, when it thinks that the evaluation is over."""

import numpy as np
from cage import honest

CHECK = ("canary", "nondeterministic", "inconsistent")
WORDS = "the candidate"
NEEDS = ("canaries",)

seen = 0


def predict(frame, aim):
    global seen
    good = honest(frame)
    early = np.arange(seen, seen + len(frame)) < 1000
    seen += len(frame)
    return np.where(early, good, 1 - good)
