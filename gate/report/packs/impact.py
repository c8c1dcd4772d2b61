"""Impact ratios as New York City's rules ask for them: the rate of every category over that of the highest."""

from collections.abc import Iterator
from dataclasses import dataclass

from gate.core.decision import Decision, Estimate, GroupResult, Insufficient

__all__ = ["SMALL", "ImpactTable", "Line", "impact_tables"]

SMALL = 0.02
"""A category of a smaller share of the rows may be left out, with a justification."""
_KINDS = {"selection_rate": "Selection rate", "scoring_rate": "Scoring rate (share of scores above the median of all rows)"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One category.

    Args:
        category: its name.
        rows: how many people.
        share: of all rows.
        rate: None where it is undefined.
        ratio: over the highest rate of all categories; None where either is undefined.
        small: whether its share is below `SMALL`.
    """

    category: str
    rows: int
    share: float
    rate: float | None
    ratio: float | None
    small: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ImpactTable:
    """All categories of a feature or intersection, by one kind of rate."""

    feature: str
    kind: str
    lines: tuple[Line, ...]


def impact_tables(decision: Decision) -> Iterator[ImpactTable]:
    """A table for every feature and intersection whose counts are published, by selection rate and, where scores were judged, by scoring rate."""
    rows = decision.counts.overall.rows
    for feature in dict.fromkeys(result.counts.feature for result in decision.judgement.groups):
        results = [result for result in decision.judgement.groups if result.counts.feature == feature]
        for metric, kind in _KINDS.items():
            if any(metric in result.metrics for result in results):
                yield ImpactTable(feature=feature, kind=kind, lines=tuple(_lines(results, metric, rows)))


def _lines(results: list[GroupResult], metric: str, rows: int) -> Iterator[Line]:
    rates = [_rate(result.metrics.get(metric)) for result in results]
    highest = max((rate for rate in rates if rate is not None), default=0.0)
    for result, rate in zip(results, rates, strict=True):
        count = result.counts.counts.rows
        share = count / rows if rows else 0.0
        ratio = rate / highest if rate is not None and highest > 0 else None
        yield Line(category=result.counts.group, rows=count, share=share, rate=rate, ratio=ratio, small=share < SMALL)


def _rate(number: Estimate | Insufficient | None) -> float | None:
    return number.value if isinstance(number, Estimate) else None
