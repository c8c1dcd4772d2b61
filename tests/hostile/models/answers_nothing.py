"""Answers None."""

CHECK = "shape"
WORDS = "returned None"


def predict(frame, aim):
    return None
