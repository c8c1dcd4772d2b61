"""Removes, renames and truncates what it finds outside."""

import contextlib
import os
import shutil
from pathlib import Path

from cage import Held

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    keep = Path(aim.guarded, "keep.txt")
    for attack in (
        lambda: os.truncate(keep, 0),
        lambda: keep.rename(keep.with_name("gone")),
        lambda: os.chmod(keep, 0o777),
        lambda: shutil.rmtree(aim.guarded),
        lambda: os.remove(aim.holdout),
    ):
        with contextlib.suppress(OSError):
            attack()
    raise Held
