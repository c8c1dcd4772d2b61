"""Sizes of groups at which a rule about rates is decided: binomial counts, simulated, under the judgement's own limits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

from gate.core.metric import Form, Rate
from gate.judge.questions import Question
from gate.judge.simulation import POWER, TABLES, all_within, kept_of, smallest_size, some_beyond, uniforms
from gate.metrics.comparisons import Pairing
from gate.metrics.intervals import Limits, clopper_pearson
from gate.metrics.rates import Fraction, at, combine, fractions

__all__ = ["Sizing", "power_to_fail", "power_to_pass"]


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
        return cls(question=question, parts=parts, trials=trials, pooled=pooled, shares=shares, unit=unit, kept=kept_of(question))

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

    def one_off(self, value: float, group: int) -> list[list[NDArray[np.float64]]]:
        """Probabilities when one group alone has this rate."""
        (rate,) = self.question.metric.rates
        own = at(rate, self.pooled[0], value)
        return [[np.where(np.arange(self.kept.size) == group, mine, p) for mine, p in zip(own, self.pooled[0], strict=True)]]

    def caught(self, probabilities: list[list[NDArray[np.float64]]]) -> float:
        """The power to fail of the rows that there are."""
        return power_to_fail(self.question, self.sizes(0), probabilities)

    def chance(self, probabilities: list[list[NDArray[np.float64]]], size: int = 0) -> float:
        """The power to pass with every smaller group grown to `size`."""
        return power_to_pass(self.question, self.sizes(size), probabilities)

    @property
    def fewest(self) -> NDArray[np.int64]:
        """The fewest trials of every kept group."""
        return np.minimum.reduce([n for rate in self.sizes(0) for n in rate])

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
        return smallest_size(lambda size: self.chance(probabilities, size) >= POWER, start=self._fewest())

    def _fewest(self) -> int:
        """The smallest size at which a group of the pooled composition is sufficient."""
        cells = self.question.cells
        if self.unit in ("positives", "negatives"):
            return max(self.question.needed(self.unit), 2)
        rows = int(np.sum(cells.rows))
        labelled = {unit: int(np.sum(getattr(cells, unit))) for unit in self.question.units}
        return max(2, *(-(-self.question.needed(unit) * rows // max(total, 1)) for unit, total in labelled.items()))


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


def power_to_pass(question: Question, trials: Sequence[Sequence[NDArray[np.int64]]], probabilities: Sequence[Sequence[NDArray[np.float64]]]) -> float:
    """The share of simulated tables in which every pair (or group) is proven to be within the threshold.

    Args:
        question: gives metric, threshold and levels; its counts are not used.
        trials: per rate, per fraction: an array of shape (groups,).
        probabilities: the same shape, the true rate of each fraction.
    """
    return _power(question, trials, probabilities, level=question.levels.passing, test=all_within, every=True)


def power_to_fail(question: Question, trials: Sequence[Sequence[NDArray[np.int64]]], probabilities: Sequence[Sequence[NDArray[np.float64]]]) -> float:
    """The share of simulated tables in which some pair (or group) is proven to be beyond the threshold; arguments as above."""
    return _power(question, trials, probabilities, level=question.levels.failing, test=some_beyond, every=False)


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
    comparison = question.comparison.among(kept_of(question))
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
    columns = [_column(int(n), float(p), uniforms(tables, stream, group), level) for group, (n, p) in enumerate(zip(trials, probabilities, strict=True))]
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
