"""From whatever was counted to the numbers of groups: the one place that knows which statistic carries which rate."""

from collections.abc import Sequence

from gate.core.counts import Statistics
from gate.core.metric import REGRESSION_RATES, Rate
from gate.metrics.intervals import Limits
from gate.metrics.means import means
from gate.metrics.rates import Cells, limits

__all__ = ["measured"]


def measured(rate: Rate, cells: Cells, statistics: Sequence[Statistics], *, level: float) -> Limits:
    """A rate of every group with one-sided limits, each at `level`; undefined where there is nothing to divide by.

    Args:
        rate: what is measured.
        cells: the confusion counts of the groups, shape (groups,).
        statistics: what else was summed over their rows, in the same order; empty means nothing was.
        level: one-sided error, in (0, 0.5).
    """
    if rate in REGRESSION_RATES:
        return means(rate, [entry.moments for entry in statistics], level=level)
    return limits(rate, cells, level=level)
