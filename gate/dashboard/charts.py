"""Small drawings in SVG: a rule from decision to decision with its band, and the verdicts of a model in a strip.

Nothing that anybody wrote stands in a drawing: numbers and dates alone. Colours come from the page's own style.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gate.core.decision import Verdict
from gate.dashboard.board import Decided
from gate.dashboard.trend import Series
from gate.dashboard.watch import Trace
from gate.report.figures import number

__all__ = ["STRIP", "evidence", "strip", "trend"]

STRIP = 40
"""So many of the newest verdicts stand in a strip."""
_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 640, 190, 58, 12, 26


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scale:
    """From decisions and numbers to places in the drawing."""

    count: int
    low: float
    high: float

    def x(self, place: int) -> str:
        """The middle of a decision's place."""
        room = _WIDTH - _LEFT - 14
        return f"{_LEFT + room * ((place + 0.5) / self.count):.1f}"

    def y(self, value: float) -> str:
        """The height of a number; larger is higher."""
        share = (value - self.low) / (self.high - self.low)
        return f"{_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM):.1f}"


def trend(series: Series, key: str) -> str:
    """The drawing of a series: values, their band, the bound, and a mark where the rule stopped the candidate; described by the element `key`."""
    scale = _scale(series)
    points = [point for _, point in series.points]
    parts = (
        *_frame(scale, series),
        *(_path("band", corners, closed=True) for corners in _bands(series, scale)),
        *(_path("bound", run) for run in _runs([None if p.bound is None else (scale.x(i), scale.y(p.bound)) for i, p in enumerate(points)])),
        *(_path("value", run) for run in _runs([None if p.value is None else (scale.x(i), scale.y(p.value)) for i, p in enumerate(points)])),
        *_marks(series, scale),
    )
    return f'<svg class="trend" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{key}">{"".join(parts)}</svg>'


def strip(decisions: tuple[Decided, ...]) -> str:
    """The newest verdicts, oldest first: the worse, the taller; hollow where the record is not believed. Hidden from screen readers: words stand beside it."""
    shown = tuple(reversed(decisions[:STRIP]))
    tall = {Verdict.PASSED: 6, Verdict.INCONCLUSIVE: 11, Verdict.BLOCKED: 16}
    lines: dict[str, list[str]] = {}
    for place, entry in enumerate(shown):
        kind = "unproven" if entry.fault or entry.verdict is None else entry.verdict.value
        height = 16 if entry.fault or entry.verdict is None else tall[entry.verdict]
        lines.setdefault(kind, []).append(f"M{place * 4 + 2} 18v-{height}")
    drawn = "".join(f'<path class="{kind}" d="{"".join(marks)}"/>' for kind, marks in lines.items())
    return f'<svg class="strip" viewBox="0 0 {STRIP * 4} 20" aria-hidden="true">{drawn}</svg>'


def evidence(trace: Trace, key: str) -> str:
    """The drawing of a rule's evidence by day, a factor, on a scale of powers of ten; a diamond on the first day of every alarm."""
    heights = [math.log10(min(max(factor, 1e-3), 1e9)) for _, factor in trace.evidence]
    low, high = math.floor(min(*heights, 0)), math.ceil(max(*heights, 1))
    scale, days, foot = _Scale(count=len(heights), low=low, high=high), [day for day, _ in trace.evidence], _HEIGHT - _BOTTOM
    known = set(trace.alarms)
    begins = [place for place, day in enumerate(days) if day in known and (not place or days[place - 1] not in known)]
    labels = "".join(f'<text x="{_LEFT - 8}" y="{float(scale.y(power)) + 4:.1f}" text-anchor="end">{10.0**power:g}</text>' for power in (low, high))
    ends = f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{days[0].isoformat()}</text>'
    ends += f'<text x="{_WIDTH - 14}" y="{_HEIGHT - 6}" text-anchor="end">{days[-1].isoformat()}</text>' if len(days) > 1 else ""
    axis = f'<path class="axis" d="M{_LEFT} {_TOP}V{foot}H{_WIDTH - 14}"/>'
    line = "".join(_path("value", run) for run in _runs([(scale.x(place), scale.y(height)) for place, height in enumerate(heights)]))
    marks = "".join(f'<path class="alarm" d="M{scale.x(place)} {float(scale.y(heights[place])) - 6:.1f}l6 6-6 6-6-6z"/>' for place in begins)
    return f'<svg class="trend" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-labelledby="{key}">{axis}{labels}{ends}{line}{marks}</svg>'


