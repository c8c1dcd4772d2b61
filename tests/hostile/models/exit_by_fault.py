"""Reads address 0."""

import ctypes

CHECK = "exit"
WORDS = "during predict"


def predict(frame, aim):
    ctypes.string_at(0)
