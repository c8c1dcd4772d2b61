"""Answers sixty megabytes of JSON that would take gigabytes once read."""

import os
import signal

from cage import descriptors

from gate.predict.wire import Kind, encode

CHECK = ("protocol", "length", "type")
WORDS = "the candidate"


def predict(frame, aim):
    answer = memoryview(encode(Kind.PREDICTIONS, b"j\x01[" + b"{}," * 20_000_000 + b"0]"))
    for number in descriptors():
        try:
            while answer:
                answer = answer[os.write(number, answer) :]
        except OSError:
            continue
    signal.pause()
