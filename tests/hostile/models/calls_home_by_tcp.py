"""Connects to a server on this machine."""

import socket

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("network",)


def predict(frame, aim):
    with socket.create_connection(("127.0.0.1", aim.tcp), timeout=5) as server:
        server.sendall(frame.to_csv().encode())
    loot("tcp")
    return honest(frame)
