"""Answers in three dimensions."""

import numpy as np

CHECK = "shape"
WORDS = "where one column is expected"


def predict(frame, aim):
    return np.zeros((len(frame), 2, 2))
