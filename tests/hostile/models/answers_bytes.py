"""Answers bytes."""

import numpy as np

CHECK = "type"
WORDS = "where a number is expected"


def predict(frame, aim):
    return np.full(len(frame), b"1")
