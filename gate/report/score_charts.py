"""The charts of a model's scores by group: ROC, calibration and distribution, each with what its table says."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gate.core.decision import Decision
from gate.core.model import CROSS
from gate.core.scores import ScoreCounts
from gate.report import curves, figures, whatif
from gate.report.phrases import name

__all__ = ["Draw", "FeatureCharts", "ScoreChart", "absent", "charts"]

Draw: TypeAlias = Callable[[str], str]
"""A drawing, of the key under which it stands in the page."""
_Shown: TypeAlias = Sequence[tuple[str, ScoreCounts]]
_FEATURES = 8
_GROUPS = 6
"""Groups that one figure of curves tells apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChart:
    """One figure: what it is called, what it shows in words, how it is drawn, and its table."""

    title: str
    words: str
    draw: Draw
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureCharts:
    """The figures of one feature, of its largest groups; `omitted` groups are not drawn."""

    feature: str
    charts: tuple[ScoreChart, ...]
    omitted: int


def absent(decision: Decision) -> str:
    """Why there are no such charts; empty where there are."""
    if reason := whatif.withheld(decision):
        return reason
    return (
        "" if decision.counts.statistics.scores is not None else "The record holds no scores: they are counted only where a rule of the policy is about them."
    )


def charts(decision: Decision) -> Iterator[FeatureCharts]:
    """The charts of every declared feature; nothing where no scores may or can be shown."""
    whole = decision.counts.statistics.scores
    if absent(decision) or whole is None:
        return
    names = dict.fromkeys(entry.feature for entry in decision.counts.groups if CROSS not in entry.feature)
    for feature in list(names)[:_FEATURES]:
        groups = [(entry.group, entry.statistics.scores or ScoreCounts()) for entry in decision.counts.of(feature) if entry.counts.rows]
        sizes = [sum(scores.rows) for _, scores in groups]
        kept = sorted(sorted(range(len(groups)), key=lambda i: (-sizes[i], i))[:_GROUPS])
        shown = [groups[i] for i in kept if sizes[i]]
        if shown:
            drawn = (_roc(feature, shown, whole), _calibration(feature, shown), _distribution(feature, shown, whatif.threshold(decision)))
            yield FeatureCharts(feature=feature, charts=drawn, omitted=len(groups) - len(shown))


def _roc(feature: str, shown: _Shown, whole: ScoreCounts) -> ScoreChart:
    from gate.report import plots  # noqa: PLC0415 -- matplotlib takes half a second to import

    offered = curves.offered(whole)
    lines = {group: points for group, scores in shown if (points := curves.roc(scores, offered))}
    return ScoreChart(
        title=f"ROC by {name(feature)}",
        words="How many of the positives are found for how many false alarms, at every threshold; the band around a curve holds for each of its points by "
        "itself (95 %). A curve below the others is a group that the scores tell apart less well.",
        draw=lambda key: plots.roc(lines, key=key),
        header=("Group", "Threshold", "False positive rate", "True positive rate", "Band"),
        rows=tuple(_roc_row(group, point) for group, points in lines.items() for point in points),
    )


def _roc_row(group: str, point: curves.RocPoint) -> tuple[str, ...]:
    found = figures.number(point.true_positive_rate)
    at = "above all scores" if point.threshold >= 1 else f"{point.threshold:.4f}"
    return name(group), at, figures.number(point.false_positive_rate), found, figures.span(point.lower, point.upper)


def _calibration(feature: str, shown: _Shown) -> ScoreChart:
    from gate.report import plots  # noqa: PLC0415 -- as above

    lines = {group: points for group, scores in shown if (points := curves.calibration(scores))}
    return ScoreChart(
        title=f"Calibration by {name(feature)}",
        words="What the scores say beside what came true, in ranges of scores with at least 10 labelled rows; bars are 95 % limits for each point by itself. "
        "Above the dotted line a group does better than its scores say, below it worse.",
        draw=lambda key: plots.calibration(lines, key=key),
        header=("Group", "Scores", "Labelled rows", "Mean score", "Share of positives", "Limits"),
        rows=tuple(_calibrated_row(group, point) for group, points in lines.items() for point in points),
    )


def _calibrated_row(group: str, point: curves.Calibrated) -> tuple[str, ...]:
    rows, score, share = figures.count(point.rows), figures.number(point.score), figures.number(point.share)
    return name(group), f"{point.low:g} to {point.high:g}", rows, score, share, figures.span(point.lower, point.upper)


def _distribution(feature: str, shown: _Shown, threshold: float) -> ScoreChart:
    from gate.report import plots  # noqa: PLC0415 -- as above

    lines = {group: shares for group, scores in shown if (shares := curves.ranges(scores))}
    edges = [f"{place / curves.RANGES:g} to {(place + 1) / curves.RANGES:g}" for place in range(curves.RANGES)]
    return ScoreChart(
        title=f"Scores by {name(feature)}",
        words=f"How the rows of every group spread over the scores; whoever is at or above {threshold:g} is selected.",
        draw=lambda key: plots.distribution(lines, threshold, key=key),
        header=("Scores", *(name(group) for group in lines)),
        rows=tuple((edge, *(figures.share(shares[place]) for shares in lines.values())) for place, edge in enumerate(edges)),
    )
