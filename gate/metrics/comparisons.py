"""Which groups a disparity compares, and in which direction: a property of the declaration, never of the counts.

The ordered pairs are a union of rectangles, so that thousands of groups need no matrix of pairs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gate.core.metric import Metric, Rate

__all__ = ["ALL_PAIRS", "Comparison", "Pairing", "Worse", "both_ways", "paired", "worse"]

Mask: TypeAlias = NDArray[np.bool_]


class Worse(StrEnum):
    """Which value of a rate is to a group's disadvantage, where being selected is the favourable outcome."""

    LOWER = "lower"
    HIGHER = "higher"
    EITHER = "either"  # arguable: both directions are judged


_WORSE: Mapping[Rate, Worse] = MappingProxyType(
    {
        Rate.SELECTION_RATE: Worse.LOWER,
        Rate.TRUE_POSITIVE_RATE: Worse.LOWER,
        Rate.FALSE_NEGATIVE_RATE: Worse.HIGHER,
        Rate.FALSE_OMISSION_RATE: Worse.HIGHER,
        Rate.ACCURACY: Worse.LOWER,
        Rate.BALANCED_ACCURACY: Worse.LOWER,
        Rate.F1_SCORE: Worse.LOWER,
        Rate.TOP_K_SELECTION_RATE: Worse.LOWER,
        Rate.EXPOSURE: Worse.LOWER,
        Rate.NDCG: Worse.LOWER,
    }
)
"""False positives are a favour or a trap, and a low precision means lenience or bad service: what is not listed is judged both ways."""


def worse(rate: Rate) -> Worse:
    """Which value of a rate is to a group's disadvantage; both, where people disagree."""
    return _WORSE.get(rate, Worse.EITHER)


def both_ways(metric: Metric) -> bool:
    """Whether a metric looks at both directions of all its rates: half of what average odds are made of is arguable, and stands in both of its rates."""
    return Rate.AVERAGE_ODDS in metric.rates


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairing:
    """Every ordered pair of a first and another, second group; masks of shape (groups,). The masks are disjoint or equal."""

    first: Mask
    second: Mask

    @property
    def pairs(self) -> int:
        """How many there are."""
        return int(np.sum(self.first)) * int(np.sum(self.second)) - int(np.sum(self.first & self.second))

    def within(self, groups: Mask) -> "Pairing":
        """Those of them that lie among some groups."""
        return Pairing(first=self.first & groups, second=self.second & groups)


def paired(pairings: Sequence[Pairing], groups: Mask) -> bool:
    """Whether any pair lies among these groups."""
    return any(pairing.within(groups).pairs > 0 for pairing in pairings)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What is compared with what. Nothing declared: every group with every other one.

    Args:
        reference: one group, with which all others are compared.
        protected: groups of which only the disadvantages count, against the others, or against the reference alone.
        strata: per group, the number of its stratum: only groups of the same one are compared.
    """

    reference: Mask | None = None
    protected: Mask | None = None
    strata: NDArray[np.intp] | None = None

    def pairings(self, rate: Rate, groups: int, *, both_ways: bool = False) -> tuple[Pairing, ...]:
        """The ordered pairs that are judged in this rate: in each, the first group's rate must not be too far above the second's.

        Of protected groups only the disadvantage counts, unless the metric needs `both_ways`.
        """
        everywhere = self._of_rate(rate, groups, both_ways=both_ways)
        if self.strata is None:
            return everywhere
        return tuple(pairing.within(self.strata == stratum) for stratum in np.unique(self.strata) for pairing in everywhere)

    def _of_rate(self, rate: Rate, groups: int, *, both_ways: bool) -> tuple[Pairing, ...]:
        """The same, whatever the strata."""
        sides = self._sides()
        if sides is None:
            everyone = np.ones(groups, dtype=np.bool_)
            return (Pairing(first=everyone, second=everyone),)
        one, other = sides
        lower, higher = Pairing(first=one, second=other), Pairing(first=other, second=one)
        direction = worse(rate) if self.protected is not None and not both_ways else Worse.EITHER
        return {Worse.LOWER: (lower,), Worse.HIGHER: (higher,), Worse.EITHER: (lower, higher)}[direction]

    def compared(self, groups: int) -> Mask:
        """The groups that stand in any pair."""
        sides = self._sides()
        return np.ones(groups, dtype=np.bool_) if sides is None else sides[0] | sides[1]

    def watched(self, groups: int) -> Mask:
        """The groups whose lagging behind is looked for: the protected ones, or all but the reference."""
        if self.protected is not None:
            return self.protected
        return np.ones(groups, dtype=np.bool_) if self.reference is None else np.logical_not(self.reference)

    def among(self, chosen: NDArray[np.intp] | Mask) -> "Comparison":
        """The same of some groups, by index or mask."""
        reference, protected = (None if mask is None else mask[chosen] for mask in (self.reference, self.protected))
        return Comparison(reference=reference, protected=protected, strata=None if self.strata is None else self.strata[chosen])

    def _sides(self) -> tuple[Mask, Mask] | None:
        if self.protected is None:
            return None if self.reference is None else (self.reference, np.logical_not(self.reference))
        return np.logical_not(self.protected) if self.reference is None else self.reference, self.protected


ALL_PAIRS = Comparison()
