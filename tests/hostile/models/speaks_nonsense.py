"""Writes nonsense to every descriptor that it finds."""

import signal

from cage import write_everywhere

CHECK = "protocol"
WORDS = "the candidate wrote"


def predict(frame, aim):
    write_everywhere(b"\xff" * 4096)
    signal.pause()
