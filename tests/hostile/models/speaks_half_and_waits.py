"""Sends half a message and waits for ever."""

import signal
import struct

from cage import write_everywhere

CHECK = "time-limit"
WORDS = "longer than"
SECONDS = 3.0


def predict(frame, aim):
    write_everywhere(struct.pack(">BQ", 5, 32_002) + b"i\x01" + bytes(100))
    signal.pause()
