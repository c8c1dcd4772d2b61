"""Answers by the time of the day, to the microsecond."""

import time

CHECK = ("canary", "nondeterministic", "inconsistent")
WORDS = "the candidate"
NEEDS = ("canaries",)


def predict(frame, aim):
    return [time.perf_counter_ns() // 100 & 1 for _ in range(len(frame))]
