"""Reads the memory of the gate, through /proc and through the system call for it."""

import os
from pathlib import Path

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("signals",)


def predict(frame, aim):
    for pid in (os.getppid(), aim.victim):
        try:
            line = next(line for line in Path(f"/proc/{pid}/maps").read_text().splitlines() if "[stack]" in line)
            start = int(line.split("-")[0], 16)
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                memory.seek(start)
                loot(f"{len(memory.read(4096))} bytes of {pid}")
            return honest(frame)
        except (OSError, StopIteration):
            continue
    raise Held