def _scale(series: Series) -> _Scale:
    numbers = [n for _, point in series.points for n in (point.value, point.lower, point.upper, point.bound) if n is not None]
    low, high = min(numbers), max(numbers)
    pad = (high - low) * 0.08 or max(abs(high) * 0.1, 0.01)
    return _Scale(count=len(series.points), low=low - pad, high=high + pad)


def _frame(scale: _Scale, series: Series) -> Iterator[str]:
    """Base line, the numbers of the scale, and the first and the last day."""
    foot = _HEIGHT - _BOTTOM
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{foot}H{_WIDTH - 14}"/>'
    for share in (0.0, 0.5, 1.0):
        value = scale.low + share * (scale.high - scale.low)
        yield f'<text x="{_LEFT - 8}" y="{float(scale.y(value)) + 4:.1f}" text-anchor="end">{number(value)}</text>'
    days = [_day(entry.issued) for entry, _ in (series.points[0], series.points[-1])]
    yield f'<text x="{_LEFT}" y="{_HEIGHT - 6}">{days[0]}</text>'
    if len(series.points) > 1:
        yield f'<text x="{_WIDTH - 14}" y="{_HEIGHT - 6}" text-anchor="end">{days[1]}</text>'


def _bands(series: Series, scale: _Scale) -> Iterator[list[tuple[str, str]]]:
    """The outline of every stretch in which both bounds are known; a single decision gets a bar as wide as its place."""
    run: list[tuple[int, float, float]] = []
    for place, (_, point) in enumerate((*series.points, (None, None))):
        if point is not None and point.lower is not None and point.upper is not None:
            run.append((place, point.lower, point.upper))
        elif run:
            yield _outline(run, scale)
            run = []


def _outline(run: Sequence[tuple[int, float, float]], scale: _Scale) -> list[tuple[str, str]]:
    if len(run) == 1:
        place, low, high = run[0]
        x = float(scale.x(place))
        return [(f"{x + step:.1f}", scale.y(value)) for step, value in ((-3, low), (-3, high), (3, high), (3, low))]
    above = [(scale.x(place), scale.y(high)) for place, _, high in run]
    return [*above, *((scale.x(place), scale.y(low)) for place, low, _ in reversed(run))]


def _marks(series: Series, scale: _Scale) -> Iterator[str]:
    """A diamond where the rule stopped the candidate, a ring where it could not decide, a dot where few decisions are drawn."""
    few = len(series.points) <= 60
    for place, (_, point) in enumerate(series.points):
        if point.value is None:
            continue
        x, y = scale.x(place), scale.y(point.value)
        if point.stops and point.outcome == "fail":
            yield f'<path class="alarm" d="M{x} {float(y) - 6:.1f}l6 6-6 6-6-6z"/>'
        elif point.outcome in {"inconclusive", "fail"}:
            yield f'<circle class="open" cx="{x}" cy="{y}" r="4"/>'
        elif few:
            yield f'<circle class="dot" cx="{x}" cy="{y}" r="2.5"/>'


def _runs(places: Iterable[tuple[str, str] | None]) -> Iterator[list[tuple[str, str]]]:
    """Stretches without a gap."""
    run: list[tuple[str, str]] = []
    for place in (*places, None):
        if place is not None:
            run.append(place)
        elif run:
            yield run
            run = []


def _path(kind: str, corners: Sequence[tuple[str, str]], *, closed: bool = False) -> str:
    if len(corners) == 1:
        (x, y) = corners[0]
        return f'<path class="{kind}" d="M{float(x) - 4:.1f} {y}h8"/>'
    return f'<path class="{kind}" d="M{"L".join(f"{x} {y}" for x, y in corners)}{"z" if closed else ""}"/>'


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")
