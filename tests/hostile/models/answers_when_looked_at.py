"""Answers with an object whose conversion to an array runs code and ends the process with status 0."""

import os

CHECK = "exit"
WORDS = "status 0 during predict"


class Lazy:
    def __array__(self, dtype=None, copy=None):
        os._exit(0)


def predict(frame, aim):
    return Lazy()
