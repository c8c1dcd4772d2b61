"""Sends good answers before it has been asked for any."""

from cage import write_everywhere

from gate.predict.wire import Kind, encode

CHECK = ("protocol", "length")
WORDS = "the candidate"
SHELL = True


def at_load(aim):
    write_everywhere(encode(Kind.LOADED) + encode(Kind.PREDICTIONS, b"i\x01" + bytes(8 * 4000)))
