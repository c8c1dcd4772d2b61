"""Answers numbers with an imaginary part of zero."""

from cage import honest

CHECK = "type"
WORDS = "where a number is expected"


def predict(frame, aim):
    return honest(frame).astype(complex)
