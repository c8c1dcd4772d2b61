"""Rules over time: what batches of counts say against each of them, at a false-alarm rate that holds however often one looks.

Pure: from the counts of windows, in the order in which they were judged, to one answer per rule and feature.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.metric import Form, Metric, Rate
from gate.core.model import Intersection, ModelConfig
from gate.core.policy import Enforcement, Policy, Rule, Scope, SmallIntersections
from gate.judge.asked import Asked, asked
from gate.judge.findings import crossings_of
from gate.judge.questions import claims
from gate.metrics.anytime import Claim, Floats, Watch
from gate.metrics.catalogue import by_name
from gate.metrics.comparisons import ALL_PAIRS
from gate.metrics.kinds import binomial, is_two_sided
from gate.metrics.rates import Cells, fractions

__all__ = ["LABEL_FREE", "State", "Watched", "Window", "needs_labels", "summed", "unwatchable", "watched"]

LABEL_FREE = frozenset({Rate.SELECTION_RATE, Rate.REJECTION_RATE})
"""Rates that need no label, so that they are judged as soon as a window is over."""
_WEEK = 7


class State(StrEnum):
    """What stands about a rule on a feature, the worst first."""

    ALARM = "alarm"
    TOO_FEW = "too few rows"
    WARNING = "warning"
    WITHIN = "no evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The counts of a window that begins on a day."""

    starts: date
    table: ContingencyTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A rule on a feature or intersection, or on all rows.

    Args:
        rule, metric, enforcement: of the policy.
        feature: None for all rows.
        state: what stands.
        rate: of which the evidence is strongest.
        groups: the group, or the pair in this direction, against which it is.
        rates: their rates over all windows; None where there is nothing to divide by.
        evidence: how strongly the windows speak against the claim, as a factor.
        needed: the factor at which there is an alarm.
        since: the first day of the window with which an alarm was reached; it stays.
        few: groups with too few rows lately.
    """

    rule: str
    metric: str
    enforcement: Enforcement
    feature: str | None
    state: State
    rate: Rate
    groups: tuple[str, ...]
    rates: tuple[float | None, ...]
    evidence: float
    needed: float
    since: date | None = None
    few: tuple[str, ...] = ()


def needs_labels(rule: Rule) -> bool:
    """Whether a rule is judged on labels."""
    metric = by_name(rule.metric)
    return metric is None or not set(metric.rates) <= LABEL_FREE


def unwatchable(rule: Rule) -> str:
    """Why a rule cannot be watched; empty where it can."""
    metric = by_name(rule.metric)
    if metric is None:
        return "metrics of the policy's own have no evidence that adds up"
    if rule.baseline is not None:
        return "it compares two models on the same rows, and a log has one"
    if not metric.calibrated or not binomial(metric) or is_two_sided(metric):
        return f"{metric.id} is no share of rows"
    if any(len(fractions(rate)) != 1 for rate in metric.rates):
        return f"{metric.id} is made of several shares"
    if Rate.F1_SCORE in metric.rates and metric.form in (Form.DIFFERENCE, Form.RATIO):
        return "differences of F1 are no differences of shares"
    return ""


def watched(policy: Policy, model: ModelConfig, *, selections: Sequence[Window], outcomes: Sequence[Window]) -> Iterator[Watched]:
    """Every rule that can be watched, on everything that it looks at.

    Args:
        policy: whose rules and terms of monitoring hold.
        model: what is watched.
        selections: windows counted for rates that need no labels, in the order in which they were judged.
        outcomes: windows whose labels are mature, likewise.
    """
    for rule in policy.applicable(model):
        metric = by_name(rule.metric)
        if metric is None or unwatchable(rule):
            continue
        windows = outcomes if needs_labels(rule) else selections
        total = summed(windows)
        if total is None:
            continue
        for crossing in (None,) if rule.scope is Scope.OVERALL else crossings_of(policy, rule, model):
            yield _of_crossing(policy, rule, metric, crossing, windows, total)


def summed(windows: Sequence[Window]) -> ContingencyTable | None:
    """The counts of all windows together; None where there are none."""
    if not windows:
        return None
    tables = [window.table for window in windows]
    groups = tuple(
        GroupCounts(feature=same[0].feature, group=same[0].group, counts=_sum([entry.counts for entry in same]))
        for same in zip(*(table.groups for table in tables), strict=True)
    )
    return ContingencyTable(overall=_sum([table.overall for table in tables]), groups=groups, unassigned=tuple(e for t in tables for e in t.unassigned))


def _sum(counts: Sequence[ConfusionCounts]) -> ConfusionCounts:
    return sum(counts[1:], start=counts[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rate:
    """One rate of a rule, watched: per claim the evidence, and the batch in which the alarm came, or -1."""

    rate: Rate
    at: NDArray[np.intp]
    evidence: Floats
    alarmed: NDArray[np.intp]
    successes: Floats
    trials: Floats


def _of_crossing(policy: Policy, rule: Rule, metric: Metric, crossing: Intersection | None, windows: Sequence[Window], total: ContingencyTable) -> Watched:
    overall = (GroupCounts(feature="", group="", counts=total.overall),)
    chosen = Asked(entries=overall, comparison=ALL_PAIRS, claims=claims(metric, 1)) if crossing is None else asked(metric, crossing, total)
    names = tuple(entry.group for entry in chosen.entries)
    cells = _cells(windows, crossing, names)
    needed = math.log(max(chosen.claims, 1) / policy.monitoring.alarm)
    found = [_watch(policy, rule, metric, rate, chosen, cells, needed) for rate in metric.rates]
    few = _few(policy, crossing, names, windows, found)
    worst = max(found, key=lambda part: float(np.max(part.evidence, initial=-math.inf)))
    alarms = [batch for part in found for batch in part.alarmed.tolist() if batch >= 0]
    since = windows[min(alarms)].starts if alarms else None
    strongest = float(np.max(worst.evidence, initial=0.0))
    pair = worst.at[int(np.argmax(worst.evidence))] if worst.evidence.size else np.zeros(0, dtype=np.intp)
    sums = [(float(np.sum(worst.successes[:, i])), float(np.sum(worst.trials[:, i]))) for i in pair]
    lenient = crossing is not None and len(crossing.features) > 1 and policy.evidence.small_intersections is SmallIntersections.REPORT
    return Watched(
        rule=rule.id,
        metric=metric.id,
        enforcement=rule.enforcement,
        feature=None if crossing is None else crossing.name,
        state=_state(policy, since=since, few=bool(few) and not lenient, evidence=strongest, needed=needed),
        rate=worst.rate,
        groups=() if crossing is None else tuple(names[i] for i in pair),
        rates=tuple(_rate(worst.rate, x / n) if n else None for x, n in sums),
        evidence=_factor(strongest),
        needed=_factor(needed),
        since=since,
        few=few,
    )


def _factor(logarithm: float) -> float:
    """The factor of a logarithm, as far as a double holds it."""
    return math.exp(min(logarithm, 690.0))


def _state(policy: Policy, *, since: date | None, few: bool, evidence: float, needed: float) -> State:
    if since is not None:
        return State.ALARM
    if few:
        return State.TOO_FEW
    return State.WARNING if evidence >= needed - math.log(policy.monitoring.warning / policy.monitoring.alarm) else State.WITHIN


def _cells(windows: Sequence[Window], crossing: Intersection | None, names: Sequence[str]) -> Cells:
    """The counts of the groups, window after window, in one column."""
    if crossing is None:
        return Cells.of([window.table.overall for window in windows])
    rows: list[ConfusionCounts] = []
    for window in windows:
        by_group = {entry.group: entry.counts for entry in window.table.of(crossing.name)}
        rows += [by_group[name] for name in names]
    return Cells.of(rows)


def _watch(policy: Policy, rule: Rule, metric: Metric, rate: Rate, chosen: Asked, cells: Cells, needed: float) -> _Rate:
    (part,) = fractions(rate)
    shape = (-1, max(len(chosen.entries), 1))
    successes, trials = (np.asarray(counted(cells), dtype=np.float64).reshape(shape) for counted in (part.successes, part.trials))
    claim, at = _claims(rule, metric, rate, chosen)
    watch = Watch(claim=claim, restart=max(1, -(-_WEEK // policy.monitoring.window_days)))
    alarmed = np.full(len(at), -1, dtype=np.intp)
    for batch in range(len(successes)):
        watch = watch.after(successes[batch][at], trials[batch][at])
        alarmed = np.where((alarmed < 0) & (watch.log_evidence >= needed), batch, alarmed)
    return _Rate(rate=rate, at=at, evidence=watch.log_evidence, alarmed=alarmed, successes=successes, trials=trials)


def _claims(rule: Rule, metric: Metric, rate: Rate, chosen: Asked) -> tuple[Claim, NDArray[np.intp]]:
    """The kind of claim that a rule makes of a rate, and of which groups, shape (claims, 1 or 2)."""
    limit, groups = rule.threshold, len(chosen.entries)
    if metric.form in (Form.DIFFERENCE, Form.RATIO):
        pairs = [(i, j) for pairing in chosen.comparison.pairings(rate, groups) for i in np.flatnonzero(pairing.first) for j in np.flatnonzero(pairing.second)]
        at = np.array([pair for pair in pairs if pair[0] != pair[1]], dtype=np.intp).reshape(-1, 2)
        if metric.form is Form.DIFFERENCE:
            return Claim((1.0, -1.0), limit.max or 0.0), at
        least = math.exp(-limit.max) if metric.logarithmic and limit.max is not None else limit.min or 0.0
        return Claim((least, -1.0), 0.0), at
    at = np.arange(groups, dtype=np.intp).reshape(-1, 1)
    if limit.max is not None:
        return Claim((1.0,), _share(rate, limit.max)), at
    return Claim((-1.0,), -_share(rate, limit.min or 0.0)), at


def _share(rate: Rate, bound: float) -> float:
    """A bound of a rate as one of its share: F1 is 2θ/(1 + θ)."""
    return bound / (2 - bound) if rate is Rate.F1_SCORE else bound


def _rate(rate: Rate, share: float) -> float:
    """A rate from its share."""
    return 2 * share / (1 + share) if rate is Rate.F1_SCORE else share


def _few(policy: Policy, crossing: Intersection | None, names: Sequence[str], windows: Sequence[Window], found: Sequence[_Rate]) -> tuple[str, ...]:
    """The groups that have too few rows on the recent days, of those that are compared."""
    terms = policy.monitoring
    newest = max(window.starts for window in windows)
    recent = np.array([window.starts > newest - timedelta(days=terms.recent_days) for window in windows])
    asked_of = sorted({int(i) for part in found for i in part.at.ravel()})
    lacking = [i for i in asked_of if any(np.sum(part.trials[recent, i]) < terms.min_rows for part in found)]
    return tuple("all rows" if crossing is None else names[i] for i in lacking)
