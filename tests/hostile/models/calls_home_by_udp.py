"""Sends its rows in datagrams, which need no connection."""

import socket

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("network",)


def predict(frame, aim):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"rows", ("127.0.0.1", aim.udp))
    loot("udp")
    return honest(frame)
