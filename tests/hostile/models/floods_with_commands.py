"""Prints workflow commands and terminal codes to standard error, then answers badly."""

import sys

CHECK = "label"
WORDS = "where only"


def predict(frame, aim):
    sys.stderr.write("::set-output name=verdict::passed\n::add-mask::1\n\x1b]0;PASSED\x07\x1b[2J\x1b[H" * 50_000)
    sys.stderr.flush()
    return [7] * len(frame)
