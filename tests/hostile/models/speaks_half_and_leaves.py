"""Sends half an answer and leaves with status 0."""

import os
import struct

from cage import write_everywhere

CHECK = "exit"
WORDS = "status 0 during predict"


def predict(frame, aim):
    write_everywhere(struct.pack(">BQ", 5, 32_002) + b"i\x01" + bytes(100))
    os._exit(0)
