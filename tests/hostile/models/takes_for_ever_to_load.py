"""Computes for ever while it is loaded."""

CHECK = "time-limit"
WORDS = "longer than"
SECONDS = 3.0


def at_load(aim):
    while True:
        pass
