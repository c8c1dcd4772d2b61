"""Answers probabilities where labels are asked for."""

import numpy as np

CHECK = "label"
WORDS = "where only"


def predict(frame, aim):
    return np.full(len(frame), 0.5)
