"""Counts per group: the only thing that a verdict is computed from."""

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Self, TypeVar

from gate.core.classes import ClassCounts
from gate.core.confusion import ConfusionCounts
from gate.core.moments import Moments
from gate.core.paired import PairedCounts
from gate.core.ranks import RankSums
from gate.core.scores import ScoreCounts
from gate.core.sums import CellSums

__all__ = ["ConfusionCounts", "ContingencyTable", "GroupCounts", "Statistics", "Unassigned", "UnassignedKind"]

_KindT = TypeVar("_KindT", Moments, ClassCounts, PairedCounts, ScoreCounts, RankSums)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What confusion counts cannot carry: one field a kind, None where task or declaration do not ask for it. They add up.

    Args:
        moments: sums of errors, of a regression.
        classes: label × prediction, of a model of several classes.
        paired: how candidate and baselines answer the same rows.
        scores: histograms of the scores.
        sums: weights, or clusters of rows, by cell.
        ranks: places of a ranking, summed over queries.
    """

    moments: Moments | None = None
    classes: ClassCounts | None = None
    paired: PairedCounts | None = None
    scores: ScoreCounts | None = None
    sums: CellSums | None = None
    ranks: RankSums | None = None

    def __add__(self, other: Self) -> "Statistics":
        return Statistics(**{kind.name: _sum(getattr(self, kind.name), getattr(other, kind.name)) for kind in fields(self)})


def _sum(one: _KindT | None, other: _KindT | None) -> _KindT | None:
    """The sum of what both have; what one part lacks is not known of the whole."""
    if one is None and other is None:
        return None
    if one is None or other is None:
        raise ValueError("a statistic cannot be added to none: the sum would pass for one of all rows")
    return one + other


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCounts:
    """The counts of one group of one feature or intersection, and whatever else was summed over its rows."""

    feature: str
    group: str
    counts: ConfusionCounts
    statistics: Statistics = field(default_factory=Statistics)


class UnassignedKind(StrEnum):
    """Why a row belongs to no declared group of a feature."""

    MISSING_VALUE = "missing-value"
    UNDECLARED_VALUE = "undeclared-value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unassigned:
    """Rows that belong to no declared group of one feature; `examples` are undeclared values, most frequent first."""

    feature: str
    kind: UnassignedKind
    rows: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContingencyTable:
    """Everything that the rows say, as counts.

    `groups` holds every declared group of every feature and intersection, in the order of declaration, the empty
    ones too; `unassigned` holds, per plain feature, the rows that no declared group took. `statistics` are those of
    all rows.
    """

    overall: ConfusionCounts
    groups: tuple[GroupCounts, ...]
    unassigned: tuple[Unassigned, ...] = ()
    statistics: Statistics = field(default_factory=Statistics)

    def of(self, feature: str) -> tuple[GroupCounts, ...]:
        """The groups of one feature or intersection, in the order of declaration."""
        return tuple(entry for entry in self.groups if entry.feature == feature)
