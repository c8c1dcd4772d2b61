"""What one rule asks of one feature or intersection, and how far the counts answer it.

An answer says two things independently: whether the bound is *proven met* and whether it is *proven broken*. Burden
of proof and enforcement come later; nothing here starts from "met".
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gate.core.counts import Statistics
from gate.core.decision import Levels
from gate.core.metric import RANKING_RATES, REGRESSION_RATES, Form, Metric, Rate
from gate.core.policy import MinGroup, Threshold
from gate.metrics.bounded import UNBOUNDED, Reach
from gate.metrics.comparisons import ALL_PAIRS, Comparison, Pairing, both_ways, paired
from gate.metrics.design import FEWEST_CLUSTERS, Effective, effective
from gate.metrics.disparities import largest_lower, largest_upper, spread
from gate.metrics.intervals import Limits, contrast_lower, contrast_upper, ratio_lower, ratio_upper
from gate.metrics.kinds import SCORE_RATES, binomial, is_two_sided
from gate.metrics.measures import defined, least, measured, of_moments, paired_with, units
from gate.metrics.paired import drop, rise
from gate.metrics.ranking import competing, queries
from gate.metrics.rates import Cells, fractions
from gate.metrics.scores import folded

__all__ = ["Answer", "Question", "answer", "claim", "claims"]


_STANDS_FOR = {"rows": Rate.SELECTION_RATE, "labelled": Rate.ACCURACY, "positives": Rate.TRUE_POSITIVE_RATE, "negatives": Rate.FALSE_POSITIVE_RATE}
"""The rate whose effective size is that of a unit."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A metric and a bound, asked of the counts of some groups.

    Args:
        metric: what is asked.
        threshold: the bound: a `max` or a `min`.
        groups: names of the declared groups, in the order of `cells`; one nameless entry for the whole table.
        cells: their counts, shape (groups,).
        min_group: below this a group's number is not sufficient.
        levels: one-sided errors; `failing` is already divided by the number of claims.
        lenient: groups that are not sufficient are reported, not required.
        planned: whether it is said how many rows would settle it.
        strict: groups that are not sufficient hold the candidate, whoever bears the burden of proof.
        statistics: what else was summed over the rows of the groups, in their order; empty means nothing was.
        of_classes: it is about one of several classes, each of which has to be met.
        whole: the same of all rows, groups or not; None means that it is not known.
        baseline: the model that the rate is compared with on the same rows; None for a rule about the candidate alone.
        comparison: which groups a disparity compares with which, and in which direction.
        reach: how large an error or a weight can be at all.
    """

    metric: Metric
    threshold: Threshold
    groups: tuple[str, ...]
    cells: Cells
    min_group: MinGroup
    levels: Levels
    lenient: bool = False
    planned: bool = True
    strict: bool = False
    statistics: tuple[Statistics, ...] = ()
    of_classes: bool = False
    whole: Statistics | None = None
    baseline: str | None = None
    comparison: Comparison = ALL_PAIRS
    reach: Reach = UNBOUNDED

    def pairings(self, rate: Rate) -> tuple[Pairing, ...]:
        """The ordered pairs that a disparity compares in this rate."""
        return self.comparison.pairings(rate, len(self.groups), both_ways=both_ways(self.metric))

    def limits(self, rate: Rate, *, level: float) -> Limits:
        """A rate of every group, or how far it moved from the baseline, with one-sided limits at `level`; a signed rate by itself is judged by its size."""
        if self.baseline is not None:
            move = drop if self.threshold.max_drop is not None else rise
            return move(rate, paired_with(self.baseline, self.statistics), level=level)
        return self.claimed(rate, self.estimated(rate, level=level))

    def estimated(self, rate: Rate, *, level: float) -> Limits:
        """A rate of every group by itself, with one-sided limits at `level`."""
        return measured(rate, self.cells, self.statistics, level=level, whole=self.whole, reach=self.reach)

    def claimed(self, rate: Rate, found: Limits) -> Limits:
        """The same as the bound is about it: the size of a signed rate, and room for groups that compete where they are compared."""
        if rate in RANKING_RATES and self.metric.form in (Form.DIFFERENCE, Form.RATIO):
            return competing(found)
        return folded(found) if is_two_sided(self.metric) else found

    @property
    def of_means(self) -> bool:
        """True when the metric is made of means of errors, which moments carry, and not of fractions."""
        return any(of_moments(rate, self.statistics) for rate in self.metric.rates)

    @property
    def binomial(self) -> bool:
        """Whether the rates are successes of trials, which is what planning simulates."""
        return binomial(self.metric)

    @cached_property
    def units(self) -> frozenset[str]:
        """What a group needs enough of: rows always, positives and negatives where the metric divides by them."""
        if self.of_means:
            return frozenset({"labelled"})
        found = {unit for rate in self.metric.rates for unit in units(rate)}
        positives = {"positives"} if found & {"positives", "selected or positive rows"} else set()
        return frozenset({"rows"} | positives | (found & {"negatives", "labelled"}))

    def needed(self, unit: str) -> int:
        """How many of a unit a group needs: the policy's minimum (of rows, where labels are counted), or more where the limits of a rate demand it."""
        demands = [number for of, number in map(least, self.metric.rates) if of == unit]
        key = "rows" if unit == "labelled" else unit  # a row without a label is none to a metric that divides by labelled ones
        return max([int(getattr(self.min_group, key, 0)), *demands])

    @cached_property
    def sufficient(self) -> NDArray[np.bool_]:
        """Per group: has it the rows, positives and negatives that this metric needs?"""
        enough = [getattr(self.cells, unit) >= self.needed(unit) for unit in sorted(self.units)]
        return np.logical_and.reduce(
            [*enough, *(sized.size >= least_size for _, sized, least_size in self.sizes), *self._clustered, *self._ranked, self.defined]
        )

    @cached_property
    def defined(self) -> NDArray[np.bool_]:
        """Per group: does it have anything to divide by, for every rate of the metric?"""
        if self.baseline is not None:
            return self.limits(self.metric.rates[0], level=self.levels.passing).defined
        known = [defined(rate, self.cells, self.statistics, whole=self.whole) for rate in self.metric.rates]
        return np.logical_and.reduce([*known, *(sized.size > 0 for _, sized, _ in self.sizes)])

    @cached_property
    def sizes(self) -> tuple[tuple[str, Effective, int], ...]:
        """Where rows are weighted or clustered: unit, effective size and the least that it has to be, of all that the metric divides by."""
        rates = (
            *(rate for rate in self.metric.rates if rate not in SCORE_RATES | REGRESSION_RATES | RANKING_RATES),
            *(_STANDS_FOR[unit] for unit in sorted(self.units & _STANDS_FOR.keys())),
        )
        parts = dict.fromkeys(part for rate in rates for part in fractions(rate))
        found = [(part.unit, effective(part, self.cells, self.statistics), getattr(self.min_group, part.unit, 0)) for part in parts]
        return tuple((unit, sized, least_size) for unit, sized, least_size in found if sized is not None)

    @property
    def _clustered(self) -> list[NDArray[np.bool_]]:
        """Per unit and group: has it the clusters that a variance needs?"""
        return [sized.clusters >= FEWEST_CLUSTERS for _, sized, _ in self.sizes if sized.clusters is not None]

    @property
    def _ranked(self) -> list[NDArray[np.bool_]]:
        """Per rate of a ranking and group: has it the queries that a variance needs?"""
        ranks = [entry.ranks for entry in self.statistics]
        return [queries(rate, ranks) >= FEWEST_CLUSTERS for rate in self.metric.rates if rate in RANKING_RATES]

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Per group: does a pass need it? All of them, or the sufficient ones where small groups are only reported."""
        return self.sufficient if self.lenient else np.ones_like(self.sufficient)

    @property
    def provable(self) -> bool:
        """True when every group that a pass needs is sufficient, and there are enough of them to ask at all."""
        return bool(np.all(self.sufficient[self.judged])) and self._enough

    @property
    def measurable(self) -> bool:
        """True when every group that a pass needs has a number at all, however uncertain."""
        return bool(np.all(self.defined[self.judged])) and self._enough

    @property
    def sampled(self) -> bool:
        """True when nothing but sampling uncertainty stands between these counts and an answer."""
        return self.lenient or (self.measurable and (self.provable or not self.strict))

    @property
    def _enough(self) -> bool:
        if self.metric.form in (Form.DIFFERENCE, Form.RATIO):
            return all(paired(self.pairings(rate), self.judged) for rate in self.metric.rates)
        return bool(np.any(self.judged))

    def restricted(self, rate_limits: Limits) -> Limits:
        """The same limits with the groups that a pass does not need taken out."""
        return replace(rate_limits, defined=rate_limits.defined & self.judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """How far the counts answer a question.

    Args:
        value: the metric over the groups it judges; None with a `reason`.
        rate: the rate that decides.
        deciding: indices of the group, or of the pair in the direction that decides: first minus second, second over first.
        rates: the deciding rate of each deciding group.
        pair_value: the metric of the deciding pair or group; `lower` and `upper` are its limits.
        met, broken: what is proven.
    """

    value: float | None
    reason: str | None
    rate: Rate
    deciding: tuple[int, ...]
    rates: tuple[float, ...]
    pair_value: float | None
    lower: float | None
    upper: float | None
    met: bool
    broken: bool


def claims(metric: Metric, groups: int, comparison: Comparison = ALL_PAIRS) -> int:
    """How many one-sided claims a question makes: fixed by the declaration, never by the counts."""
    if metric.form in (Form.DIFFERENCE, Form.RATIO):
        return sum(pairing.pairs for rate in metric.rates for pairing in comparison.pairings(rate, groups, both_ways=both_ways(metric)))
    return groups * len(metric.rates) * (2 if is_two_sided(metric) else 1)


def answer(question: Question) -> Answer | None:
    """What the counts say; None when no number exists at all (fewer than two defined groups, or none)."""
    if question.metric.form in (Form.DIFFERENCE, Form.RATIO):
        return _between(question)
    return _each(question)


def _between(question: Question) -> Answer | None:
    """The rule of pairs: met when every pair that is compared is, broken when some pair is (Bonferroni), for the worst rate."""
    candidates = [found for rate in question.metric.rates if (found := _between_rate(question, rate)) is not None]
    if len(candidates) < len(question.metric.rates):
        return None
    broken = [found for found in candidates if found.broken]
    worst = max(broken or candidates, key=lambda found: found.severity)
    values = [found.value for found in candidates]
    known = [value for value in values if value is not None]
    value = None if len(known) < len(values) else (max(known) if question.metric.form is Form.DIFFERENCE else min(known))
    met = all(found.met for found in candidates) and question.provable
    return _pair_answer(question, worst, value=value, met=met, broken=bool(broken))


@dataclass(frozen=True, slots=True, kw_only=True)
class _RatePair:
    """One rate's extreme pair, before rates are put together."""

    rate: Rate
    passing: Limits
    failing: Limits
    first: int
    second: int
    severity: float
    value: float | None
    met: bool
    broken: bool


