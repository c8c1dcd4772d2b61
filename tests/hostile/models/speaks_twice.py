"""Sends two answers to one question."""

from cage import honest, write_everywhere

from gate.predict.wire import Kind, encode

CHECK = ("protocol", "length")
SHELL = True
WORDS = "the candidate"


def predict(frame, aim):
    write_everywhere(encode(Kind.PREDICTIONS, b"i\x01" + bytes(8)))
    return honest(frame)
