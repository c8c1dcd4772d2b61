"""The report's charts as SVG, by matplotlib: the same numbers give the same bytes, and the page's colours are variables of its style.

Text stays text, in the page's own typeface, so that it can be searched and read aloud; names pass through `clean` and
matplotlib's own escaping. Nothing here is computed: the numbers come from `charts` and `curves`.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import ceil
from textwrap import fill
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Polygon

from gate.report.charts import Forest, Row
from gate.report.curves import RANGES, Calibrated, RocPoint
from gate.report.phrases import name

__all__ = ["ParetoPoint", "calibration", "distribution", "forest", "pareto", "roc"]

_WIDTH = 4.3
"""Inches: narrow enough that a phone shows the text at a readable size."""
_LEFT = 1.35
"""Inches that names take in a figure of groups."""
_TOP = 0.06
"""Inches above everything."""
_LABEL = 18
"""Characters of a group's name in a figure; the table beside it has the whole."""
_UP = 34
"""Characters on a line of a label that stands upright."""
_DRAWN = 10
"""Labelled rows from which a range of scores is drawn; the table has the others."""

# Colours that stand for variables of the page's style sheet.
_INK, _SOFT, _RULE, _BAND, _EDGE, _MARK, _PAPER, _DECIDES = "#010101", "#020202", "#030303", "#040404", "#050505", "#060606", "#070707", "#080808"
_LINES = ("#110000", "#120000", "#130000", "#140000", "#150000", "#160000")
_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        _INK: "ink", _SOFT: "soft", _RULE: "rule", _BAND: "band", _EDGE: "edge", _MARK: "mark", _PAPER: "paper", _DECIDES: "decides",
        **{colour: f"line-{place}" for place, colour in enumerate(_LINES)},
    }
)  # fmt: skip
_DASHES = ("solid", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 3)))
_MARKERS = ("o", "s", "^", "D", "v", "P")
_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "fairness-gate", "font.family": ["sans-serif"], "font.sans-serif": ["DejaVu Sans"], "font.size": 8.5,
    "text.parse_math": False, "axes.unicode_minus": False, "text.color": _INK, "axes.edgecolor": _RULE, "axes.labelcolor": _SOFT, "xtick.color": _SOFT,
    "ytick.color": _INK, "path.simplify": False, "axes.linewidth": 0.8,
}  # fmt: skip
_OWN = ("backend", "interactive", "toolbar", "webagg", "tk.", "macosx", "savefig.directory", "timezone", "docstring")
"""Settings that no drawing depends on."""
_COLOUR = re.compile(r"#[01][0-9a-f]0[0-9a-f]0[0-9a-f]")
_FONTS = re.compile(r"'DejaVu Sans'(?:, sans-serif)?")


def forest(shown: Forest, pair: Sequence[str], key: str) -> str:
    """Every group's estimate with its limits, what the tightest rule allows, and the pair that decides; `key` is unique in the page.

    Drawn line by line on the bare figure: axes of matplotlib take five times as long, and a page has dozens of these.
    """
    rows = shown.rows
    with mpl.rc_context(_style()):
        sheet = _Sheet(0.27 * len(rows) + 0.28, left=_LEFT)
        floor = 0.27 * len(rows)
        band = next((row.mark.allowed for row in rows if row.mark.allowed), None)
        if band:
            sheet.line([band[0], band[0], band[1], band[1]], [0, floor, floor, 0], filled=_BAND)
            for edge in (edge for edge in band if 0 < edge < 100):
                sheet.line([edge, edge], [0, floor], color=_EDGE, linewidth=1.2, linestyle=(0, (3, 2)))
        sheet.line([-1, 101], [floor, floor], color=_RULE, linewidth=1)
        for place, row in enumerate(rows):
            _draw(sheet, 0.27 * (place + 0.5), row, decides=row.group in pair)
        for across, number in ((0, shown.low), (50, (shown.low + shown.high) / 2), (100, shown.high)):
            sheet.text(across, floor + 0.05, f"{number:.3g}", ha="center", va="top", color=_SOFT)
        return _svg(sheet.figure, key)


class _Sheet:
    """A figure on which things are placed in percent of the scale from the left and in inches from the top."""

    def __init__(self, height: float, *, left: float) -> None:
        self.figure = Figure(figsize=(_WIDTH, height))
        FigureCanvasSVG(self.figure)
        self.figure.patch.set_alpha(0)
        self._height, self._left = height, left

    def _at(self, percent: float, down: float) -> tuple[float, float]:
        return (self._left + percent / 100 * (_WIDTH - self._left - 0.2)) / _WIDTH, 1 - (down + _TOP) / self._height

    def line(self, percents: Sequence[float], downs: Sequence[float], *, filled: str | None = None, **style: Any) -> None:  # noqa: ANN401 -- matplotlib's own
        points = [self._at(*point) for point in zip(percents, downs, strict=True)]
        if filled is not None:
            self.figure.add_artist(Polygon(points, closed=True, facecolor=filled, edgecolor="none", transform=self.figure.transFigure, **style))
        else:
            self.figure.add_artist(Line2D([x for x, _ in points], [y for _, y in points], **style))

    def text(self, percent: float, down: float, words: str, **style: Any) -> None:  # noqa: ANN401 -- as above
        self.figure.text(*self._at(percent, down), words, **style)


