"""Writes a passed decision.json wherever the gate might pick it up: its output, its folder, home, its own files."""

import contextlib
from pathlib import Path

from cage import Held

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    for place in aim.places:
        names = ("decision.json", "counts.parquet", aim.marker) if aim.world in place else (aim.marker,)
        for name in names:
            with contextlib.suppress(OSError):
                Path(place, name).write_text('{"schema": "gate.decision/v1", "verdict": "passed"}')
    raise Held
