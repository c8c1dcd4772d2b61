"""The pages: one for all models, one for each. They ask no server anything, and read without JavaScript.

Everything that is printed passes through `clean` and the template engine's escaping. The one script and the one style are
named by digest in the page's own policy, so that nothing else runs or colours.
"""

import hashlib
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from gate.core.version import __version__
from gate.dashboard import charts
from gate.dashboard.board import Board, Decided, ModelBoard, Shown, State, Status, Waived
from gate.dashboard.exceptions import sums
from gate.dashboard.trend import WINDOW, Series, changes, trends
from gate.dashboard.watch import Trace
from gate.report.escape import clean
from gate.report.figures import count, number, span
from gate.report.phrases import listing, name, plural
from gate.report.whatif import embedded

__all__ = ["INDEX", "POLICY", "index", "model", "page_name"]

INDEX = "index.html"
_HISTORY = 1000
"""Decisions that a page lists; older ones are in the records."""
_CHARTS = 60
_NUMBERS = 60
"""Rows of the table below a chart."""
_SENTENCE = 600


def page_name(model_name: str) -> str:
    """The file of a model's page: what its name and a digest give, so that no two meet, whatever they are called."""
    readable = re.sub(r"[^a-z0-9]+", "-", model_name.lower())[:40].strip("-")
    return f"{'-'.join(filter(None, (readable, hashlib.sha256(model_name.encode('utf-8', 'surrogatepass')).hexdigest()[:10])))}.html"


def index(board: Board) -> str:
    """The page of all models; the same board gives the same bytes."""
    models = sorted(board.models, key=lambda model: (list(Status).index(model.worst), model.name))
    return _template("index.html.j2").render(
        **_shared(board),
        title="Fairness gate: all models",
        models=models,
        tiles=list(_tiles(board)),
        tiers=sorted({name(model.tier) for model in models}),
        owners=sorted({name(model.owner) for model in models if model.owner}),
        stopped=[(model, shown) for model in models for shown in model.running if not shown.status.allowed],
        waiting=[(model, shown) for model in models for shown in model.versions if shown.waits],
        register=[(model, entry) for model in models for entry in model.waived],
        sums=sums(models),
        alarms=[model for model in models if model.raised or any(watch.alarmed for watch in model.watches)],
        unread=[model.name for model in models if model.raised is None],
        holdouts=[(model, holdout) for model in models for holdout in model.holdouts if holdout.worn or holdout.nearly],
        strip=lambda entry: Markup(charts.strip(entry.decisions)),  # noqa: S704 -- numbers alone
        lately=_lately,
    )


def model(board: Board, entry: ModelBoard) -> str:
    """The page of one model; the same board gives the same bytes."""
    shown = entry.decisions[:_HISTORY]
    drawn = trends(entry.decisions)
    return _template("model.html.j2").render(
        **_shared(board),
        title=f"Fairness gate: {name(entry.name)}",
        model=entry,
        rows=list(_history(shown)),
        older=len(entry.decisions) - len(shown),
        figures=[_figure(series, place) for place, series in enumerate(drawn[:_CHARTS])],
        watched=[
            (watch, [_traced(trace, f"watch-{place}-{i}") for i, trace in enumerate(watch.traces[:_CHARTS])]) for place, watch in enumerate(entry.watches)
        ],
        undrawn=len(drawn) - min(len(drawn), _CHARTS),
        window=WINDOW,
        data=Markup(embedded(_data(shown))),  # noqa: S704 -- `embedded` leaves no sign that could end the element
        unproven=sum(bool(decided.fault) for decided in entry.decisions),
    )


def _shared(board: Board) -> dict[str, object]:
    """What every page needs."""
    return {
        "board": board,
        "policy": POLICY,
        "style": Markup(_style()),  # noqa: S704 -- our own file
        "script": Markup(_script()),  # noqa: S704 -- our own file
        "version": __version__,
        "page_name": page_name,
        "moment": _moment,
        "instant": _instant,
        "brief": lambda text: clean(text, limit=_SENTENCE),
        "name": name,
        "listing": listing,
        "plural": plural,
        "count": count,
        "age": lambda entry: plural((board.made - entry.issued).days, "day"),
        "slug": _slug,
        "word": _word,
        "State": State,
        "strayed": board.strays,
        "text_of": _text_of,
        "sought": _sought,
    }


def _tiles(board: Board) -> Iterator[tuple[str, int, str, str]]:
    """What somebody looks at first: a number, what it counts, where to read on, and its colour."""
    models = board.models
    versions = [shown for entry in models for shown in entry.versions]
    waived = [entry for model in models for entry in model.waived]
    yield "models", len(models), "models", "plain"
    if board.hashed:
        yield "under an alias, not allowed", sum(bool(s.aliases) and not s.status.allowed for s in versions), "stopped", "blocked"
    yield "not proven", sum(entry.worst is Status.NOT_PROVEN for entry in models) + len(board.strays), "models", "blocked"
    yield "with an alarm of monitoring", sum(entry.alarmed for entry in models), "alarms", "blocked"
    yield "waiting for a person", sum(shown.waits for shown in versions), "waiting", "inconclusive"
    yield "exceptions that stand", sum(entry.state is State.STANDS for entry in waived), "register", "inconclusive"
    yield "holdouts worn out", sum(holdout.worn for entry in models for holdout in entry.holdouts), "holdouts", "inconclusive"


def _history(decisions: tuple[Decided, ...]) -> Iterator[tuple[int, Decided, tuple[str, ...]]]:
    """Every decision with its place and what changed since the one before that is believed."""
    for place, entry in enumerate(decisions):
        before = next((older for older in decisions[place + 1 :] if not older.fault), None)
        yield place, entry, () if before is None or entry.fault else changes(before, entry)


