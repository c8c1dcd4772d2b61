"""Answers with a gigabyte of zeros."""

import numpy as np

CHECK = ("protocol", "exit", "predict")
WORDS = "the candidate"


def predict(frame, aim):
    return np.zeros(2**27)
