"""Reports a fault in words that would read as a verdict, nested too deeply to parse."""

import signal

from cage import write_everywhere

from gate.predict.wire import Kind, encode

CHECK = "protocol"
WORDS = "the candidate wrote"


def predict(frame, aim):
    write_everywhere(encode(Kind.FAULT, b"[" * 100_000))
    signal.pause()
