"""Writes to the gate's own code and to the packages that the next check will import."""

import sysconfig
from pathlib import Path

from cage import Held, honest, loot

import gate

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    hit = 0
    for folder in (Path(gate.__file__).parent, Path(sysconfig.get_path("purelib"))):
        try:
            Path(folder, aim.marker).write_text("")
            hit += 1
        except OSError:
            continue
    if not hit:
        raise Held
    loot("installation")
    return honest(frame)
