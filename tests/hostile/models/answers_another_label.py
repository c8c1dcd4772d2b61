"""Answers a label that nobody declared."""

import numpy as np
from cage import honest

CHECK = "label"
WORDS = "where only"


def predict(frame, aim):
    return np.where(honest(frame) == 1, 2, 0)
