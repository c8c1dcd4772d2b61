"""The smallest change that turns a refusal into a selection, as far as a search finds it.

Every value of a changed row is one that a real row has. Candidates are single changes on a grid, and nearest selected
rows from which change after change is taken back; then numbers are moved back as far as the answer allows. A change
costs its size in standard deviations; another category, or a value where there was none, costs 1.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from gate.core.estimates import Measured
from gate.core.local_explanation import Changed, Counterfactuals, RecourseCost, RecourseGap
from gate.explain.box import Box, Grouping
from gate.explain.dependence import grid
from gate.explain.distances import Distances
from gate.explain.mixed import Places, asked, favourable
from gate.explain.numbers import SIDE, measured, rate_of

__all__ = ["Allowed", "Changes", "compared", "searched"]

_DONORS = 3
_KEPT = 3
"""So many single changes of a case are made smaller, the cheapest on the grid first."""
_CELLS = 5 * 10**7
_FEWEST_CASES = 10
_FEW = 30
"""A group with fewer changed cases has no mean cost."""
_HALVINGS = 12
_MOST_NUMBERS = 4
"""So many changed numbers of a row are moved back, the dearest first."""

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What a person can change: not the `fixed` inputs; `up` and `down` in one direction only."""

    fixed: frozenset[str] = frozenset()
    up: frozenset[str] = frozenset()
    down: frozenset[str] = frozenset()

    def permits(self, name: str, before: NDArray[np.float64], after: NDArray[np.float64]) -> Flags:
        """Per pair of values: may the one become the other? What has no value may not go up or down."""
        if name in self.fixed:
            return np.zeros(np.broadcast(before, after).shape, dtype=bool)
        rising = np.greater_equal(after, before) if name in self.up else np.ones(np.broadcast(before, after).shape, dtype=bool)
        return rising & np.less_equal(after, before) if name in self.down else rising


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """Refused cases and the smallest changes that were found for them.

    Args:
        rows: (n,) rows of the box.
        sources: (n, d) where every value of the changed row is from; the row itself where it stays.
        found: (n,) whether there is a change.
        cost: (n,) what it costs; infinite without one.
        plausible: (n,) whether the changed row is as near to a real row as real rows are to one another.
        changed: (n, d) which inputs change.
    """

    rows: Places
    sources: Places
    found: Flags
    cost: NDArray[np.float64]
    plausible: Flags
    changed: Flags


@dataclass(slots=True, kw_only=True, eq=False)
class _Search:
    """The best change so far of every case; a plausible one goes before a cheaper one that is not."""

    box: Box
    space: Distances
    allowed: Allowed
    rows: Places
    best: Places
    cost: NDArray[np.float64]
    plausible: Flags

    def flips(self, sources: Places) -> Flags:
        return favourable(self.box, asked(self.box, sources))

    def offer(self, cases: Places, sources: Places) -> None:
        """Changed rows that flip: each is kept where it is better than what its case has."""
        costs = self.space.cost(self.rows[cases], sources).sum(axis=1)
        plausible = self.space.plausible(sources, self.rows[cases])
        for case, source, cost, fine in zip(cases, sources, costs, plausible, strict=True):
            if (not fine, cost) < (not self.plausible[case] or np.isinf(self.cost[case]), self.cost[case]):
                self.best[case], self.cost[case], self.plausible[case] = source, cost, fine


