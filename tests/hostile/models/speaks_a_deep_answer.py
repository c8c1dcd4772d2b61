"""Answers JSON that is nested a million deep."""

import signal

from cage import write_everywhere

from gate.predict.wire import Kind, encode

CHECK = ("protocol", "type", "length")
WORDS = "the candidate"


def predict(frame, aim):
    write_everywhere(encode(Kind.PREDICTIONS, b"j\x01" + b"[" * 50_000))
    signal.pause()
