"""Sizes of groups at which a rule is decided that is about no plain rate: scores, errors, rankings, weights, clusters, strata.

Their estimates are taken to be normal around what all groups show together, with the spread that the judgement's own
limits have on a table of that size (`resizing`); then the judgement's own rule of all pairs is asked. What a larger
table would hold is assumed to be more of the same: with clusters more of them, of the same sizes; in a ranking more
queries; within strata more rows of every cell.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from operator import add
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from gate.core.confusion import ConfusionCounts
from gate.core.counts import Statistics
from gate.core.metric import RANKING_RATES, Form, Rate
from gate.judge.questions import Question
from gate.judge.resizing import resized, resized_counts
from gate.judge.simulation import POWER, TABLES, all_within, kept_of, smallest_size, some_beyond, uniforms
from gate.metrics.comparisons import ALL_PAIRS, Pairing, both_ways
from gate.metrics.intervals import Limits
from gate.metrics.kinds import AGAINST_OTHERS, SIGNED
from gate.metrics.ranking import deviation, queries
from gate.metrics.rates import Cells

__all__ = ["Growing"]

World: TypeAlias = list[list[NDArray[np.float64]]]
"""Per rate of the metric, its true value in every kept group, shape (groups,); alone in a list, as a rate made of one part is."""

_LARGE = 10**7
"""At this size limits are those of a normal distribution, and twice the step from half to one deviation is one deviation."""
_HALF, _ONE = float(1 - 0.6914624612740131), float(1 - 0.8413447460685429)
_COARSE = 0.02
"""Limits of ten million rows that are wider than this hide an order or a place, and no more rows will show it."""
_EXACT_SIZES = 20
"""With more groups than this, sizes of groups that stay as they are are rounded down to two digits: limits are needed of few sizes only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alike:
    """What groups that are taken to be alike have together, and how much of the plan's unit that is."""

    counts: ConfusionCounts
    statistics: Statistics
    have: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growing:
    """A question, and what its groups would show if they grew.

    Args:
        question: what is asked.
        unit: what sizes count: rows, or the queries of a ranking.
        sizes: what every group has of it, shape (groups,).
        alike: the groups together; within strata, those of each stratum.
        place: per group, which of `alike` it is one of.
        centres: per rate, the mean over the groups that are alike, for every group.
        kept: the groups that a simulation looks at.
    """

    question: Question
    unit: str
    sizes: NDArray[np.int64]
    alike: tuple[_Alike, ...]
    place: NDArray[np.intp]
    centres: tuple[NDArray[np.float64], ...]
    kept: NDArray[np.intp]
    _known: dict[tuple[int, int, Rate, float], Limits] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, question: Question) -> "Growing":
        """The question's own counts, with the groups of a stratum taken to be alike."""
        ranked = next((rate for rate in question.metric.rates if rate in RANKING_RATES), None)
        sizes = question.cells.rows if ranked is None else queries(ranked, [entry.ranks for entry in question.statistics])
        strata = question.comparison.strata
        place = np.zeros(len(question.groups), dtype=np.intp) if strata is None else np.unique(strata, return_inverse=True)[1]
        alike = tuple(_together(question, sizes, place == number) for number in range(int(np.max(place)) + 1))
        return cls(
            question=question,
            unit="rows" if ranked is None else "queries",
            sizes=sizes,
            alike=alike,
            place=place,
            centres=tuple(_centres(question, rate, sizes, place) for rate in question.metric.rates),
            kept=kept_of(question),
        )

    def have(self, index: int) -> int:
        """What a group has now, in the plan's unit."""
        return int(self.sizes[index])

    @property
    def fewest(self) -> NDArray[np.int64]:
        """What the kept groups have."""
        return self.sizes[self.kept]

    def pooled_rate(self, index: int) -> float:
        """One of the metric's rates, over all groups together; of one that is judged by its size, the size."""
        weights = np.maximum(self.sizes, 1)
        found = float(self.centres[index] @ weights / np.sum(weights))
        return abs(found) if self._signed(index) else found

    def equal(self, value: float) -> World:  # noqa: ARG002 -- as `Sizing.equal`; the whole table by itself is alike to itself
        """The truth if all groups are alike."""
        return [[centre[self.kept]] for centre in self.centres]

    def half(self, value: float, deciding: Sequence[int]) -> World:  # noqa: ARG002 -- as `Sizing.half`
        """The truth if one group lags by half of what the threshold allows, or half the distance to a bound is left."""
        threshold, form = self.question.threshold, self.question.metric.form
        if form not in (Form.DIFFERENCE, Form.RATIO):
            bound = threshold.max if threshold.max is not None else threshold.min or 0.0
            centre = self.centres[0][self.kept]
            return [[np.where(centre < 0, -1, 1) * (np.abs(centre) + bound) / 2 if self._signed(0) else (centre + bound) / 2]]
        group = int(np.searchsorted(self.kept, deciding[-1])) % self.kept.size
        return self.lagging((threshold.max or 0.0) / 2 if form is Form.DIFFERENCE else (1 + (threshold.min or 0.0)) / 2, group)

    def lagging(self, by: float, group: int, *, rates: Sequence[int] | None = None) -> World:
        """The truth when one group lags behind those that it is compared with: a difference of `by`, or a ratio of `by`."""
        world: World = []
        beside = self.place[self.kept] == self.place[self.kept[group]]
        for index, (rate, everywhere) in enumerate(zip(self.question.metric.rates, self.centres, strict=True)):
            centre = everywhere[self.kept]
            high, low = self._pair_around(rate, float(centre[group]), by) if rates is None or index in rates else (centre[group], centre[group])
            mine, others = (low, high) if self._may_lag(rate, group) else (high, low)
            world.append([np.where(np.arange(self.kept.size) == group, mine, np.where(beside, others, centre))])
        return world

    def one_off(self, value: float, group: int) -> World:
        """The truth when one group alone has this rate."""
        return [[np.where(np.arange(self.kept.size) == group, value, centre[self.kept])] for centre in self.centres]

    def smallest(self, world: World) -> int | None:
        """The smallest common size with enough power to pass, to three digits; None where there is none."""
        return smallest_size(lambda size: self.chance(world, size) >= POWER, start=2)

    def chance(self, world: World, size: int = 0) -> float:
        """The share of simulated tables in which every pair (or group) is proven to be within the threshold, with every smaller group grown to `size`."""
        sizes = self._grown(size)
        enough = self.question.sufficient[self.kept]
        if not all(enough[i] if n <= self.sizes[self.kept[i]] else self._sufficient(int(self.place[self.kept[i]]), int(n)) for i, n in enumerate(sizes)):
            return 0.0
        return self._power(world, sizes, level=self.question.levels.passing, test=all_within, every=True)

    def caught(self, world: World) -> float:
        """The share of simulated tables in which some pair (or group) is proven to be beyond the threshold, with the rows that there are."""
        if any(self._hidden(int(place), rate) for place in np.unique(self.place[self.kept]) for rate in self.question.metric.rates):
            return 0.0
        return self._power(world, self._grown(0), level=self.question.levels.failing, test=some_beyond, every=False)

    def _power(
        self, world: World, sizes: NDArray[np.int64], *, level: float, test: Callable[[Question, Limits, Sequence[Pairing]], NDArray[np.bool_]], every: bool
    ) -> float:
        comparison, metric, results = self.question.comparison.among(self.kept), self.question.metric, []
        for stream, (rate, (truth,)) in enumerate(zip(metric.rates, world, strict=True)):
            columns = [self._column(stream, group, rate, float(truth[group]), int(n), level) for group, n in enumerate(sizes)]
            simulated = Limits(**{entry.name: np.stack([getattr(column, entry.name) for column in columns], axis=1) for entry in fields(Limits)})
            pairings = comparison.pairings(rate, self.kept.size, both_ways=both_ways(metric))
            results.append(test(self.question, self.question.claimed(rate, simulated), pairings))
        return float(np.mean((np.logical_and if every else np.logical_or).reduce(results)))

    def _column(self, stream: int, group: int, rate: Rate, truth: float, size: int, level: float) -> Limits:
        """One group in every simulated table: an estimate around the truth, with the margins that a table of this size has."""
        place = int(self.place[self.kept[group]])
        margins = self._limits(place, size, rate, level)
        tables = int(min(TABLES, max(40, 40_000 // self.kept.size)))
        low, high = _scale(rate, self.question)
        value = np.clip(truth + self._spread(place, rate) / np.sqrt(max(size, 1)) * ndtri(uniforms(tables, stream, group)), low, high)
        return Limits(
            value=value,
            lower=np.maximum(value - (margins.value - margins.lower), low),
            upper=np.minimum(value + (margins.upper - margins.value), high),
            below=np.full_like(value, margins.below[0]),
            above=np.full_like(value, margins.above[0]),
            defined=np.ones(value.shape, dtype=np.bool_),
        )

    def _spread(self, place: int, rate: Rate) -> float:
        """The standard deviation that one unit adds: from limits so far out in size that corrections for small tables are gone."""
        if rate in RANKING_RATES:  # limits put a floor under it; of groups that compete, one gains what the other loses
            competes = self.question.metric.form in (Form.DIFFERENCE, Form.RATIO)
            return deviation(rate, self.alike[place].statistics.ranks) * (float(np.sqrt(2)) if competes else 1.0)
        one, half = (self._limits(place, _LARGE, rate, level) for level in (_ONE, _HALF))
        return float(((one.upper - one.lower) - (half.upper - half.lower))[0]) * float(np.sqrt(_LARGE))

    def _hidden(self, place: int, rate: Rate) -> bool:
        """Whether limits stay wide however many rows there are: then a table shows less than the truth, and nothing is said to be caught."""
        widest = self._limits(place, _LARGE, rate, _HALF)
        return bool((widest.upper - widest.lower)[0] > _COARSE)

    def _grown(self, size: int) -> NDArray[np.int64]:
        have = self.sizes[self.kept]
        if self.kept.size > _EXACT_SIZES:
            step = 10 ** np.maximum(np.floor(np.log10(np.maximum(have, 1))).astype(np.int64) - 1, 0)
            have = have // step * step
        return np.maximum(have, size)

    def _limits(self, place: int, size: int, rate: Rate, level: float) -> Limits:
        """The limits of a group of this size, shape (1,)."""
        key = (place, size, rate, level)
        if key not in self._known:
            self._known[key] = self._resized(place, size).estimated(rate, level=level)
        return self._known[key]

    def _sufficient(self, place: int, size: int) -> bool:
        return bool(self._resized(place, size).sufficient[0])

    def _resized(self, place: int, size: int) -> Question:
        """The question of one group of this size; whom it is set beside grows with it."""
        alike, whole = self.alike[place], self.question.whole
        have = max(alike.have, 1)
        statistics = resized(alike.statistics, size=size, have=have)
        if whole is not None and not AGAINST_OTHERS.isdisjoint(self.question.metric.rates):
            others = max(size * len(self.question.groups), alike.have)
            whole = resized(whole, size=others, have=have) + statistics
        counts = resized_counts(alike.counts, size=size, have=have)
        return replace(self.question, groups=("",), cells=Cells.of([counts]), statistics=(statistics,), whole=whole, comparison=ALL_PAIRS, lenient=False)

    def _signed(self, index: int) -> bool:
        """Whether a rate is judged by its size."""
        return self.question.metric.rates[index] in SIGNED and self.question.metric.form not in (Form.DIFFERENCE, Form.RATIO)

    def _may_lag(self, rate: Rate, group: int) -> bool:
        return any(bool(pairing.second[self.kept[group]]) for pairing in self.question.pairings(rate))

    def _pair_around(self, rate: Rate, centre: float, by: float) -> tuple[float, float]:
        if self.question.metric.form is Form.RATIO:
            return centre, centre * by
        lowest, highest = _scale(rate, self.question)
        low = min(max(centre - by / 2, lowest), highest - by)
        return low + by, low


def _scale(rate: Rate, question: Question) -> tuple[float, float]:
    """The smallest and the largest number that a rate can be."""
    if question.of_means:
        return (-np.inf if rate is Rate.MEAN_RESIDUAL else 0.0), np.inf
    return (-1.0 if rate in SIGNED else 0.0), 1.0


def _together(question: Question, sizes: NDArray[np.int64], chosen: NDArray[np.bool_]) -> _Alike:
    """Some groups as one; where small groups are only reported, the judged ones if there are any."""
    judged = chosen & question.judged if np.any(chosen & question.judged) else chosen
    places = [int(i) for i in np.flatnonzero(judged)]
    counts = [ConfusionCounts(**{cell.name: int(getattr(question.cells, cell.name)[i]) for cell in fields(Cells)}) for i in places]
    statistics = [replace(question.statistics[i], paired=None, classes=None) for i in places] if question.statistics else [Statistics()]
    return _Alike(counts=reduce(add, counts), statistics=reduce(add, statistics), have=int(np.sum(sizes[judged])))


def _centres(question: Question, rate: Rate, sizes: NDArray[np.int64], place: NDArray[np.intp]) -> NDArray[np.float64]:
    """Per group, the mean of the rate over the groups that are taken to be alike, by size."""
    found = question.estimated(rate, level=question.levels.passing)
    known = found.defined & np.isfinite(found.value)
    weights = np.where(known, np.maximum(sizes, 1), 0).astype(np.float64)
    values = np.where(known, found.value, 0.0)
    total, mass = (np.bincount(place, weights=part) for part in (weights * values, weights))
    return np.divide(total, mass, out=np.zeros_like(total), where=mass > 0)[place]
