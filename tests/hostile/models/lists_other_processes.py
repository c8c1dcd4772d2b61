"""Lists the processes of the machine, to learn who else is there."""

from pathlib import Path

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("processes",)


def predict(frame, aim):
    if not Path(f"/proc/{aim.victim}").exists():
        raise Held
    loot(Path(f"/proc/{aim.victim}/cmdline").read_text())
    return honest(frame)
