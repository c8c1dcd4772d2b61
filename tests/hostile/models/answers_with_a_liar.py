"""Answers with a subclass of ndarray that lies about its length, its type and its bytes."""

import numpy as np

CHECK = ("label", "length", "protocol", "predict")
WORDS = "the candidate"


class Liar(np.ndarray):
    def astype(self, *args, **kwargs):
        return np.ones(len(self))

    def tobytes(self, *args, **kwargs):
        return b"1" * 7

    def __array__(self, *args, **kwargs):
        return np.ones(7)

    def __len__(self):
        return 4000


def predict(frame, aim):
    return np.full(len(frame), 7).view(Liar)
