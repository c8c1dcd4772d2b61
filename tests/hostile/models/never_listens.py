"""Says that it is loaded and never reads a question, so that whoever asks waits for room in the pipe."""

import signal

from cage import write_everywhere

from gate.predict.wire import Kind, encode

CHECK = "time-limit"
WORDS = "longer than"
SECONDS = 3.0


def at_load(aim):
    write_everywhere(encode(Kind.LOADED))
    signal.pause()
