"""The charts of a model's scores by group: ROC, calibration and distribution, each with what its table says."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from markupsafe import Markup

from gate.core.counts import GroupCounts
from gate.core.decision import Decision
from gate.core.model import CROSS
from gate.core.scores import BINS, ScoreCounts
from gate.report import curves, figures, whatif
from gate.report.phrases import name

__all__ = ["Draw", "ScoreChart", "absent", "charts"]

Draw: TypeAlias = Callable[[str], str]
"""A drawing, of the key under which it stands in the page."""
_FEATURES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreChart:
    """One figure: what it is called, what it shows in a sentence, its drawing, and its table."""

    key: str
    title: str
    words: str
    drawing: Markup | None
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def absent(decision: Decision) -> str:
    """Why there are no such charts; empty where there are."""
    if reason := whatif.withheld(decision):
        return reason
    return "" if decision.counts.statistics.scores is not None else "The record holds no scores: they are counted only where a rule of the policy is about them."


def charts(decision: Decision, draw: Callable[[Draw], tuple[str, Markup | None]]) -> Iterator[tuple[str, list[ScoreChart], int]]:
    """Per declared feature its charts, of its largest groups, and how many groups are left out."""
    whole = decision.counts.statistics.scores
    if absent(decision) or whole is None:
        return
    for feature in [feature for feature in dict.fromkeys(entry.feature for entry in decision.counts.groups) if CROSS not in feature][:_FEATURES]:
        groups = [(entry, entry.statistics.scores) for entry in decision.counts.of(feature) if entry.statistics.scores is not None and entry.counts.rows]
        shown = _largest([(entry, scores) for entry, scores in groups if scores is not None])
        if shown:
            threshold = whatif.threshold(decision)
            yield feature, [_roc(feature, shown, whole, draw), _calibration(feature, shown, draw), _distribution(feature, shown, threshold, draw)], len(
                groups
            ) - len(shown)


def _largest(groups: list[tuple[GroupCounts, ScoreCounts]]) -> list[tuple[str, ScoreCounts]]:
    from gate.report.plots import SERIES  # noqa: PLC0415 -- matplotlib takes half a second to import

    by_size = sorted(range(len(groups)), key=lambda i: (-groups[i][0].counts.rows, i))[:SERIES]
    return [(groups[i][0].group, groups[i][1]) for i in sorted(by_size)]


def _roc(feature: str, shown: list[tuple[str, ScoreCounts]], whole: ScoreCounts, draw: Callable[[Draw], tuple[str, Markup | None]]) -> ScoreChart:
    from gate.report import plots  # noqa: PLC0415 -- as above

    offered = curves.offered(whole)
    lines = {group: points for group, scores in shown if (points := curves.roc(scores, offered))}
    key, drawing = draw(lambda key: plots.roc(lines, key=key))
    rows = tuple(
        (name(group), f"{point.threshold:.4f}", figures.number(point.false_positive_rate), figures.number(point.true_positive_rate),
         figures.span(point.lower, point.upper))
        for group, points in lines.items()
        for point in points
        if point.threshold < 1 - 1 / BINS
    )  # fmt: skip
    return ScoreChart(
        key=key,
        title=f"ROC by {name(feature)}",
        words="How many of the positives are found for how many false alarms, at every threshold; the band around a curve holds for each of its points by "
        "itself (95 %). A curve below the others is a group that the scores tell apart less well.",
        drawing=drawing,
        header=("Group", "Threshold", "False positive rate", "True positive rate", "Band"),
        rows=rows,
    )


def _calibration(feature: str, shown: list[tuple[str, ScoreCounts]], draw: Callable[[Draw], tuple[str, Markup | None]]) -> ScoreChart:
    from gate.report import plots  # noqa: PLC0415 -- as above

    lines = {group: points for group, scores in shown if (points := curves.calibration(scores))}
    key, drawing = draw(lambda key: plots.calibration(lines, key=key))
    rows = tuple(
        (name(group), f"{point.low:g} to {point.high:g}", figures.count(point.rows), figures.number(point.score), figures.number(point.share),
         figures.span(point.lower, point.upper))
        for group, points in lines.items()
        for point in points
    )  # fmt: skip
    return ScoreChart(
        key=key,
        title=f"Calibration by {name(feature)}",
        words="What the scores say beside what came true, in ranges of scores with at least 10 labelled rows; bars are 95 % limits for each point by itself. Above the dotted line a group "
        "does better than its scores say, below it worse.",
        drawing=drawing,
        header=("Group", "Scores", "Labelled rows", "Mean score", "Share of positives", "Limits"),
        rows=rows,
    )


def _distribution(
    feature: str, shown: list[tuple[str, ScoreCounts]], threshold: float, draw: Callable[[Draw], tuple[str, Markup | None]]
) -> ScoreChart:
    from gate.report import plots  # noqa: PLC0415 -- as above

    lines = {group: shares for group, scores in shown if (shares := curves.ranges(scores))}
    key, drawing = draw(lambda key: plots.distribution(lines, threshold, key=key))
    rows = tuple(
        (f"{place / curves.RANGES:g} to {(place + 1) / curves.RANGES:g}", *(figures.share(shares[place]) for shares in lines.values()))
        for place in range(curves.RANGES)
    )
    return ScoreChart(
        key=key,
        title=f"Scores by {name(feature)}",
        words=f"How the rows of every group spread over the scores; whoever is at or above {threshold:g} is selected.",
        drawing=drawing,
        header=("Scores", *(name(group) for group in lines)),
        rows=rows,
    )
