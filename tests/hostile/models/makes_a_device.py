"""Makes a device node to read the disk below all file systems."""

import os
import stat
from pathlib import Path

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("kernel",)


def predict(frame, aim):
    node = Path(os.environ["HOME"], "disk")
    os.mknod(node, stat.S_IFBLK | 0o600, os.makedev(7, 0))
    loot("a device")
    return honest(frame)
