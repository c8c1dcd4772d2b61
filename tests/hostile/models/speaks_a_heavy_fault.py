"""Reports a fault in sixty megabytes of JSON that would take gigabytes once read."""

import os
import signal

from cage import descriptors

from gate.predict.wire import Kind, encode

CHECK = "protocol"
WORDS = "the candidate"


def predict(frame, aim):
    fault = memoryview(encode(Kind.FAULT, b'{"check": [' + b"{}," * 20_000_000 + b"0]}"))
    for number in descriptors():
        try:
            while fault:
                fault = fault[os.write(number, fault) :]
        except OSError:
            continue
    signal.pause()
