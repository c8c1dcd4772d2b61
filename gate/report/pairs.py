"""Every pair of groups in one table: how far the rate of the row's group lies above that of the column's."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gate.core.decision import Decision, Estimate, Finding, GroupResult, Outcome
from gate.core.metric import Form
from gate.metrics.catalogue import by_name
from gate.report import figures
from gate.report.remarks import ordered

__all__ = ["Cell", "Matrix", "deciding", "matrices"]

_GROUPS = 12
"""Groups of a matrix: the largest ones and those that decide."""
_MATRICES = 16
_STEPS = (0.02, 0.05, 0.10, 0.20)
"""Differences from which a cell is darker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A difference in points of a hundred, how dark it is (0 to 4, `none` without a number), and whether this pair decides."""

    text: str
    shade: str
    decides: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The differences of one rate between the groups of one feature; `omitted` groups are not shown."""

    feature: str
    rate: str
    groups: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    omitted: int


def matrices(decision: Decision) -> tuple[tuple[Matrix, ...], int]:
    """A matrix for every feature and rate that a rule compares between groups, and how many more there are."""
    found = tuple(_all(decision))
    return found[:_MATRICES], max(0, len(found) - _MATRICES)


def _all(decision: Decision) -> Iterator[Matrix]:
    findings = ordered(decision.judgement.findings)
    wanted = dict.fromkeys(
        (finding.feature, rate.value)
        for finding in findings
        if finding.feature is not None and finding.versus is None and (metric := by_name(finding.metric or "")) and metric.form in (Form.DIFFERENCE, Form.RATIO)
        for rate in metric.rates
    )
    order = {feature: place for place, feature in enumerate(dict.fromkeys(result.counts.feature for result in decision.judgement.groups))}
    for feature, rate in sorted(wanted, key=lambda pair: order.get(str(pair[0]), len(order))):
        results = [result for result in decision.judgement.groups if result.counts.feature == feature and rate in result.metrics]
        if len(results) > 1:
            yield _matrix(results, str(feature), rate, deciding(findings, str(feature), rate))


def deciding(findings: Iterable[Finding], feature: str, rate: str) -> tuple[str, ...]:
    """The groups that decide the worst finding about this rate of this feature; nothing where none does."""
    for finding in findings:
        metric = by_name(finding.metric or "")
        about = finding.feature == feature and finding.versus is None and metric is not None and rate in {entry.value for entry in metric.rates}
        if about and metric is not None and finding.outcome is not Outcome.NOT_APPLICABLE and (len(metric.rates) == 1 or rate in finding.message):
            return finding.groups
    return ()


def _matrix(results: Sequence[GroupResult], feature: str, rate: str, pair: tuple[str, ...]) -> Matrix:
    by_size = sorted(range(len(results)), key=lambda i: (results[i].counts.group not in pair, -results[i].counts.counts.rows, i))[:_GROUPS]
    shown = [results[i] for i in sorted(by_size)]
    rows = tuple(tuple(_cell(one, other, rate, pair) for other in shown) for one in shown)
    return Matrix(feature=feature, rate=rate, groups=tuple(result.counts.group for result in shown), rows=rows, omitted=len(results) - len(shown))


def _cell(one: GroupResult, other: GroupResult, rate: str, pair: tuple[str, ...]) -> Cell:
    first, second = one.metrics[rate], other.metrics[rate]
    if one is other:
        return Cell(text="", shade="self", decides=False)
    decides = len(pair) == 2 and (one.counts.group, other.counts.group) == pair
    if not isinstance(first, Estimate) or not isinstance(second, Estimate):
        return Cell(text="–", shade="none", decides=decides)
    gap = first.value - second.value
    mark = "" if first.sufficient and second.sufficient else " †"
    return Cell(text=f"{figures.signed(gap * 100)}{mark}", shade=str(sum(abs(gap) >= step for step in _STEPS)), decides=decides)
