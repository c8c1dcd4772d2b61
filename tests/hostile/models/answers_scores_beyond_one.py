"""Answers scores beyond 1, which would weigh more than they should."""

from cage import honest

CHECK = "score"
WORDS = "outside [0, 1]"
SCORE = True


def predict(frame, aim):
    return honest(frame) * 1.5