def _figure(series: Series, place: int) -> dict[str, object]:
    """A chart with its words and its numbers."""
    key, newest = f"trend-{place}", series.newest
    sign = "≤" if newest.ceiling else "≥"
    bound = "" if newest.bound is None else f", bound {sign} {number(newest.bound)}"
    value = "no number" if newest.value is None else f"{number(newest.value)} {span(newest.lower, newest.upper)}".strip()
    stopped = f"It stopped {count(series.alarms)} of {plural(len(series.points), 'decision')}." if series.alarms else "It stopped none."
    numbers = [
        (entry, point, "" if point.value is None else number(point.value), span(point.lower, point.upper), "" if point.bound is None else number(point.bound))
        for entry, point in reversed(series.points[-_NUMBERS:])
    ]
    return {
        "key": key,
        "series": series,
        "drawing": Markup(charts.trend(series, key)),  # noqa: S704 -- numbers and dates alone
        "words": f"Newest: {value}{bound}: {name(newest.outcome.replace('_', ' '))}. {stopped}",
        "numbers": numbers,
        "more": max(0, len(series.points) - _NUMBERS),
    }


def _traced(trace: Trace, key: str) -> dict[str, object]:
    """A rule that is watched, with its drawing, its words and its newest numbers."""
    said = f"It alarmed on {plural(len(trace.alarms), 'day')}, first on {trace.alarms[0].isoformat()}." if trace.alarms else "It never alarmed."
    alarmed = set(trace.alarms)
    return {
        "key": key,
        "rule": trace.rule,
        "drawing": Markup(charts.evidence(trace, key)) if trace.evidence else "",  # noqa: S704 -- numbers and dates alone
        "words": f"{plural(trace.days, 'day')}. {said}",
        "numbers": [(day.isoformat(), f"{factor:.3g}", day in alarmed) for day, factor in reversed(trace.evidence[-_NUMBERS:])],
    }


def _data(decisions: tuple[Decided, ...]) -> dict[str, object]:
    """The decisions for the comparison in the page: names once, numbers by their place."""
    places: dict[tuple[str, str | None], int] = {}
    for entry in decisions:
        for point in entry.points:
            places.setdefault((point.rule, point.feature), len(places))
    return {
        "rules": [[name(rule), None if feature is None else name(feature)] for rule, feature in places],
        "decisions": [
            {
                "label": f"{_moment(entry.issued)}  {name(_subject(entry))}  {_word(entry)}",
                "word": _word(entry),
                "grounds": [name(text) for text in (entry.grounds.tier, entry.grounds.policy, entry.grounds.config, entry.grounds.data)],
                "points": [
                    [places[point.rule, point.feature], name(point.outcome), *map(_short, (point.value, point.lower, point.upper, point.bound))]
                    for point in entry.points
                ],
            }
            for entry in decisions
        ],
    }


def _short(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")


def _lately(entry: ModelBoard) -> str:
    """The verdicts of the strip in words."""
    shown = entry.decisions[: charts.STRIP]
    found = Counter("not proven" if decided.fault or decided.verdict is None else decided.verdict.value for decided in shown)
    return f"of the newest {count(len(shown))}: {', '.join(f'{count(times)} {word}' for word, times in found.most_common())}" if shown else "no decision"


def _word(entry: Decided) -> str:
    """The verdict's word; what is not believed has none."""
    return "NOT PROVEN" if entry.fault or entry.verdict is None else entry.verdict.value.upper()


def _subject(entry: Decided) -> str:
    return "a table of predictions" if entry.version is None else f"version {entry.version}"


def _text_of(entry: ModelBoard) -> str:
    """What a search looks through."""
    names = (
        entry.name,
        entry.tier,
        entry.owner,
        *(alias for shown in entry.versions for alias in shown.aliases),
        *(n for w in entry.waived for n in _people(w)),
    )
    return clean(" ".join(names), limit=_SENTENCE).lower()


def _sought(entry: Decided) -> str:
    """What a search of the history looks through."""
    stopping = (point.rule for point in entry.points if point.stops)
    return clean(" ".join((entry.version or "table", entry.actor or "", entry.digest, entry.grounds.tier, *stopping)), limit=_SENTENCE).lower()


def _people(entry: Waived) -> Iterator[str]:
    yield from (*((entry.requester,) if entry.requester else ()), *entry.approvers, *entry.rules)


def _slug(value: Status | State | Decided | Shown) -> str:
    """The class that colours something."""
    if isinstance(value, Decided):
        return "not-proven" if value.fault or value.verdict is None else value.verdict.value
    if isinstance(value, Shown):
        return value.status.value.replace(" ", "-")
    return value.value.replace(" ", "-")


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _instant(time: datetime) -> str:
    """A time as scripts read it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@cache
def _script() -> str:
    return (files("gate.dashboard") / "templates" / "dashboard.js").read_text(encoding="utf-8")


@cache
def _style() -> str:
    rooms = (files("gate.report") / "templates" / "report.css", files("gate.dashboard") / "templates" / "dashboard.css")
    return "".join(sheet.read_text(encoding="utf-8") for sheet in rooms)


def _named(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY = f"default-src 'none'; style-src {_named(_style())}; script-src {_named(_script())}; base-uri 'none'; form-action 'none'"
"""What the browser lets a page do."""


def _finalize(value: object) -> object:
    """What a placeholder prints: text on one line without invisible characters, everything else as it is."""
    return clean(value) if type(value) is str else value


@cache
def _template(file: str) -> Template:
    environment = Environment(
        loader=ChoiceLoader([PackageLoader("gate.dashboard"), PackageLoader("gate.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters["name_of"] = name
    return environment.get_template(file)
