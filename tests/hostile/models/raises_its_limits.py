"""Lifts the limits that it was given."""

import resource

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("kernel",)


def predict(frame, aim):
    names = (resource.RLIMIT_AS, resource.RLIMIT_NPROC, resource.RLIMIT_FSIZE, resource.RLIMIT_CPU)
    lifted = []
    for name in names:
        _, hard = resource.getrlimit(name)
        if hard != resource.RLIM_INFINITY:
            try:
                resource.setrlimit(name, (hard + 1, hard + 1))
                lifted.append(name)
            except (ValueError, OSError):
                continue
    if not lifted:
        raise Held
    loot(lifted)
    return honest(frame)
