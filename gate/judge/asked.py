"""Which groups of a feature or intersection a rule is asked of, and which of them it compares: what `gate.yaml` declares."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.core.counts import ContingencyTable, GroupCounts
from gate.core.metric import Form, Metric
from gate.core.model import Intersection
from gate.judge.questions import claims
from gate.metrics.comparisons import ALL_PAIRS, Comparison

__all__ = ["Asked", "asked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The groups that a rule is asked of, how they are compared, and how many claims that makes.

    `claims` counts the declaration: a pool of undeclared values that happens to be empty does not change it.
    """

    entries: tuple[GroupCounts, ...]
    comparison: Comparison
    claims: int


def asked(metric: Metric, crossing: Intersection, table: ContingencyTable) -> Asked:
    """The counts of the groups that are judged: without the excluded ones, and for a disparity without those that nothing is compared with."""
    entries = table.of(crossing.name)
    if crossing.plain:
        return Asked(entries=entries, comparison=ALL_PAIRS, claims=claims(metric, len(entries)))
    comparison = Comparison(reference=_mask(crossing.reference), protected=_mask(crossing.protected), strata=_places(crossing.strata))
    kept = np.logical_not(np.array(crossing.excluded))
    if metric.form in (Form.DIFFERENCE, Form.RATIO):
        kept &= comparison.compared(len(entries))
    total = claims(metric, int(np.sum(kept)), comparison.among(kept))
    kept &= np.logical_not(_unpopulated(crossing, table))
    return Asked(entries=tuple(entries[i] for i in np.flatnonzero(kept)), comparison=comparison.among(kept), claims=total)


def _mask(flags: Iterable[bool] | None) -> NDArray[np.bool_] | None:
    return None if flags is None else np.array(tuple(flags))


def _places(strata: Iterable[int] | None) -> NDArray[np.intp] | None:
    return None if strata is None else np.array(tuple(strata), dtype=np.intp)


def _unpopulated(crossing: Intersection, table: ContingencyTable) -> NDArray[np.bool_]:
    """The cells of pools that hold no row at all: nobody is in them, so nobody is treated otherwise there."""
    empty = {feature.name for feature in crossing.features if any(entry.group == feature.other and not entry.counts.rows for entry in table.of(feature.name))}
    return np.array(crossing.pooled(empty))