def _draw(sheet: _Sheet, down: float, row: Row, *, decides: bool) -> None:
    """The line of one group: its name, its limits and its estimate."""
    colour = _DECIDES if decides else _MARK
    sheet.text(-4, down, _short(row.group), ha="right", va="center", fontweight="bold" if decides else "normal")
    if row.mark.lower is not None and row.mark.upper is not None:
        sheet.line([row.mark.lower, row.mark.upper], [down, down], color=colour, linewidth=2.4 if decides else 1.6, solid_capstyle="round")
    if row.mark.value is None:
        sheet.text(2, down, "no number", va="center", color=_SOFT, fontsize=7.5)
        return
    face = _PAPER if row.estimate is not None and not row.estimate.sufficient else colour
    marker, size = ("D", 6.5) if decides else ("o", 5.5)
    sheet.line([row.mark.value], [down], linestyle="none", markeredgecolor=colour, markerfacecolor=face, marker=marker, markersize=size)


def roc(curves: Mapping[str, Sequence[RocPoint]], *, key: str) -> str:
    """The ROC curve of every group with a band around its true positive rate; the diagonal is a coin."""
    with mpl.rc_context(_style()):
        graph = _Graph(list(curves), height=3.4, across="False positive rate", up="True positive rate")
        graph.curve([0, 1], [0, 1], color=_RULE, linewidth=1, linestyle=(0, (2, 2)))
        for place, points in enumerate(curves.values()):
            false = [point.false_positive_rate for point in points]
            band = [*(point.lower for point in points), *(point.upper for point in reversed(points))]
            graph.curve([*false, *reversed(false)], band, filled=_LINES[place], alpha=0.14)
            graph.curve(false, [point.true_positive_rate for point in points], **_pen(place))
        return _svg(graph.figure, key)


def calibration(curves: Mapping[str, Sequence[Calibrated]], *, key: str) -> str:
    """The share of positives beside the mean score, per range of scores; on the diagonal, scores say what they mean."""
    with mpl.rc_context(_style()):
        graph = _Graph(list(curves), height=3.4, across="Mean score", up="Share of positives", marked=True)
        graph.curve([0, 1], [0, 1], color=_RULE, linewidth=1, linestyle=(0, (2, 2)))
        for place, every in enumerate(curves.values()):
            points = [point for point in every if point.rows >= _DRAWN]
            for point in points:
                graph.curve([point.score, point.score], [point.lower, point.upper], color=_LINES[place], linewidth=1.1, alpha=0.75)
            graph.curve([point.score for point in points], [point.share for point in points], **_pen(place, marked=True))
        return _svg(graph.figure, key)


def distribution(curves: Mapping[str, Sequence[float]], threshold: float, *, key: str) -> str:
    """The share of every group's rows by score, and the threshold at which the model was judged."""
    top = ceil(max((share for shares in curves.values() for share in shares), default=1.0) * 25) / 25  # so that quarters of it are short numbers
    edges = [place / RANGES for place in range(RANGES + 1) for _ in (0, 1)]
    with mpl.rc_context(_style()):
        graph = _Graph(list(curves), height=2.1, across="Score (upright line: the threshold)", up="Share of the group's rows", top=top)
        for place, shares in enumerate(curves.values()):
            graph.curve(edges, [0, *(share for share in shares for _ in (0, 1)), 0], **_pen(place))
        graph.curve([threshold, threshold], [0, top], color=_INK, linewidth=1.2, linestyle=(0, (3, 2)))
        return _svg(graph.figure, key)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoPoint:
    """A candidate between utility and a disparity: lower limit, value and upper limit of each.

    Args:
        number: the candidate's number in the table, which holds its name: names of many points would cover one another.
        across, up: utility and disparity.
        best: whether nothing else beats it.
        by_group: whether its answer depends on the group.
        plain: whether it is the model without mitigation.
    """

    number: int
    across: tuple[float, float, float]
    up: tuple[float, float, float]
    best: bool
    by_group: bool
    plain: bool


