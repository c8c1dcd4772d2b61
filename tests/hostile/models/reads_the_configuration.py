"""Reads gate.yaml and the policy, to know which groups it is judged by."""

from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    loot(Path(aim.configuration).read_text())
    return honest(frame)
