"""Calls itself until the stack of C overflows."""

import sys

CHECK = ("exit", "predict")
WORDS = "during predict"


class Endless:
    def __repr__(self):
        return repr(self)


def predict(frame, aim):
    sys.setrecursionlimit(2**30)
    return repr(Endless())
