"""From whatever was counted to the numbers of groups: the one place that knows which statistic carries which rate."""

from collections.abc import Sequence

from gate.core.counts import Statistics
from gate.core.metric import Rate
from gate.core.paired import PairedCells
from gate.metrics.intervals import Limits
from gate.metrics.rates import Cells, limits

__all__ = ["measured", "paired_with"]


def measured(rate: Rate, cells: Cells, statistics: Sequence[Statistics], *, level: float) -> Limits:
    """A rate of every group with one-sided limits, each at `level`; undefined where there is nothing to divide by.

    Args:
        rate: what is measured.
        cells: the confusion counts of the groups, shape (groups,).
        statistics: what else was summed over their rows, in the same order; empty means nothing was.
        level: one-sided error, in (0, 0.5).
    """
    del statistics  # so far confusion counts carry every rate
    return limits(rate, cells, level=level)


def paired_with(baseline: str, statistics: Sequence[Statistics]) -> tuple[PairedCells, ...]:
    """The paired cells of every group against one baseline.

    Raises:
        ValueError: a group has none.
    """
    found = [entry.paired.against(baseline) if entry.paired is not None else None for entry in statistics]
    cells = tuple(entry for entry in found if entry is not None)
    if len(cells) < len(found) or not found:
        raise ValueError(f"the counts do not hold what {baseline} answers")
    return cells
