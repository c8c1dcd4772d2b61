"""The groups as a record shows them: counts, and every rate with its limits."""

from collections.abc import Sequence

import numpy as np

from gate.core.counts import ContingencyTable, GroupCounts, Statistics
from gate.core.decision import Estimate, Finding, GroupResult, Insufficient, Levels
from gate.core.metric import REGRESSION_RATES, Form, Metric, Rate
from gate.core.model import Value
from gate.core.policy import Policy, Threshold
from gate.judge.classes import class_name
from gate.judge.questions import Question
from gate.metrics.catalogue import by_name
from gate.metrics.intervals import Limits
from gate.metrics.measures import measured
from gate.metrics.rates import Cells

__all__ = ["group_results"]

MOST_GROUPS = 200
"""Beyond this, the largest groups and those that decide a finding are shown; the counts file has them all."""


def group_results(policy: Policy, table: ContingencyTable, findings: Sequence[Finding], *, labels: Sequence[Value] = ()) -> tuple[GroupResult, ...]:
    """Groups in the order of declaration, each with every rate that a rule or reader may ask for."""
    shown = _shown(table.groups, findings)
    if table.statistics.classes is not None:
        return _of_classes(policy, shown, labels)
    cells = Cells.of([entry.counts for entry in shown])
    statistics = tuple(entry.statistics for entry in shown)
    level = round(1 - policy.evidence.confidence.passing, 12)
    columns = {rate: (measured(rate, cells, statistics, level=level), _sufficient(policy, rate, cells, statistics)) for rate in _rates(table)}
    return tuple(
        GroupResult(counts=entry, metrics={rate.value: _estimate(*column, index) for rate, column in columns.items()}) for index, entry in enumerate(shown)
    )


_OF_CLASSES = (Rate.SELECTION_RATE, Rate.TRUE_POSITIVE_RATE, Rate.FALSE_POSITIVE_RATE, Rate.PRECISION)
"""What is shown of every class against the rest, as `precision[b]` for the class b."""


def _of_classes(policy: Policy, shown: Sequence[GroupCounts], labels: Sequence[Value]) -> tuple[GroupResult, ...]:
    """Groups of a model of several classes: accuracy, and the rates of every class."""
    counts = [entry.statistics.classes for entry in shown if entry.statistics.classes is not None]
    level = round(1 - policy.evidence.confidence.passing, 12)
    asked = {Rate.ACCURACY.value: (Rate.ACCURACY, Cells.of([entry.right_and_wrong for entry in counts]))}
    for place, label in enumerate(labels):
        cells = Cells.of([entry.against_the_rest(place) for entry in counts])
        asked.update({f"{rate.value}[{class_name(label)}]": (rate, cells) for rate in _OF_CLASSES})
    columns = {name: (measured(rate, cells, (), level=level), _sufficient(policy, rate, cells, ())) for name, (rate, cells) in asked.items()}
    return tuple(GroupResult(counts=entry, metrics={name: _estimate(*column, i) for name, column in columns.items()}) for i, entry in enumerate(shown))


def _rates(table: ContingencyTable) -> tuple[Rate, ...]:
    """The rates that these counts carry."""
    of_means = table.statistics.moments is not None
    return tuple(rate for rate in Rate if (rate in REGRESSION_RATES) == of_means)


def _shown(groups: tuple[GroupCounts, ...], findings: Sequence[Finding]) -> tuple[GroupCounts, ...]:
    if len(groups) <= MOST_GROUPS:
        return groups
    deciding = {(finding.feature, group) for finding in findings for group in finding.groups}
    by_size = sorted(range(len(groups)), key=lambda i: ((groups[i].feature, groups[i].group) not in deciding, -groups[i].counts.rows, i))
    return tuple(groups[i] for i in sorted(by_size[: max(MOST_GROUPS, len(deciding))]))


def _sufficient(policy: Policy, rate: Rate, cells: Cells, statistics: tuple[Statistics, ...]) -> list[bool]:
    metric = by_name(rate.value) or Metric(id=rate.value, rates=(rate,), form=Form.VALUE, formula="", source="")
    level = Levels(passing=0.05, failing=0.01)
    names = ("",) * len(cells.tp)
    question = Question(
        metric=metric, threshold=Threshold(), groups=names, cells=cells, min_group=policy.evidence.min_group, levels=level, statistics=statistics
    )
    return [bool(enough) for enough in question.sufficient]


def _estimate(column: Limits, sufficient: list[bool], index: int) -> Estimate | Insufficient:
    if not column.defined[index]:
        return Insufficient(reason="no rows to divide by")
    lower, upper = (float(limit) if np.isfinite(limit) else None for limit in (column.lower[index], column.upper[index]))
    return Estimate(value=float(column.value[index]), lower=lower, upper=upper, sufficient=bool(sufficient[index]))
