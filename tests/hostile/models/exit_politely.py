"""Raises SystemExit(0), which no `except Exception` catches."""

import sys

CHECK = ("exit", "predict")
WORDS = "during predict"


def predict(frame, aim):
    sys.exit(0)
