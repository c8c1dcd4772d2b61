"""Answers for all rows but one."""

from cage import honest

CHECK = "length"
WORDS = "rows where"


def predict(frame, aim):
    return honest(frame)[:-1]
