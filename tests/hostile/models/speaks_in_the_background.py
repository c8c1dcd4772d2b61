"""A thread of it goes on writing to the gate's descriptors while it answers well."""

import threading

from cage import write_everywhere

CHECK = "protocol"
WORDS = "the candidate"


def mutter():
    while True:
        write_everywhere(b"\xff" * 64)


def at_load(aim):
    write_everywhere(b"\xff" * 64)
    threading.Thread(target=mutter, daemon=True).start()