def _between_rate(question: Question, rate: Rate) -> _RatePair | None:
    passing = question.limits(rate, level=question.levels.passing)
    failing = question.limits(rate, level=question.levels.failing)
    scale, bound = claim(question.threshold)
    judged, pairings = question.restricted(passing), question.pairings(rate)
    upper = largest_upper(judged, scale=scale, pairings=pairings) or largest_upper(passing, scale=scale, pairings=pairings)
    lower = largest_lower(failing, scale=scale, pairings=pairings)
    if upper is None or lower is None:
        return None
    met, broken = upper.limit <= bound, lower.limit > bound
    pair = lower if broken else upper
    kept = judged if paired(pairings, judged.defined) else passing
    return _RatePair(
        rate=rate,
        passing=passing,
        failing=failing,
        first=pair.first,
        second=pair.second,
        severity=pair.limit,
        value=spread(kept, pairings, question.metric.form),
        met=met,
        broken=broken,
    )


def claim(threshold: Threshold) -> tuple[float, float]:
    """The claim `scale`·p₁ − p₂ ≤ bound that the threshold makes of every ordered pair."""
    if threshold.max is not None:
        return 1.0, threshold.max
    return threshold.min or 0.0, 0.0


def _pair_answer(question: Question, pair: _RatePair, *, value: float | None, met: bool, broken: bool) -> Answer:
    """The deciding pair in the metric's own units: a difference p₁ − p₂, or a ratio p₂ / p₁."""
    rates = (float(pair.passing.value[pair.first]), float(pair.passing.value[pair.second]))
    passing, failing = ((_at(kind, pair.first), _at(kind, pair.second)) for kind in (pair.passing, pair.failing))
    if question.metric.form is Form.DIFFERENCE:
        low: float | None = float(contrast_lower(*failing))
        high: float | None = float(contrast_upper(*passing))
        pair_value: float | None = rates[0] - rates[1]
    else:
        low = ratio_lower(passing[1], passing[0]) if _limited(passing) else None
        high = ratio_upper(failing[1], failing[0]) if _limited(failing) else None
        pair_value = rates[1] / rates[0] if rates[0] > 0 else None
    return Answer(
        value=value,
        reason=None if value is not None else "0 / 0: no group has a rate above zero",
        rate=pair.rate,
        deciding=(pair.first, pair.second),
        rates=rates,
        pair_value=pair_value,
        lower=_finite(low),
        upper=_finite(high),
        met=met and value is not None,
        broken=broken,
    )


