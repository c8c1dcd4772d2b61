"""Listens on a port, for whoever wants to come in."""

import socket

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("network",)


def predict(frame, aim):
    with socket.create_server(("127.0.0.1", 0)), socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", aim.tcp)):
            raise Held
    loot("a door of its own")
    return honest(frame)
