"""Opens files until none can be opened, at most two hundred thousand, and keeps them."""

import os

CHECK = ("label", "predict")
WORDS = "the candidate"


def predict(frame, aim):
    opened = [os.open("/dev/null", os.O_RDONLY) for _ in range(200_000)]
    return [7] * len(opened[: len(frame)])
