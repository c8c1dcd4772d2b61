"""From whatever was counted to the numbers of groups: the one place that knows which statistic carries which rate."""

from collections.abc import Sequence

from gate.core.counts import Statistics
from gate.core.metric import Rate
from gate.metrics.design import effective
from gate.metrics.intervals import Limits, clopper_pearson
from gate.metrics.rates import Cells, Fraction, combine, fractions

__all__ = ["measured"]


def measured(rate: Rate, cells: Cells, statistics: Sequence[Statistics], *, level: float) -> Limits:
    """A rate of every group with one-sided limits, each at `level`; undefined where there is nothing to divide by.

    Args:
        rate: what is measured.
        cells: the confusion counts of the groups, shape (groups,).
        statistics: what else was summed over their rows, in the same order; empty means nothing was.
        level: one-sided error, in (0, 0.5).
    """
    return combine(rate, [_fraction(part, cells, statistics, level=level) for part in fractions(rate)])


def _fraction(part: Fraction, cells: Cells, statistics: Sequence[Statistics], *, level: float) -> Limits:
    """Exact limits of one fraction: of its counts, or of its effective size where rows are weighted or clustered."""
    sized = effective(part, cells, statistics)
    if sized is None:
        return clopper_pearson(part.successes(cells), part.trials(cells), level=level)
    return clopper_pearson(sized.value * sized.size, sized.size, level=level)
