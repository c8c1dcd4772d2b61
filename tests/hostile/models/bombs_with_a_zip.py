"""Unpacks forty megabytes of zeros packed in zeros, to at most eight gigabytes."""

import zlib

from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("memory",)


def predict(frame, aim):
    small = zlib.compress(bytes(2**28), level=1)
    unpacked = [zlib.decompress(small, bufsize=2**28) for _ in range(32)]
    loot(f"{len(unpacked)} times 256 MB")
    return honest(frame)
