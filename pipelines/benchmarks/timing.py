"""Two pieces of work timed in turn: what is quoted is the median of the ratios, pair by pair."""

import statistics
import time
from collections.abc import Callable

__all__ = ["paired", "row", "seconds"]


def paired(one: Callable[[], object], other: Callable[[], object], *, times: int) -> tuple[float, float, float]:
    """Medians of both in seconds, taken in turn after one warm-up, and the median of the ratios pair by pair."""
    one(), other()
    pairs = [(seconds(one), seconds(other)) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), statistics.median(a / b for a, b in pairs)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def row(what: str, beside: str, times: tuple[float, float, float]) -> str:
    """A line of the table; a ratio below 1 is also said the other way round."""
    ours, theirs, ratio = times
    faster = f" ({1 / ratio:,.0f} × faster)" if ratio < 0.5 else ""
    return f"| {what} | {beside} | {ours:.3f} | {theirs:.3f} | {ratio:.4g}{faster} |"
