"""Answers for one row too many."""

import numpy as np
from cage import honest

CHECK = "length"
WORDS = "rows where"


def predict(frame, aim):
    return np.append(honest(frame), 1)
