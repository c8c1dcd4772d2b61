"""What rows that were not drawn could still change, where a largest error or weight is declared.

Limits rest on the rows at hand. Where few rows can decide (a heavy one, a huge error), rows that happen to hold none of
them say too little: no sample bounds a mean of numbers without a largest value (Bahadur and Savage 1956). With one,
what happens with probability at least log(1/level)/n is among n rows with probability 1 − level; so each limit moves
outwards by that share of the largest value. Found by simulation of worlds of two kinds of rows, which the tests repeat:
with this term limits keep their level for any number of rare rows, seen and unseen.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gate.metrics.intervals import Limits

__all__ = ["UNBOUNDED", "Reach", "moved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far numbers can go at all, as gate.yaml declares it; None where it declares nothing.

    Args:
        error: the largest error of a regression, in the label's unit.
        unit: the largest weight of a row, or of a cluster of rows, in the unit in which weights are counted.
    """

    error: float | None = None
    unit: float | None = None


UNBOUNDED = Reach()


def moved(limits: Limits, share: NDArray[np.float64], *, level: float, low: float, high: float) -> Limits:
    """Limits moved outwards by what rows that were not drawn could change, within the range [low, high] of the values.

    Args:
        limits: each at `level`.
        share: how much of the value one row could be at most, shape (groups,).
        level: one-sided error, in (0, 0.5).
        low: the lowest value there is.
        high: the highest.
    """
    unseen = np.log(1 / level) * share
    lower, upper = np.maximum(limits.lower - unseen, low), np.minimum(limits.upper + unseen, high)
    return replace(limits, lower=lower, upper=upper, below=limits.below + unseen, above=limits.above + unseen)
