"""Answers infinity."""

import numpy as np

CHECK = "finite"
WORDS = "NaN or infinity for"


def predict(frame, aim):
    return np.full(len(frame), np.inf)
