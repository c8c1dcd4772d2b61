"""A search for mitigation as one page: what is put forward, a plot of utility against every disparity, and every candidate."""

from collections.abc import Iterator

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gate.core.alternatives import Search, Tried
from gate.core.decision import Finding
from gate.core.mitigation import Technique
from gate.judge.alternatives import disparities, efficient, utility
from gate.report import plots
from gate.report.escape import clean
from gate.report.figures import number, span
from gate.report.mitigation_text import CAVEAT, column, lines_of, said
from gate.report.phrases import name

__all__ = ["render"]


def render(search: Search) -> str:
    """The page; the same search gives the same bytes."""
    columns = list(dict.fromkeys(column(finding) for entry in search.tried for finding in disparities(entry)))
    environment = Environment(
        loader=PackageLoader("gate.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_finalize
    )
    return environment.get_template("mitigation.html.j2").render(
        search=search,
        name=name,
        caveat=CAVEAT,
        lines=tuple(lines_of(search)),
        plots=tuple(_plots(search, columns)),
        header=("Candidate", "Feature", search.utility.value.replace("_", " "), *columns, "On the validation rows"),
        rows=tuple(_row(entry, number, columns, best=entry.name in efficient(search.tried)) for number, entry in enumerate(search.tried, 1)),
        missing=(*search.excluded, *(f"Not reached in time: {entry}" for entry in search.not_reached), *search.notes),
    )


def _plots(search: Search, columns: list[str]) -> Iterator[tuple[str, Markup]]:
    """One drawing per disparity that some candidate has a number for."""
    best = efficient(search.tried)
    for place, title in enumerate(columns):
        points = [point for number, entry in enumerate(search.tried, 1) if (point := _point(entry, number, title, best=entry.name in best)) is not None]
        if points:
            drawing = plots.pareto(points, across=search.utility.value.replace("_", " ").capitalize(), up=f"Gap in {title}", key=f"plot-{place + 1}-title")
            yield f"Utility and the gap in {title}", Markup(drawing)  # noqa: S704 -- a drawing of our own, whose names are escaped


def _point(entry: Tried, number: int, title: str, *, best: bool) -> plots.ParetoPoint | None:
    own, gap = utility(entry), next((finding for finding in disparities(entry) if column(finding) == title), None)
    if own is None or gap is None:
        return None
    plain = entry.technique is Technique.PLAIN
    return plots.ParetoPoint(number=number, across=_limits(own), up=_limits(gap), best=best, by_group=entry.group_dependent, plain=plain)


def _limits(finding: Finding) -> tuple[float, float, float]:
    """Lower limit, value, upper limit; the value where there is no limit."""
    value = finding.value or 0.0
    return (min(value, value if finding.lower is None else finding.lower), value, max(value, value if finding.upper is None else finding.upper))


def _row(entry: Tried, place: int, columns: list[str], *, best: bool) -> tuple[str, ...]:
    found = {column(finding): finding for finding in disparities(entry)}
    marks = [*(["beaten by none"] if best else []), *(["by group"] if entry.group_dependent else [])]
    shown = f"{place}. {entry.name}" + (f" ({', '.join(marks)})" if marks else "")
    outcome = said(entry) if entry.judgement is not None else f"not possible: {entry.reason}"
    return (shown, entry.feature or "–", _cell(utility(entry)), *(_cell(found.get(title)) for title in columns), outcome)


def _cell(finding: Finding | None) -> str:
    return "–" if finding is None or finding.value is None else f"{number(finding.value)} {span(finding.lower, finding.upper)}"


def _finalize(value: object) -> object:
    """What a placeholder prints: text on one line without invisible characters, everything else as it is."""
    return clean(value) if type(value) is str else value