def searched(box: Box, allowed: Allowed, order: Places, *, cases: int, random: np.random.Generator, tell: Callable[[str], None]) -> Changes | str:
    """The changes for the first so many refusals in an order, or why there are none to search; the box has to be decided.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    if not len(order):
        return "no row is refused"
    accepted = np.flatnonzero(favourable(box, box.answers)).astype(np.int64)
    afforded = max(_FEWEST_CASES, _CELLS // (10 * max(len(box.columns), 1) ** 2))
    return changes(box, allowed, np.sort(order[: min(cases, afforded)]), accepted, random=random, tell=tell)


def changes(box: Box, allowed: Allowed, rows: Places, accepted: Places, *, random: np.random.Generator, tell: Callable[[str], None]) -> Changes:
    """The smallest changes that are found for some refused rows.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    space = Distances.of(box, random=random)
    itself = np.repeat(rows[:, None], len(box.columns), axis=1)
    search = _Search(
        box=box,
        space=space,
        allowed=allowed,
        rows=rows,
        best=itself.copy(),
        cost=np.full(len(rows), np.inf),
        plausible=np.zeros(len(rows), dtype=bool),
    )
    tell(f"changing one input of {len(rows):,} refused rows")
    _single(search)
    tell(f"changing several inputs of {len(rows):,} refused rows")
    _from_neighbours(search, accepted)
    found = np.isfinite(search.cost)
    return Changes(rows=rows, sources=search.best, found=found, cost=search.cost, plausible=search.plausible & found, changed=space.cost(rows, search.best) > 0)


def _single(search: _Search) -> None:
    """Every value of a grid in one input; the cheapest of every case are made smaller."""
    flipping = [_one_change(search, place) for place in range(len(search.box.columns))]
    cases, sources = (np.concatenate(each) for each in zip(*flipping, strict=True))
    costs = search.space.cost(search.rows[cases], sources).sum(axis=1)
    order = np.lexsort((costs, cases))
    turn = np.arange(len(order)) - np.searchsorted(cases[order], cases[order])
    kept = order[turn < _KEPT]
    if len(kept):
        search.offer(cases[kept], _moved_back(search, cases[kept], sources[kept]))


def _one_change(search: _Search, place: int) -> tuple[Places, Places]:
    """Cases and changed rows that are selected, with another value in one input."""
    name, values = search.box.columns[place], search.space.matrix[:, place]
    tried = grid(search.box.inputs.column(name))
    cases, choices = (side.ravel() for side in np.meshgrid(np.arange(len(search.rows)), tried, indexing="ij"))
    before = search.rows[cases]
    fit = search.allowed.permits(name, values[before], values[choices]) & (search.space.step(place, before, choices) > 0)
    sources = np.repeat(before[fit][:, None], len(search.box.columns), axis=1)
    sources[:, place] = choices[fit]
    flips = search.flips(sources)
    return cases[fit][flips], sources[flips]


def _from_neighbours(search: _Search, accepted: Places) -> None:
    """The nearest selected rows, as far as a person can become like them; then change after change is taken back."""
    if not len(accepted):
        return
    near = search.space.nearest(search.rows, accepted, _DONORS)
    cases, donors = np.repeat(np.arange(len(near)), near.shape[1]), near.ravel()
    before = search.rows[cases]
    sources = np.repeat(donors[:, None], len(search.box.columns), axis=1)
    for place, name in enumerate(search.box.columns):
        values = search.space.matrix[:, place]
        sources[:, place] = np.where(search.allowed.permits(name, values[before], values[donors]), donors, before)
    flips = search.flips(sources)
    if flips.any():
        cases = cases[flips]
        search.offer(cases, _moved_back(search, cases, _taken_back(search, cases, sources[flips])))


def _taken_back(search: _Search, cases: Places, sources: Places) -> Places:
    """Change after change, the dearest first, is taken back where the answer stays."""
    costs = search.space.cost(search.rows[cases], sources)
    order = np.argsort(-costs, axis=1, kind="stable")
    for turn in range(sources.shape[1]):
        at = order[:, turn]
        worth_it = np.flatnonzero(costs[np.arange(len(cases)), at] > 0)
        if not len(worth_it):
            continue
        tried = sources[worth_it].copy()
        tried[np.arange(len(worth_it)), at[worth_it]] = search.rows[cases[worth_it]]
        stays = search.flips(tried)
        sources[worth_it[stays]] = tried[stays]
    return sources


