"""The groups as a record shows them: counts, and every rate with its limits."""

from collections.abc import Mapping, Sequence

import numpy as np

from gate.core.counts import ContingencyTable, GroupCounts, Statistics
from gate.core.decision import Estimate, Finding, GroupResult, Insufficient, Levels
from gate.core.metric import Form, Metric, Rate
from gate.core.model import Value
from gate.core.policy import Policy, Threshold
from gate.judge.classes import class_name
from gate.judge.looks import passing_at
from gate.judge.questions import Question
from gate.metrics.bounded import UNBOUNDED, Reach
from gate.metrics.catalogue import by_name
from gate.metrics.design import effective
from gate.metrics.intervals import Limits
from gate.metrics.measures import carried, measured
from gate.metrics.rates import ON_DEMAND, Cells, fractions
from gate.metrics.score_reports import score_report

__all__ = ["group_results"]

MOST_GROUPS = 200
"""Beyond this, the largest groups and those that decide a finding are shown; the counts file has them all."""


def group_results(
    policy: Policy, table: ContingencyTable, findings: Sequence[Finding], *, labels: Sequence[Value] = (), look: int | None = None, reach: Reach = UNBOUNDED
) -> tuple[GroupResult, ...]:
    """Groups in the order of declaration, each with every rate that a rule or reader may ask for, at the passing level of the look."""
    shown = _shown(table.groups, findings)
    if table.statistics.classes is not None:
        return _of_classes(policy, shown, labels, look)
    cells = Cells.of([entry.counts for entry in shown])
    statistics = tuple(entry.statistics for entry in shown)
    level = passing_at(policy.evidence.confidence, look)
    whole = table.statistics
    rates = [rate for rate in _rates(findings) if carried(rate, whole)]
    columns = {
        rate: (measured(rate, cells, statistics, level=level, whole=whole, reach=reach), _sufficient(policy, rate, cells, statistics, whole)) for rate in rates
    }
    sized = effective(fractions(Rate.SELECTION_RATE)[0], cells, statistics)
    return tuple(
        GroupResult(
            counts=entry,
            metrics={**{rate.value: _estimate(*column, index) for rate, column in columns.items()}, **_reported(policy, entry, whole)},
            effective_rows=None if sized is None else float(sized.size[index]),
        )
        for index, entry in enumerate(shown)
    )


def _rates(findings: Sequence[Finding]) -> tuple[Rate, ...]:
    """The rates that every record shows, and those that some rule asks for."""
    asked = {rate for finding in findings if (metric := by_name(finding.metric or "")) for rate in metric.rates}
    return tuple(rate for rate in Rate if rate in asked or rate not in ON_DEMAND)


_OF_CLASSES = (Rate.SELECTION_RATE, Rate.TRUE_POSITIVE_RATE, Rate.FALSE_POSITIVE_RATE, Rate.PRECISION)
"""What is shown of every class against the rest, as `precision[b]` for the class b."""


def _of_classes(policy: Policy, shown: Sequence[GroupCounts], labels: Sequence[Value], look: int | None) -> tuple[GroupResult, ...]:
    """Groups of a model of several classes: accuracy, and the rates of every class."""
    counts = [entry.statistics.classes for entry in shown if entry.statistics.classes is not None]
    level = passing_at(policy.evidence.confidence, look)
    asked = {Rate.ACCURACY.value: (Rate.ACCURACY, Cells.of([entry.right_and_wrong for entry in counts]))}
    for place, label in enumerate(labels):
        cells = Cells.of([entry.against_the_rest(place) for entry in counts])
        asked.update({f"{rate.value}[{class_name(label)}]": (rate, cells) for rate in _OF_CLASSES})
    columns = {name: (measured(rate, cells, (), level=level), _sufficient(policy, rate, cells, (), Statistics())) for name, (rate, cells) in asked.items()}
    return tuple(GroupResult(counts=entry, metrics={name: _estimate(*column, i) for name, column in columns.items()}) for i, entry in enumerate(shown))


def _reported(policy: Policy, entry: GroupCounts, whole: Statistics) -> Mapping[str, Estimate | Insufficient]:
    """What is shown of a group's scores and never judged; nothing where no scores were counted."""
    if entry.statistics.scores is None or whole.scores is None:
        return {}
    enough = entry.counts.rows >= policy.evidence.min_group.rows
    report = score_report(entry.statistics.scores, whole.scores)
    return {
        name: Insufficient(reason="no rows to divide by, or scores that are all alike")
        if value is None
        else Estimate(value=value, lower=None, upper=None, sufficient=enough)
        for name, value in report.items()
    }


def _shown(groups: tuple[GroupCounts, ...], findings: Sequence[Finding]) -> tuple[GroupCounts, ...]:
    if len(groups) <= MOST_GROUPS:
        return groups
    deciding = {(finding.feature, group) for finding in findings for group in finding.groups}
    by_size = sorted(range(len(groups)), key=lambda i: ((groups[i].feature, groups[i].group) not in deciding, -groups[i].counts.rows, i))
    return tuple(groups[i] for i in sorted(by_size[: max(MOST_GROUPS, len(deciding))]))


def _sufficient(policy: Policy, rate: Rate, cells: Cells, statistics: tuple[Statistics, ...], whole: Statistics) -> list[bool]:
    metric = by_name(rate.value) or Metric(id=rate.value, rates=(rate,), form=Form.VALUE, formula="", source="")
    level = Levels(passing=0.05, failing=0.01)
    names = ("",) * len(cells.tp)
    question = Question(
        metric=metric, threshold=Threshold(), groups=names, cells=cells, min_group=policy.evidence.min_group, levels=level, statistics=statistics, whole=whole
    )
    return [bool(enough) for enough in question.sufficient]


def _estimate(column: Limits, sufficient: list[bool], index: int) -> Estimate | Insufficient:
    if not column.defined[index]:
        return Insufficient(reason="no rows to divide by")
    lower, upper = (float(limit) if np.isfinite(limit) else None for limit in (column.lower[index], column.upper[index]))
    return Estimate(value=float(column.value[index]), lower=lower, upper=upper, sufficient=bool(sufficient[index]))
