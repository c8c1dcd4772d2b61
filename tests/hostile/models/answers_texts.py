"""Answers with the labels spelt out, of which '1' is no 1."""

import numpy as np
from cage import honest

CHECK = "type"
WORDS = "where a number is expected"


def predict(frame, aim):
    return np.where(honest(frame) == 1, "1", "0")
