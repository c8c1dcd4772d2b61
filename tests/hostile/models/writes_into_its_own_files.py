"""Rewrites its own code and the file that its signature is in."""

from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    for path in (Path(__file__), Path(__file__).parents[1] / "MLmodel"):
        path.chmod(0o666)
        path.write_text("nothing to see here")
    loot("my own files")
    return honest(frame)
