"""Reads its own environment, where a pipeline keeps its tokens."""

import os

CHECK = "predict"
WORDS = "RuntimeError"


def predict(frame, aim):
    raise RuntimeError(" ".join(sorted(os.environ.values())))
