"""Connects to a local socket by its file, as one does to a container daemon."""

import socket

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("network",)


def predict(frame, aim):
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(aim.socket)
    loot("socket file")
    return honest(frame)
