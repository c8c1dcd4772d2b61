"""Its data folder, as MLmodel says, is a secret elsewhere."""

from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    loot(Path(__file__).parents[1].joinpath(*[".."] * 20, aim.secret.lstrip("/")).read_text())
    return honest(frame)