def _moved_back(search: _Search, cases: Places, sources: Places) -> Places:
    """Changed numbers go back towards their own value, by halving over the values that rows have, as far as the answer stays."""
    for turn in range(min(_MOST_NUMBERS, sources.shape[1])):
        costs = np.where(search.space.numbers[None, :], search.space.cost(search.rows[cases], sources), 0.0)
        at = np.argsort(-costs, axis=1, kind="stable")[:, turn]
        going = np.flatnonzero(costs[np.arange(len(cases)), at] > 0)
        if len(going):
            sources[going] = _halved(search, search.rows[cases[going]], sources[going], at[going])
    return sources


def _halved(search: _Search, rows: Places, sources: Places, at: Places) -> Places:
    """One number of each row: `near` keeps the answer refused, `far` selected, both as places among the sorted values."""
    line = np.arange(len(rows))
    near, far = search.space.rank[rows, at], search.space.rank[sources[line, at], at]
    for _ in range(_HALVINGS):
        middle = (near + far) // 2
        open_ = np.flatnonzero((middle != near) & (middle != far) & (near >= 0) & (far >= 0))
        if not len(open_):
            break
        tried = sources[open_].copy()
        tried[np.arange(len(open_)), at[open_]] = search.space.row_at(at[open_], middle[open_])
        stays = search.flips(tried)
        sources[open_[stays]] = tried[stays]
        far[open_[stays]], near[open_[~stays]] = middle[open_[stays]], middle[open_[~stays]]
    return sources


# ------------------------------------------------------------------------------------------------------- over all cases


def compared(box: Box, allowed: Allowed, found: Changes) -> Counterfactuals:
    """What the changes are over all cases, and what they cost by group; no single case."""
    share = rate_of(found.found)
    if share is None:
        raise ValueError("there are refusals")
    counts = found.changed[found.found]
    rates = ((name, rate_of(counts[:, place])) for place, name in enumerate(box.columns))
    changed = (Changed(feature=name, rate=rate) for name, rate in rates if rate is not None and rate.hits)
    return Counterfactuals(
        cases=len(found.rows),
        fixed=tuple(name for name in box.columns if name in allowed.fixed),
        found=share,
        plausible=rate_of(found.plausible[found.found]),
        cost=_mean(found.cost[found.found]),
        changes=tuple(sorted(changed, key=lambda entry: (-entry.rate.hits, entry.feature))),
        groups=tuple(cost for grouping in box.groupings for cost in _costs(grouping, found)),
        gaps=tuple(gap for grouping in box.groupings if (gap := _gap(grouping, found)) is not None),
    )


def _mean(costs: NDArray[np.float64], *, side: float = SIDE) -> Measured | None:
    if len(costs) < _FEW:
        return None
    return measured(float(costs.mean()), float(np.std(costs, ddof=1) / np.sqrt(len(costs))), side=side)


def _costs(grouping: Grouping, found: Changes) -> Iterator[RecourseCost]:
    for place, name in enumerate(grouping.groups):
        here = grouping.of(place)[found.rows]
        rate = rate_of(found.found[here])
        if rate is not None:
            yield RecourseCost(feature=grouping.name, group=name, found=rate, cost=_mean(found.cost[here & found.found]))


def _gap(grouping: Grouping, found: Changes) -> RecourseGap | None:
    """The widest difference of two means; the interval is that of every pair at once, since the widest was chosen."""
    costs = {name: found.cost[grouping.of(place)[found.rows] & found.found] for place, name in enumerate(grouping.groups)}
    costs = {name: each for name, each in costs.items() if len(each) >= _FEW}
    if len(costs) < 2:
        return None
    pairs = list(combinations(costs, 2))
    one, other = max(pairs, key=lambda pair: abs(costs[pair[0]].mean() - costs[pair[1]].mean()))
    high, low = (one, other) if costs[one].mean() >= costs[other].mean() else (other, one)
    error = float(np.sqrt(sum(np.var(costs[name], ddof=1) / len(costs[name]) for name in (high, low))))
    gap = measured(float(costs[high].mean() - costs[low].mean()), error, side=SIDE / len(pairs))
    return RecourseGap(feature=grouping.name, high=high, low=low, gap=gap)
