"""Answers a None for every row."""

CHECK = "type"
WORDS = "where a number is expected"


def predict(frame, aim):
    return [None] * len(frame)
