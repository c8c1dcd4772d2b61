"""From whatever was counted to the numbers of groups: the one place that knows which statistic carries which rate."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.metric import RANKING_RATES, REGRESSION_RATES, Rate
from gate.core.paired import PairedCells
from gate.metrics.bounded import UNBOUNDED, Reach, moved
from gate.metrics.delta import DELTA, delta_limits
from gate.metrics.design import effective
from gate.metrics.errors import means
from gate.metrics.intervals import Limits, clopper_pearson
from gate.metrics.kinds import SCORE_RATES, UNITS
from gate.metrics.means import FEWEST
from gate.metrics.ranking import rank_limits
from gate.metrics.rates import Cells, Fraction, combine, fractions
from gate.metrics.scores import LEAST, score_limits

__all__ = ["carried", "defined", "least", "measured", "of_moments", "paired_with", "units"]


def measured(rate: Rate, cells: Cells, statistics: Sequence[Statistics], *, level: float, whole: Statistics | None = None, reach: Reach = UNBOUNDED) -> Limits:
    """A rate of every group with one-sided limits, each at `level`; undefined where there is nothing to divide by.

    Args:
        rate: what is measured.
        cells: the confusion counts of the groups, shape (groups,).
        statistics: what else was summed over their rows, in the same order; empty means nothing was.
        level: one-sided error, in (0, 0.5).
        whole: the same of all rows; None means that it is not known.
        reach: how large an error or a weight can be at all.
    """
    if of_moments(rate, statistics):
        return means(rate, [entry.moments for entry in statistics], level=level, reach=reach.error)
    if rate in SCORE_RATES:
        return score_limits(rate, statistics or [Statistics()] * len(cells.rows), level=level, whole=whole)
    if rate in RANKING_RATES:
        return rank_limits(rate, [entry.ranks for entry in statistics] or [None] * len(cells.rows), level=level)
    if rate in DELTA:
        return delta_limits(rate, cells, level=level)
    return combine(rate, [_fraction(part, cells, statistics, level=level, reach=reach.unit) for part in fractions(rate)])


_UNLABELLED = Cells.of([ConfusionCounts(unlabelled_selected=1, unlabelled_rejected=1)])
"""Rows that say nothing to a rate that needs labels."""


def carried(rate: Rate, statistics: Statistics) -> bool:
    """Whether counts of this kind say anything about a rate."""
    if statistics.ranks is not None or rate in RANKING_RATES:
        return statistics.ranks is not None and rate in RANKING_RATES
    if statistics.moments is not None:
        return rate in REGRESSION_RATES
    return statistics.scores is not None if rate in SCORE_RATES else rate not in REGRESSION_RATES


def of_moments(rate: Rate, statistics: Sequence[Statistics]) -> bool:
    """Whether a rate is a mean of errors that moments carry; of scores there are residuals as well."""
    return rate in REGRESSION_RATES and (rate not in SCORE_RATES or any(entry.moments is not None for entry in statistics))


def units(rate: Rate) -> frozenset[str]:
    """What a rate divides by: rows, positives, negatives, or something that the predictions decide; and labelled rows if it takes no others."""
    if rate in SCORE_RATES:
        return UNITS[rate]
    if rate in REGRESSION_RATES or rate is Rate.NDCG:
        return frozenset({"rows", "labelled"})
    if rate in RANKING_RATES:
        return frozenset({"rows"})
    parts = fractions(rate)
    needs_label = any(int(part.trials(_UNLABELLED)[0]) == 0 for part in parts)
    return frozenset({part.unit for part in parts} | ({"labelled"} if needs_label else set()))


def least(rate: Rate) -> tuple[str, int]:
    """The unit and number without which a rate's limits are not to be trusted, whatever the policy's minimum is."""
    return LEAST.get(rate, ("labelled", FEWEST) if rate in REGRESSION_RATES else ("rows", 0))


def defined(rate: Rate, cells: Cells, statistics: Sequence[Statistics], *, whole: Statistics | None = None) -> NDArray[np.bool_]:
    """Per group: is there anything to divide by?"""
    if rate in SCORE_RATES | REGRESSION_RATES | RANKING_RATES:
        return measured(rate, cells, statistics, level=0.05, whole=whole).defined
    return np.logical_and.reduce([part.trials(cells) > 0 for part in fractions(rate)])


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


def _fraction(part: Fraction, cells: Cells, statistics: Sequence[Statistics], *, level: float, reach: float | None) -> Limits:
    """Exact limits of one fraction: of its counts, or of its effective size where rows are weighted or clustered; `reach` leaves room for heavier rows."""
    sized = effective(part, cells, statistics)
    if sized is None:
        return clopper_pearson(part.successes(cells), part.trials(cells), level=level)
    size = sized.at(level)
    limits = clopper_pearson(sized.value * size, size, level=level)
    if reach is None:
        return limits
    share = np.divide(reach, sized.total, out=np.zeros_like(sized.total), where=sized.total > 0)
    return moved(limits, share, level=level, low=0.0, high=1.0)
