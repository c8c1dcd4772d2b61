"""Sends an answer of a gigabyte, byte by byte, so that something always seems to happen."""

import struct
import time

from cage import write_everywhere

CHECK = ("time-limit", "protocol")
WORDS = "the candidate"
SECONDS = 3.0


def predict(frame, aim):
    write_everywhere(struct.pack(">BQ", 5, 2**25))
    while True:
        write_everywhere(b"0")
        time.sleep(0.01)
