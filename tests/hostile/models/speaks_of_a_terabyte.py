"""Announces a message of a terabyte."""

import signal
import struct

from cage import write_everywhere

CHECK = "protocol"
WORDS = "a message of 1099511627776 bytes"


def predict(frame, aim):
    write_everywhere(struct.pack(">BQ", 5, 2**40))
    signal.pause()
