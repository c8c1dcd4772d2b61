"""Writes a file wherever it might be let: guarded folders, home, other temporary folders, the installation, the model."""

import contextlib
from pathlib import Path

from cage import Held

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    for place in aim.places:
        with contextlib.suppress(OSError):
            Path(place, aim.marker).write_text("I was here")
    raise Held
