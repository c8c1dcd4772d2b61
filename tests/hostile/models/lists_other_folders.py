"""Lists the folders of the user, the checks and the temporary files."""

import os
from pathlib import Path

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    found = []
    for place in (aim.guarded, Path(aim.secret).parent, Path(aim.configuration).parent):
        try:
            found += os.listdir(place)
        except OSError:
            continue
    if not found:
        raise Held
    loot(found)
    return honest(frame)
