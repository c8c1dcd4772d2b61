"""Connects to a local socket that has a name but no file."""

import socket

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("network",)


def predict(frame, aim):
    with socket.socket(socket.AF_UNIX) as server:
        server.connect("\0" + aim.abstract)
    loot("abstract socket")
    return honest(frame)
