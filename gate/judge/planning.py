"""What would settle it: how many rows are missing, and which gap these rows would have caught.

By simulation on the judgement's own limits. Uniform numbers come from a fixed integer hash and are stratified, so
the answer depends on nothing that anyone can choose and is the same everywhere.
"""

import numpy as np

from gate.core.decision import RowsNeeded
from gate.core.metric import Form
from gate.judge.growing import Growing
from gate.judge.questions import Answer, Question
from gate.judge.simulation import MOST_ROWS, POWER
from gate.judge.sizing import Sizing
from gate.metrics.catalogue import ADVISORY_ONLY

__all__ = ["beyond", "detectable", "plan_of", "rows_needed"]


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


def plan_of(question: Question) -> Sizing | Growing:
    """How sizes are tried: by binomial counts where rates are nothing else, else by growing what was counted."""
    plain = question.binomial and not question.sizes and question.comparison.strata is None
    return Sizing.of(question) if plain else Growing.of(question)


def _not_simulated(question: Question) -> str | None:
    """Why no size is given for what simulation does not cover."""
    if question.baseline is not None:
        return f"no number of rows is given for a comparison with {question.baseline}: it depends on how often the two models disagree"
    if not ADVISORY_ONLY.isdisjoint(question.metric.rates):
        return "this metric may advise only: its limits are not calibrated, so no number of rows proves anything"
    if question.of_classes:
        return "how many rows would settle it for every class together is not computed"
    return None


def _simulated_need(question: Question, found: Answer, value: float) -> RowsNeeded | str:
    """Sizes by simulation."""
    plan = plan_of(question)
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


def _nothing_to_plan(question: Question) -> str:
    if not question.metric.calibrated:
        return "the limits of this metric are approximate, so no number of rows is promised"
    return "there is no estimate yet: the groups that have no rows to divide by need some first"


def detectable(question: Question) -> float | None:
    """For a rule whose burden lies on the gate: the mildest true violation caught with 80 % power on these rows.

    A difference or ratio between the group with the fewest trials and those that it is compared with, or the rate of
    that group under a floor or over a ceiling. None where not even the worst violation would be caught, and for means of
    errors, which have no worst, and comparisons with a baseline, where nothing is claimed.
    """
    if question.of_means or question.baseline is not None or not question.metric.calibrated or not ADVISORY_ONLY.isdisjoint(question.metric.rates):
        return None
    plan = plan_of(question)
    watched = question.comparison.watched(len(question.groups))[plan.kept]
    if not np.any(watched):
        return None
    weakest = int(np.argmin(np.where(watched, plan.fewest, np.iinfo(np.int64).max)))
    form, threshold = question.metric.form, question.threshold
    bound = threshold.max if threshold.max is not None else threshold.min or 0.0
    worst = 1.0 if threshold.max is not None else 0.0
    rates = range(len(question.metric.rates))

    def caught(value: float) -> bool:
        between = form in (Form.DIFFERENCE, Form.RATIO)
        worlds = [plan.lagging(value, weakest, rates=[rate]) for rate in rates] if between else [plan.one_off(value, weakest)]
        return all(plan.caught(world) >= POWER for world in worlds)

    if not caught(worst):
        return None
    miss, hit = bound, worst
    while abs(hit - miss) > 0.005:
        middle = (miss + hit) / 2
        miss, hit = (miss, middle) if caught(middle) else (middle, hit)
    away = np.ceil if threshold.max is not None else np.floor
    return float(away(round(100 * hit, 6)) / 100)
