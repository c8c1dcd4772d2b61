"""Worlds of rows that do not all count the same, or not by themselves: weights, and several rows per person."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from asking import Counted, Inquiry, World
from numpy.typing import NDArray

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.policy import Confidence, Threshold
from gate.core.sums import CELLS, PAIRS, PATTERNS, CellSums
from gate.judge.questions import Question
from gate.metrics.bounded import UNBOUNDED, Reach

__all__ = ["worlds"]

Design: TypeAlias = Sequence[tuple[int, float, float]]
"""Strata of rows: their weight, their share of the rows, and the chance of being selected."""
USUAL, SURE = Confidence(), Confidence(passing=0.99, failing=0.999)
SELECTED, REJECTED = 0, 3
"""The cells tp and fn: every row is positive, so that the selection rate and the true positive rate are one."""


def worlds() -> Iterator[World]:
    """Weighted rows, then rows in clusters, then the least favourable weights that were found."""
    yield from _weighted()
    yield from _clustered()
    yield from _heavy()


def _sums(units: NDArray[np.int64], *, clustered: bool) -> Statistics:
    """The sums over units with weight in the two cells; shape (units, 2)."""
    places = (SELECTED, REJECTED)
    products = {(places[i], places[j]): int(units[:, i] @ units[:, j]) for i, j in ((0, 0), (0, 1), (1, 1))}
    totals = dict(zip(places, units.sum(axis=0).tolist(), strict=True))
    patterns = np.bincount((units > 0) @ [1 << place for place in places], minlength=PATTERNS) if clustered else None
    return Statistics(
        sums=CellSums(
            totals=tuple(totals.get(i, 0) for i in range(len(CELLS))),
            products=tuple(products.get(pair, 0) for pair in PAIRS),
            clusters=None if patterns is None else tuple(patterns.tolist()),
        )
    )


WEIGHTS: dict[str, Design] = {
    "1 to 4, alike": [(weight, 0.25, 0.3) for weight in (1, 2, 3, 4)],
    "one row in ten counts ten times, alike": [(1, 0.9, 0.3), (10, 0.1, 0.3)],
    "one row in ten counts ten times, selected more": [(1, 0.9, 0.1), (10, 0.1, 0.5)],
    "one row in fifty counts fifty times, selected less": [(1, 0.98, 0.5), (50, 0.02, 0.1)],
    "one row in fifty counts fifty times, hardly any selected else": [(1, 0.98, 0.02), (50, 0.02, 0.4)],
}
GAP = 0.1


def _weighted() -> Iterator[World]:
    """Each as it is, where its heaviest row is common, and with the largest weight declared."""
    for (name, design), sizes in ((d, s) for d in WEIGHTS.items() for s in ((800, 800), (4000, 400), (400, 4000))):
        for confidence in (USUAL, SURE) if sizes == (800, 800) else (USUAL,):
            yield _world(name, design, [(sizes[0], GAP), (sizes[1], 0.0)], confidence, declared=True)
            if not _few(design):
                yield _world(name, design, [(sizes[0], GAP), (sizes[1], 0.0)], confidence, declared=False)


def _world(name: str, design: Design, groups: Sequence[tuple[int, float]], confidence: Confidence, *, declared: bool) -> World:
    inquiry = Inquiry.of("demographic_parity_difference", Threshold(max=GAP), 2, confidence)
    reach = Reach(unit=float(design[-1][0])) if declared else UNBOUNDED
    family = "weights, few heavy rows" if _few(design) else "weights"
    return World(
        family=f"{family}, {'the largest declared' if declared else 'none declared'}",
        what=f"`demographic_parity_difference` ≤ {GAP:g}; rows {groups[0][0]:,}, {groups[1][0]:,}; {name}",
        trial=partial(_of_weighted, inquiry, design, groups, reach),
        confidence=confidence,
        covered=declared or not _few(design),
    )


def _few(design: Design) -> bool:
    """Whether what is heavy is rare: less than one row in forty."""
    return design[-1][1] < 1 / 40


def _of_weighted(inquiry: Inquiry, design: Design, groups: Sequence[tuple[int, float]], reach: Reach, rng: np.random.Generator) -> tuple[Question, ...]:
    return (inquiry.question([_weighted_group(rng, design, size, more) for size, more in groups], reach=reach),)


def _weighted_group(rng: np.random.Generator, design: Design, size: int, more: float) -> Counted:
    """Rows by stratum and answer: the sums over rows follow from how many there are of each."""
    chances = [part for _, share, chance in design for part in (share * (chance + more), share * (1 - chance - more))]
    rows = rng.multinomial(size, chances).reshape(-1, 2)
    weight = np.array([weight for weight, _, _ in design])
    units = np.zeros((int(rows.sum()), 2), dtype=np.int64)
    at = 0
    for of, counts in zip(weight.tolist(), rows.tolist(), strict=True):
        for column, count in enumerate(counts):
            units[at : at + count, column] = of
            at += count
    return ConfusionCounts(tp=int(rows[:, 0].sum()), fn=int(rows[:, 1].sum())), _sums(units, clustered=False)


FEW: dict[str, Design] = {
    "one row in 900 counts a hundred times, hardly any selected else": [(1, 899 / 900, 0.002), (100, 1 / 900, 0.4)],
    "one row in 90 counts ten times, nearly all selected else": [(1, 89 / 90, 0.85), (10, 1 / 90, 0.1)],
}
"""What a heavy row says is not seen where none is drawn, or all of them agree by chance; sums of squares cannot tell."""


def _heavy() -> Iterator[World]:
    """With the largest weight declared, and one of each without, where nothing is promised."""
    for (name, design), (rows, others), small_is_ahead in ((d, s, a) for d in FEW.items() for s in ((1000, 10_000), (200, 2000)) for a in (True, False)):
        groups = [(rows, GAP), (others, 0.0)] if small_is_ahead else [(others, GAP), (rows, 0.0)]
        yield _world(name, design, groups, USUAL, declared=True)
        if rows == 1000:
            yield _world(name, design, groups, USUAL, declared=False)


def _clustered() -> Iterator[World]:
    for rate, alike, clusters in ((r, a, c) for r in (0.15, 0.5) for a in (0.1, 0.5) for c in ((30, 30), (200, 30), (30, 200), (200, 200))):
        for confidence in (USUAL, SURE) if clusters == (30, 30) else (USUAL,):
            inquiry = Inquiry.of("demographic_parity_difference", Threshold(max=GAP), 2, confidence)
            what = f"`demographic_parity_difference` ≤ {GAP:g}; {clusters[0]} and {clusters[1]} people with 1 to 10 rows; rate {rate:g}; correlation {alike:g}"
            groups = [(clusters[0], rate + GAP), (clusters[1], rate)]
            yield World(family="clusters", what=what, trial=partial(_of_clustered, inquiry, alike, groups), confidence=confidence)


def _of_clustered(inquiry: Inquiry, alike: float, groups: Sequence[tuple[int, float]], rng: np.random.Generator) -> tuple[Question, ...]:
    return (inquiry.question([_clustered_group(rng, clusters, rate, alike) for clusters, rate in groups]),)


def _clustered_group(rng: np.random.Generator, clusters: int, rate: float, alike: float) -> Counted:
    """Every person has a chance of their own: beta, with the given correlation between two rows of a person."""
    size, whole = rng.integers(1, 11, clusters), 1 / alike - 1
    selected = rng.binomial(size, rng.beta(rate * whole, (1 - rate) * whole, clusters))
    units = np.stack([selected, size - selected], axis=1)
    return ConfusionCounts(tp=int(selected.sum()), fn=int((size - selected).sum())), _sums(units, clustered=True)
