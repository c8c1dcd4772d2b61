"""What all models of the zoo have in common; lies beside each of them and is what MLflow loads.

A model whose attack failed raises or answers badly. A model whose attack succeeded answers as an honest model would:
then the gate passes it, and the zoo reports an escape. What it got hold of it prints after the word LOOT.
"""

import json
import os
from pathlib import Path
from types import SimpleNamespace


class Held(Exception):
    """The attack did not succeed."""


def honest(frame):
    """The answers of a fair model."""
    return (frame["income"] - frame["debt"] > 2).astype("int64").to_numpy()


def loot(what):
    """Something that should have been out of reach: said aloud, where the gate might quote it."""
    print("LOOT", what, flush=True)


def descriptors():
    """The open descriptors other than the standard ones, found without /proc."""
    found = []
    for number in range(3, 64):
        try:
            os.fstat(number)
        except OSError:
            continue
        found.append(number)
    return found


def write_everywhere(data):
    """Write to every descriptor that takes it; never blocks for ever, since what does not fit is left out."""
    for number in descriptors():
        try:
            os.write(number, data)
        except OSError:
            continue


class Model:
    """Hands the rows to the attack."""

    def __init__(self, attack, aim):
        self._attack, self._aim = attack, aim

    def predict(self, frame, params=None):
        """Answers, if the attack gives any."""
        predict = getattr(self._attack, "predict", None)
        return honest(frame) if predict is None else predict(frame, self._aim)


def _load_pyfunc(path):
    aim = SimpleNamespace(**json.loads(Path(path, "aim.json").read_text()))
    import attack

    if hasattr(attack, "at_load"):
        attack.at_load(aim)
    return Model(attack, aim)
