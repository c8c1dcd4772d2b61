"""What would settle it: how many rows are missing, and which gap these rows would have caught.

By simulation on the judgement's own limits. Uniform numbers come from a fixed integer hash and are stratified, so
the answer depends on nothing that anyone can choose and is the same everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from gate.core.decision import RowsNeeded
from gate.core.metric import RANKING_RATES, Form, Rate
from gate.judge.questions import Answer, Question, claim
from gate.metrics.catalogue import ADVISORY_ONLY
from gate.metrics.comparisons import Pairing
from gate.metrics.intervals import Limits, clopper_pearson, contrast_lower, contrast_upper
from gate.metrics.rates import Fraction, at, combine, fractions

__all__ = ["POWER", "Sizing", "beyond", "detectable", "power_to_fail", "power_to_pass", "rows_needed"]

POWER = 0.8
TABLES = 400
MOST_GROUPS = 200
"""Simulations look at this many groups, those with the fewest trials: the others hardly matter."""
MOST_ROWS = 10**8
_EXTREMES = 8
"""Per simulated table, pairs are formed among this many highest and lowest groups."""


def rows_needed(question: Question, found: Answer | None) -> RowsNeeded | str:
    """Sizes for 80 % power to pass, or the reason why none is given.

    Rates are shrunk to the pooled rate: an observed gap is a bad guide to the true one. Groups smaller than the
    common size that is needed are named, the others are assumed to stay as they are.
    """
    if found is None or found.value is None or not question.metric.calibrated:
        return _nothing_to_plan(question)
    if beyond(question, found.value):
        return "the estimate is at or beyond the threshold: if it is right, more rows will block, not pass"
    return _not_simulated(question) or _simulated_need(question, found, found.value)


def _not_simulated(question: Question) -> str | None:
    """Why no size is given for what simulation does not cover."""
    if question.baseline is not None:
        return f"no number of rows is given for a comparison with {question.baseline}: it depends on how often the two models disagree"
    if question.of_means:
        return _of_means(question)
    if not question.binomial:
        ranked = not RANKING_RATES.isdisjoint(question.metric.rates)
        return _OF_RANKING if ranked else "the rows that would settle it are computed for rates only, and this metric rests on scores"
    if question.comparison.strata is not None:
        return "how many rows would settle it within every stratum is not computed"
    if question.of_classes:
        return "how many rows would settle it for every class together is not computed"
    return None


_OF_RANKING = "how many queries would settle it is not computed for rankings; more of them narrow the limits"


def _of_means(question: Question) -> str:
    """Why no size is given for a mean of errors: what it varies by is not a matter of rates."""
    if not ADVISORY_ONLY.isdisjoint(question.metric.rates):
        return "this metric may advise only: its limits are not calibrated, so no number of rows proves anything"
    return "how many rows would settle it is not computed for means of errors; more labelled rows narrow the limits"


def _simulated_need(question: Question, found: Answer, value: float) -> RowsNeeded | str:
    """Sizes of a question about rates, by simulation."""
    plan = Sizing.of(question)
    if question.metric.form not in (Form.DIFFERENCE, Form.RATIO) and beyond(question, plan.pooled_rate(0)):
        return "the rate of all groups together is at or beyond the threshold: if it is right, more rows will block, not pass"
    equal = plan.smallest(plan.equal(value))
    half = plan.smallest(plan.half(value, found.deciding))
    if equal is None:
        return f"more than {MOST_ROWS:,} rows a group: this cannot be settled by a larger holdout"
    short = {size: [i for i in range(len(question.groups)) if question.judged[i] and plan.have(i) < size] for size in (equal, half) if size is not None}
    lacking = short[equal if half is None else half]
    if not lacking:
        return "these rows have 80 % power if the true gap is half the threshold: the estimate is larger, so more rows may go either way"
    binding = min(lacking, key=plan.have)
    return RowsNeeded(
        unit=plan.unit,
        have={question.groups[i]: plan.have(i) for i in lacking},
        if_equal={question.groups[i]: equal for i in short[equal]} or {question.groups[binding]: plan.have(binding)},
        if_half=None if half is None else {question.groups[i]: half for i in lacking},
        binding=question.groups[binding],
    )


def beyond(question: Question, value: float) -> bool:
    """True when a value of the metric is at or beyond the threshold."""
    ceiling = question.threshold.ceiling
    return value >= ceiling if ceiling is not None else value <= (question.threshold.min or 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """A question turned into trials and pooled rates, on which sizes can be tried."""

    question: Question
    parts: tuple[tuple[Fraction, ...], ...]
    trials: tuple[tuple[NDArray[np.int64], ...], ...]
    pooled: tuple[tuple[float, ...], ...]
    shares: tuple[tuple[NDArray[np.float64], ...], ...]
    unit: str
    kept: NDArray[np.intp]

    @classmethod
    def of(cls, question: Question) -> "Sizing":
        """The question's own trials, rates pooled over its groups, and the groups that a simulation looks at."""
        parts = tuple(fractions(rate) for rate in question.metric.rates)
        flat = [part for rate in parts for part in rate]
        units = {part.unit for part in flat}
        unit = next(iter(units)) if len(units) == 1 else "rows"
        trials = tuple(tuple(part.trials(question.cells) for part in rate) for rate in parts)
        pooled = tuple(tuple(_pooled(part, question) for part in rate) for rate in parts)
        shares = tuple(tuple(np.full(len(question.groups), _share(part, question, unit)) for part in rate) for rate in parts)
        return cls(question=question, parts=parts, trials=trials, pooled=pooled, shares=shares, unit=unit, kept=_kept(question))

    def have(self, index: int) -> int:
        """What a group has now, in the plan's unit."""
        if self.unit == "rows":
            return int(self.question.cells.rows[index])
        return int(self.trials[0][0][index])

    def sizes(self, size: int) -> list[list[NDArray[np.int64]]]:
        """Trials of every fraction when every smaller group grows to `size`."""
        return [
            [np.maximum(n, np.ceil(size * share)).astype(np.int64)[self.kept] for n, share in zip(trials, shares, strict=True)]
            for trials, shares in zip(self.trials, self.shares, strict=True)
        ]

    def equal(self, value: float) -> list[list[NDArray[np.float64]]]:
        """Probabilities if all groups are alike; for a floor or ceiling overall, if the estimate is right."""
        if self.question.metric.form in (Form.DIFFERENCE, Form.RATIO):
            return [[np.full(self.kept.size, p) for p in rate] for rate in self.pooled]
        target = value if len(self.question.groups) == 1 else self.pooled_rate(0)
        return self._constant(target)

    def half(self, value: float, deciding: Sequence[int]) -> list[list[NDArray[np.float64]]]:
        """Probabilities if one group lags by half of what the threshold allows, in every rate of the metric."""
        threshold, form = self.question.threshold, self.question.metric.form
        if form not in (Form.DIFFERENCE, Form.RATIO):
            bound = threshold.max if threshold.max is not None else threshold.min or 0.0
            return self._constant(((value if len(self.question.groups) == 1 else self.pooled_rate(0)) + bound) / 2)
        group = int(np.searchsorted(self.kept, deciding[-1])) % self.kept.size
        if form is Form.DIFFERENCE:
            return self.lagging((threshold.max or 0.0) / 2, group)
        return self.lagging((1 + (threshold.min or 0.0)) / 2, group)

    def lagging(self, by: float, group: int, *, rates: Sequence[int] | None = None) -> list[list[NDArray[np.float64]]]:
        """Probabilities when one group lags: a difference of `by`, or a ratio of `by`, around the pooled rate."""
        out: list[list[NDArray[np.float64]]] = []
        for index, (rate, pooled) in enumerate(zip(self.question.metric.rates, self.pooled, strict=True)):
            high, low = self._pair_around(self.pooled_rate(index), by) if rates is None or index in rates else (None, None)
            rest = pooled if high is None else at(rate, pooled, high)
            own = pooled if low is None else at(rate, pooled, low)
            own, rest = (own, rest) if self._may_lag(rate, group) else (rest, own)
            out.append([np.where(np.arange(self.kept.size) == group, mine, others) for mine, others in zip(own, rest, strict=True)])
        return out

    def _may_lag(self, rate: Rate, group: int) -> bool:
        """Whether a low rate of this group is a gap that is judged; where only a high one is, it has to lead instead."""
        return any(bool(pairing.second[self.kept[group]]) for pairing in self.question.pairings(rate))

    def _constant(self, target: float) -> list[list[NDArray[np.float64]]]:
        (rate,) = self.question.metric.rates
        return [[np.full(self.kept.size, p) for p in at(rate, self.pooled[0], target)]]

    def pooled_rate(self, index: int) -> float:
        """One of the metric's rates, over all groups together."""
        rate = self.question.metric.rates[index]
        values = [_exactly(p) for p in self.pooled[index]]
        return float(combine(rate, values).value)

    def _pair_around(self, centre: float, by: float) -> tuple[float, float]:
        if self.question.metric.form is Form.RATIO:
            return centre, centre * by
        low = min(max(centre - by / 2, 0.0), 1.0 - by)
        return low + by, low

    def smallest(self, probabilities: list[list[NDArray[np.float64]]]) -> int | None:
        """The smallest common size with enough power to pass, to three digits; None beyond `MOST_ROWS`."""
        return _smallest_size(lambda size: power_to_pass(self.question, self.sizes(size), probabilities) >= POWER, start=self._fewest())

    def _fewest(self) -> int:
        """The smallest size at which a group of the pooled composition is sufficient."""
        cells = self.question.cells
        if self.unit in ("positives", "negatives"):
            return max(self.question.needed(self.unit), 2)
        rows = int(np.sum(cells.rows))
        labelled = {unit: int(np.sum(getattr(cells, unit))) for unit in self.question.units}
        return max(2, *(-(-self.question.needed(unit) * rows // max(total, 1)) for unit, total in labelled.items()))


def _kept(question: Question) -> NDArray[np.intp]:
    """The groups that a simulation looks at, in their order: the smallest on either side of the comparison."""
    rows = np.where(question.judged, question.cells.rows, np.iinfo(np.int64).max)
    most = min(MOST_GROUPS, int(np.sum(question.judged)) or 1)
    order = np.argsort(rows, kind="stable")
    watched = question.comparison.watched(len(question.groups))[order]
    rank = np.where(watched, np.cumsum(watched), np.cumsum(np.logical_not(watched)))  # both sides in turn, smallest first
    rank = np.where(question.judged[order], rank, np.iinfo(np.int64).max)
    return np.sort(order[np.argsort(rank, kind="stable")[:most]])


def _pooled(part: Fraction, question: Question) -> float:
    trials = int(np.sum(part.trials(question.cells)))
    return float(np.sum(part.successes(question.cells)) / trials) if trials else 0.5


def _share(part: Fraction, question: Question, unit: str) -> float:
    """Trials of this fraction per one of the plan's unit, pooled over groups."""
    if unit == part.unit:
        return 1.0
    rows = int(np.sum(question.cells.rows))
    return float(np.sum(part.trials(question.cells)) / rows) if rows else 1.0


def _exactly(p: float) -> Limits:
    value = np.array(p)
    nothing = np.zeros_like(value)
    return Limits(value=value, lower=value, upper=value, below=nothing, above=nothing, defined=np.isfinite(value))


def _smallest_size(enough: Callable[[int], bool], *, start: int) -> int | None:
    low, high = start - 1, start
    while not enough(high):
        low, high = high, high * 2
        if high > MOST_ROWS:
            return None
    while high - low > max(1, high // 200):
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return _three_digits(high)


def _nothing_to_plan(question: Question) -> str:
    if not question.metric.calibrated:
        return "the limits of this metric are approximate, so no number of rows is promised"
    return "there is no estimate yet: the groups that have no rows to divide by need some first"


def _three_digits(size: int) -> int:
    """Rounded up to three significant digits."""
    step = 10 ** max(len(str(size)) - 3, 0)
    return -(-size // step) * step


def detectable(question: Question) -> float | None:
    """For a rule whose burden lies on the gate: the mildest true violation caught with 80 % power on these rows.

    A difference or ratio between the group with the fewest trials and those that it is compared with, or the rate of
    that group under a floor or over a ceiling. None where not even the worst violation would be caught, and for what is no rate, or is compared with a
    baseline, where nothing is claimed.
    """
    if not question.binomial or question.baseline is not None or not question.metric.calibrated or question.comparison.strata is not None:
        return None
    plan = Sizing.of(question)
    sizes = plan.sizes(0)
    fewest = np.minimum.reduce([n for rate in sizes for n in rate])
    watched = question.comparison.watched(len(question.groups))[plan.kept]
    if not np.any(watched):
        return None
    weakest = int(np.argmin(np.where(watched, fewest, np.iinfo(np.int64).max)))
    form, threshold = question.metric.form, question.threshold
    bound = threshold.max if threshold.max is not None else threshold.min or 0.0
    worst = 1.0 if threshold.max is not None else 0.0
    rates = range(len(question.metric.rates))

    def caught(value: float) -> bool:
        between = form in (Form.DIFFERENCE, Form.RATIO)
        worlds = [plan.lagging(value, weakest, rates=[rate]) for rate in rates] if between else [_one_off(plan, value, weakest)]
        return all(power_to_fail(question, sizes, world) >= POWER for world in worlds)

    if not caught(worst):
        return None
    miss, hit = bound, worst
    while abs(hit - miss) > 0.005:
        middle = (miss + hit) / 2
        miss, hit = (miss, middle) if caught(middle) else (middle, hit)
    away = np.ceil if threshold.max is not None else np.floor
    return float(away(round(100 * hit, 6)) / 100)


def _one_off(plan: Sizing, value: float, group: int) -> list[list[NDArray[np.float64]]]:
    (rate,) = plan.question.metric.rates
    own = at(rate, plan.pooled[0], value)
    return [[np.where(np.arange(plan.kept.size) == group, mine, p) for mine, p in zip(own, plan.pooled[0], strict=True)]]


def power_to_pass(question: Question, trials: Sequence[Sequence[NDArray[np.int64]]], probabilities: Sequence[Sequence[NDArray[np.float64]]]) -> float:
    """The share of simulated tables in which every pair (or group) is proven to be within the threshold.

    Args:
        question: gives metric, threshold and levels; its counts are not used.
        trials: per rate, per fraction: an array of shape (groups,).
        probabilities: the same shape, the true rate of each fraction.
    """
    return _power(question, trials, probabilities, level=question.levels.passing, test=_all_within, every=True)


def power_to_fail(question: Question, trials: Sequence[Sequence[NDArray[np.int64]]], probabilities: Sequence[Sequence[NDArray[np.float64]]]) -> float:
    """The share of simulated tables in which some pair (or group) is proven to be beyond the threshold; arguments as above."""
    return _power(question, trials, probabilities, level=question.levels.failing, test=_some_beyond, every=False)


def _power(
    question: Question,
    trials: Sequence[Sequence[NDArray[np.int64]]],
    probabilities: Sequence[Sequence[NDArray[np.float64]]],
    *,
    level: float,
    test: Callable[[Question, Limits, Sequence[Pairing]], NDArray[np.bool_]],
    every: bool,
) -> float:
    results = []
    stream = 0
    comparison = question.comparison.among(_kept(question))
    for rate, rate_trials, rate_probabilities in zip(question.metric.rates, trials, probabilities, strict=True):
        parts = []
        for n, p in zip(rate_trials, rate_probabilities, strict=True):
            parts.append(_simulated(n, p, level=level, stream=stream))
            stream += 1
        results.append(test(question, combine(rate, parts), comparison.pairings(rate, parts[0].value.shape[1])))
    return float(np.mean((np.logical_and if every else np.logical_or).reduce(results)))


def _simulated(trials: NDArray[np.int64], probabilities: NDArray[np.float64], *, level: float, stream: int) -> Limits:
    """Limits of simulated binomial counts, shape (tables, groups)."""
    tables = int(min(TABLES, max(40, 40_000 // trials.size)))
    columns = [_column(int(n), float(p), _uniforms(tables, stream, group), level) for group, (n, p) in enumerate(zip(trials, probabilities, strict=True))]
    return Limits(**{entry.name: np.stack([getattr(column, entry.name) for column in columns], axis=1) for entry in fields(Limits)})


def _column(trials: int, probability: float, uniforms: NDArray[np.float64], level: float) -> Limits:
    counts = _quantile(uniforms, trials, probability)
    distinct, inverse = np.unique(counts, return_inverse=True)
    table = clopper_pearson(distinct, np.full_like(distinct, trials), level=level)
    return table.take(inverse)


def _quantile(uniforms: NDArray[np.float64], trials: int, probability: float) -> NDArray[np.int64]:
    """Binomial quantiles, from the distribution function within nine standard deviations of the mean."""
    mean, reach = trials * probability, 9 * np.sqrt(trials * probability * (1 - probability)) + 10
    support = np.arange(max(0, int(mean - reach)), min(trials, int(mean + reach)) + 1)
    return support[np.minimum(np.searchsorted(bdtr(support, trials, probability), uniforms), support.size - 1)]


def _uniforms(tables: int, stream: int, group: int) -> NDArray[np.float64]:
    """Stratified uniform numbers in (0, 1): the middle of each stratum, in an order given by SplitMix64."""
    state = np.arange(tables, dtype=np.uint64) + np.uint64((stream * 1_000_003 + group) * 2**20 + 1)
    with np.errstate(over="ignore"):
        z = state * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (np.argsort(np.argsort(z, kind="stable"), kind="stable") + 0.5) / tables


def _all_within(question: Question, simulated: Limits, pairings: Sequence[Pairing]) -> NDArray[np.bool_]:
    if question.metric.form in (Form.DIFFERENCE, Form.RATIO):
        scale, bound = claim(question.threshold)
        largest = _largest(simulated, pairings, high=simulated.upper, low=-simulated.lower, scale=scale, limit=contrast_upper)
        return np.isfinite(largest) & (largest <= bound)
    if question.threshold.min is not None:
        return np.min(simulated.lower, axis=1) >= question.threshold.min
    return np.max(simulated.upper, axis=1) <= (question.threshold.max or 0.0)


def _some_beyond(question: Question, simulated: Limits, pairings: Sequence[Pairing]) -> NDArray[np.bool_]:
    if question.metric.form in (Form.DIFFERENCE, Form.RATIO):
        scale, bound = claim(question.threshold)
        return _largest(simulated, pairings, high=simulated.lower, low=-simulated.upper, scale=scale, limit=contrast_lower) > bound
    if question.threshold.min is not None:
        return np.min(simulated.upper, axis=1) < question.threshold.min
    return np.max(simulated.lower, axis=1) > (question.threshold.max or 0.0)


def _largest(
    simulated: Limits,
    pairings: Sequence[Pairing],
    *,
    high: NDArray[np.float64],
    low: NDArray[np.float64],
    scale: float,
    limit: Callable[[Limits, Limits], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Per table, the largest limit of any pair that is compared, formed among the highest first and the lowest second groups; −∞ without one."""
    largest = np.full(simulated.value.shape[0], -np.inf)
    for pairing in (pairing for pairing in pairings if pairing.pairs):
        firsts, seconds = np.flatnonzero(pairing.first), np.flatnonzero(pairing.second)
        top, bottom = (chosen[_highest(order[:, chosen])] for order, chosen in ((high, firsts), (low, seconds)))
        first, second = _at(simulated, top).expanded(2).scaled(scale), _at(simulated, bottom).expanded(1)
        same = top[:, :, None] == bottom[:, None, :]
        largest = np.maximum(largest, np.max(np.where(same, -np.inf, limit(first, second)), axis=(1, 2)))
    return largest


def _highest(order: NDArray[np.float64]) -> NDArray[np.intp]:
    """Per table, the places of the highest numbers."""
    return np.argsort(-order, axis=1, kind="stable")[:, :_EXTREMES]


def _at(simulated: Limits, index: NDArray[np.intp]) -> Limits:
    """Per table, the limits of some groups."""
    return Limits(**{entry.name: np.take_along_axis(getattr(simulated, entry.name), index, axis=1) for entry in fields(Limits)})