def _finite(limit: float | None) -> float | None:
    """The limit; None where there is no finite one."""
    return limit if limit is not None and math.isfinite(limit) else None


def _limited(pair: tuple[Limits, Limits]) -> bool:
    """Whether both groups have finite limits at all."""
    return all(bool(np.isfinite(group.below) & np.isfinite(group.above)) for group in pair)


def _at(rate_limits: Limits, index: int) -> Limits:
    return rate_limits.take(np.array(index))


def _each(question: Question) -> Answer | None:
    """A floor or a ceiling for every group: met when all are, broken when some is (Bonferroni)."""
    (rate,) = question.metric.rates
    passing = question.limits(rate, level=question.levels.passing)
    failing = question.limits(rate, level=question.levels.failing)
    if not np.any(passing.defined):
        return None
    sign, bound = _side(question.threshold)
    judged = passing.defined & question.judged if np.any(passing.defined & question.judged) else passing.defined
    shortfall = np.where(passing.defined, bound - _near(failing, sign), -np.inf)
    doubt = np.where(judged, bound - _far(passing, sign), -np.inf)
    broken = bool(np.max(shortfall) > 0)
    index = int(np.argmax(shortfall)) if broken else int(np.argmax(doubt))
    worst = float(np.min(sign * passing.value[judged]) * sign)
    value = float(passing.value[index])
    low, high = (passing.lower, failing.upper) if sign > 0 else (failing.lower, passing.upper)
    return Answer(
        value=worst,
        reason=None,
        rate=rate,
        deciding=(index,),
        rates=(value,),
        pair_value=value,
        lower=_finite(float(low[index])),
        upper=_finite(float(high[index])),
        met=bool(np.max(doubt) <= 0) and question.provable,
        broken=broken,
    )


def _side(threshold: Threshold) -> tuple[float, float]:
    """A floor `min` as (+1, min), a ceiling `max` as (−1, −max): what is asked is sign·rate ≥ bound."""
    if threshold.min is not None:
        return 1.0, threshold.min
    return -1.0, -(threshold.ceiling or 0.0)


def _far(rate_limits: Limits, sign: float) -> NDArray[np.float64]:
    """The limit that has to be within the bound to pass, times the sign."""
    return rate_limits.lower if sign > 0 else -rate_limits.upper


def _near(rate_limits: Limits, sign: float) -> NDArray[np.float64]:
    """The limit that has to be beyond the bound to fail, times the sign."""
    return rate_limits.upper if sign > 0 else -rate_limits.lower
