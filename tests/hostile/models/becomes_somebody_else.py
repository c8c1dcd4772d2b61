"""Becomes root, or whoever else it may become."""

import os

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("kernel",)


def predict(frame, aim):
    before = os.getresuid()
    for user in (0, 1, 1000):
        try:
            os.setresuid(user, user, user)
        except OSError:
            continue
        if os.getresuid() != before:
            loot(f"user {user}")
            return honest(frame)
    raise Held