def pareto(points: Sequence[ParetoPoint], *, across: str, up: str, key: str) -> str:
    """Utility across and a disparity up, each candidate with its limits; the plain model in another colour."""
    height, low = 3.0, min(point.across[0] for point in points)
    high, top = max(point.across[2] for point in points), max([0.01, *(point.up[2] for point in points)])
    wide = max(high - low, 0.01)
    with mpl.rc_context(_style()):
        sheet = _Sheet(height + 0.5, left=0.55)
        sheet.line([0, 100], [height, height], color=_RULE, linewidth=1)
        for tick in (0, 0.5, 1):
            sheet.text(tick * 100, height + 0.05, f"{low + tick * wide:.3g}", ha="center", va="top", color=_SOFT)
            sheet.text(-2, height * (1 - tick), f"{tick * top:.2g}", ha="right", va="center", color=_SOFT)
        sheet.text(50, height + 0.24, across, ha="center", va="top", color=_SOFT)
        sheet.text(-13, height / 2, fill(name(up), _UP), ha="center", va="center", rotation=90, color=_SOFT)
        for point in points:
            xs, ys = [(x - low) / wide * 100 for x in point.across], [height * (1 - max(0.0, y) / top) for y in point.up]
            colour = _DECIDES if point.plain else _MARK
            sheet.line([xs[0], xs[2]], [ys[1], ys[1]], color=colour, linewidth=0.6, alpha=0.45)
            sheet.line([xs[1], xs[1]], [ys[0], ys[2]], color=colour, linewidth=0.6, alpha=0.45)
            face = colour if point.best else _PAPER
            sheet.line([xs[1]], [ys[1]], linestyle="none", marker="s" if point.by_group else "o", markersize=5, markeredgecolor=colour, markerfacecolor=face)
            sheet.text(xs[1] + 1.2, ys[1] - 0.09, str(point.number), ha="left", va="center", color=colour)
        return _svg(sheet.figure, key)


class _Graph:
    """A field from 0 to 1 across and from 0 to `top` up, with its axes, and a legend of the groups below."""

    def __init__(self, groups: Sequence[str], *, height: float, across: str, up: str, top: float = 1.0, marked: bool = False) -> None:
        self._sheet, self._inches, self._top = _Sheet(height + 0.5 + 0.18 * ((len(groups) + 1) // 2), left=0.5), height, top
        self.curve([0, 1], [0, 0], color=_RULE, linewidth=1)
        for tick in (0, 0.25, 0.5, 0.75, 1):
            self._sheet.text(tick * 100, height + 0.05, f"{tick:g}", ha="center", va="top", color=_SOFT)
            self._sheet.text(-2, height * (1 - tick), f"{tick * top:.2g}", ha="right", va="center", color=_SOFT)
        self._sheet.text(50, height + 0.22, across, ha="center", va="top", color=_SOFT)
        self._sheet.text(-12, height / 2, up, ha="center", va="center", rotation=90, color=_SOFT)
        for place, group in enumerate(groups):
            start, down = 54.0 * (place % 2), height + 0.5 + 0.18 * (place // 2)
            self._sheet.line([start, start + 4.5, start + 9], [down] * 3, **_pen(place, marked=marked))
            self._sheet.text(start + 11, down, _short(group), va="center")

    @property
    def figure(self) -> Figure:
        """What it is drawn on."""
        return self._sheet.figure

    def curve(self, across: Sequence[float], up: Sequence[float], **style: Any) -> None:  # noqa: ANN401 -- matplotlib's own
        """A line through points, or an area within them."""
        self._sheet.line([x * 100 for x in across], [self._inches * (1 - y / self._top) for y in up], **style)


def _pen(place: int, *, marked: bool = False) -> dict[str, Any]:
    """How the line of a group looks: told apart by colour, by dashes, and by the shape of its points."""
    marker = _MARKERS[place] if marked else "None"
    return {"color": _LINES[place], "linewidth": 1.5, "linestyle": _DASHES[place], "marker": marker, "markersize": 4}


@cache
def _style() -> dict[Any, Any]:
    """Matplotlib's own defaults and ours on top, so that nobody's matplotlibrc changes a byte."""
    return {**{key: value for key, value in mpl.rcParamsDefault.items() if not key.startswith(_OWN)}, **_STYLE}


def _short(group: str) -> str:
    shown = name(group)
    return shown if len(shown) <= _LABEL else f"{shown[: _LABEL - 1]}…"


def _svg(figure: Figure, key: str) -> str:
    """The drawing alone: no prolog, no metadata, ids that are unique in the page, colours of the page; hidden from readers, who have the table."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    drawing = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", written.getvalue(), flags=re.DOTALL)
    drawing = drawing[drawing.index("<svg") :]
    return "".join(_ours(part, key) if part.startswith("<") else _spaced(part) for part in re.split(r"(<[^>]*>)", drawing)).strip()


def _spaced(part: str) -> str:
    """Text between two tags as it is, or one new line for space that only indents."""
    return part if part.strip() else "\n" if "\n" in part else part


def _ours(tag: str, key: str) -> str:
    """One tag of the drawing."""
    if tag.startswith("<svg"):
        box = re.search(r'viewBox="[^"]*"', tag)
        return f'<svg {box[0] if box else ""} class="chart" role="img" aria-labelledby="{key}" xmlns:xlink="http://www.w3.org/1999/xlink">'
    tag = re.sub(r'(\sid="|url\(#|href="#)', rf"\g<1>{key}-", tag)
    tag = _COLOUR.sub(lambda colour: f"var(--{_VARIABLES[colour[0]]})" if colour[0] in _VARIABLES else colour[0], tag)
    return _FONTS.sub("system-ui, sans-serif", tag)
