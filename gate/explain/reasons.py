"""Why cases are refused: which inputs hold a row back, as compared with rows that are selected.

A reason is an input with a negative Shapley value over a background of selected rows. It is stable when it stays the
first one however those rows are drawn anew (a bootstrap over the walks); two that are equal are never stable.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.core.estimates import GroupRate
from gate.core.local_explanation import LocalReasons, TopReason
from gate.explain.box import Box
from gate.explain.mixed import Places, favourable
from gate.explain.numbers import rate_of
from gate.explain.shapley import afforded, shapley_values

__all__ = ["MOST_REASONS", "Refusals", "counted", "explained_refusals"]

MOST_REASONS = 4
"""So many reasons of a case at most: more than four say little (Regulation B, comment 9(b)(2)-1)."""
PAIRS = 20
_RESAMPLES = 100
_SAME = 0.95
_LEAST = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Refusals:
    """Refused cases and what holds them back.

    Args:
        rows: (n,) rows of the box.
        refused: how many refusals the box has.
        values: (n, d) Shapley values; the most negative is the first reason.
        stable: (n,) whether the first reason is stable.
    """

    rows: Places
    refused: int
    values: NDArray[np.float64]
    stable: NDArray[np.bool_]

    @property
    def first(self) -> Places:
        """(n,) the input that is the first reason; −1 where none holds the row back."""
        least = np.argmin(self.values, axis=1)
        return np.where(self.values[np.arange(len(least)), least] < -_LEAST, least, -1)

    def reasons(self, case: int) -> list[int]:
        """The inputs that hold a case back, the strongest first."""
        line = self.values[case]
        return [int(place) for place in np.argsort(line, kind="stable")[:MOST_REASONS] if line[place] < -_LEAST]


def explained_refusals(box: Box, order: Places, *, cases: int, random: np.random.Generator, tell: Callable[[str], None]) -> Refusals | str:
    """The first so many refusals in an order, with their reasons, or why there are none; the box has to be decided.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    accepted = np.flatnonzero(favourable(box, box.answers)).astype(np.int64)
    if not len(order):
        return "no row is refused"
    if not len(accepted):
        return "no row is selected, so that there is nothing to compare a refusal with"
    rows = np.sort(order[: afforded(box, wanted=cases, pairs=PAIRS)])
    found = shapley_values(box, rows, accepted, pairs=PAIRS, random=random, tell=tell)
    return Refusals(rows=rows, refused=len(order), values=found.mean, stable=stable_firsts(found.draws, random))


def stable_firsts(draws: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.bool_]:
    """(n,) whether the lowest of the means over draws is the lowest, and alone so, in 95 of 100 resamples of them."""
    cases, pairs, inputs = draws.shape
    mean = draws.mean(axis=1)
    first = np.argmin(mean, axis=1)
    same = np.zeros(cases)
    for _ in range(_RESAMPLES):
        again = draws[:, random.integers(pairs, size=pairs)].mean(axis=1)
        others = again.copy()
        others[np.arange(cases), first] = np.inf
        lead = others.min(axis=1) if inputs > 1 else np.zeros(cases)
        same += again[np.arange(cases), first] < np.minimum(lead, 0) - _LEAST
    return np.asarray(same >= _SAME * _RESAMPLES, dtype=bool)


def counted(box: Box, found: Refusals, words: Mapping[str, str]) -> LocalReasons:
    """How often each input is the first reason, over all and in every group; no single case."""
    first, stable = found.first, rate_of(found.stable)
    if stable is None:
        raise ValueError("there are refusals")
    places = [int(place) for place in np.unique(first[first >= 0])]
    reasons = sorted((_top(box, found, place, words) for place in places), key=lambda entry: (-entry.first.hits, entry.feature))
    return LocalReasons(
        cases=len(found.rows),
        refused=found.refused,
        walks=2 * PAIRS,
        stable=stable,
        reasons=tuple(reasons),
        unspoken=tuple(entry.feature for entry in reasons if entry.feature not in words),
    )


def _top(box: Box, found: Refusals, place: int, words: Mapping[str, str]) -> TopReason:
    hits = found.first == place
    feature = box.columns[place]
    rate = rate_of(hits)
    if rate is None:
        raise ValueError("there are refusals")
    groups = (
        GroupRate(feature=grouping.name, group=name, rate=rate_of(hits[grouping.of(code)[found.rows]]))
        for grouping in box.groupings
        for code, name in enumerate(grouping.groups)
    )
    return TopReason(feature=feature, words=words.get(feature, feature), first=rate, groups=tuple(groups))
