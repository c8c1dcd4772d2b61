"""Takes memory until there is none; at most eight gigabytes."""

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("memory",)


def predict(frame, aim):
    taken = [bytearray(b"1") * 2**28 for _ in range(32)]
    loot(f"{len(taken)} times 256 MB")
    return honest(frame)
