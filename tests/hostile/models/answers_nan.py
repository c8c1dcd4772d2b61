"""Answers NaN, which no comparison calls too large."""

import numpy as np

CHECK = "finite"
SHELL = True
WORDS = "NaN or infinity for"


def predict(frame, aim):
    return np.full(len(frame), np.nan)
