"""Answers with a generator that never ends."""

CHECK = "shape"
WORDS = "where one column is expected"


def predict(frame, aim):
    return (1 for _ in iter(int, 1))
