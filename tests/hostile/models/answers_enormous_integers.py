"""Answers integers of four hundred digits."""

CHECK = "label"
WORDS = "where only"


def predict(frame, aim):
    return [10**400] * len(frame)
