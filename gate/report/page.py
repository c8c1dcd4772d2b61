"""The report: one page with everything that a decision rests on, its charts, and a threshold explorer; it asks no server anything.

It reads without JavaScript, and its one script is named by digest in the page's own policy, so that nothing else runs.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from gate.core.decision import Decision, Effect, Estimate, Finding, Outcome
from gate.report import affected, charts, coverage_table, figures, pairs, plain, remarks, score_charts, whatif, wording
from gate.report.escape import clean
from gate.report.explanation_lines import everything
from gate.report.phrases import name
from gate.report.provisos import attributes, provisos, tint, verdict_word

__all__ = ["LIMIT", "render"]

LIMIT = 1_500_000
"""Bytes that the page may take: a viewer has to open it at once, and a mail to carry it."""
_SENTENCE = 600
"""Characters of a sentence that somebody wrote."""
_ROWS = 200
"""Rows of a table of findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Extent:
    """How much of a decision the page shows: findings in full, characters of drawings, and whether thresholds may be tried."""

    findings: int
    drawings: int
    explorer: bool


_EXTENTS = (
    _Extent(findings=60, drawings=500_000, explorer=True),
    _Extent(findings=40, drawings=250_000, explorer=False),
    _Extent(findings=10, drawings=0, explorer=False),
)


def render(decision: Decision) -> str:
    """The page, at most `LIMIT` bytes: where it would be longer, it shows less and says so; the same decision gives the same bytes."""
    for extent in _EXTENTS:
        page = _render(decision, extent)
        if len(page.encode("utf-8", "replace")) <= LIMIT:
            return page
    raise ValueError("a report of fewer findings and no drawings does not fit its limit")


def _render(decision: Decision, extent: _Extent) -> str:
    findings = remarks.ordered(decision.judgement.findings)
    told, explorer = findings[: extent.findings], whatif.explorer(decision) if extent.explorer else whatif.Explorer(reason="The page would become too large.")
    script = _script() if explorer.document else ""
    matrices, more = pairs.matrices(decision)
    drawer = _Drawer(room=extent.drawings)
    return _template().render(
        decision=decision,
        word=verdict_word(decision),
        provisos=provisos(decision),
        tint=tint(decision),
        sentence=wording.verdict_sentence(decision).partition(": ")[2],
        told=[(finding, plain.sentence(decision, finding)) for finding in told],
        others=findings[extent.findings : extent.findings + _ROWS],
        untold=max(0, len(findings) - extent.findings - _ROWS),
        forests=list(_forests(decision, findings, drawer)),
        matrices=matrices,
        more_matrices=more,
        scores=[(entry, [(chart, *drawer.draw(chart.draw)) for chart in entry.charts]) for entry in score_charts.charts(decision)],
        no_scores=score_charts.absent(decision),
        covered=coverage_table.features(decision),
        open=[finding for finding in findings if finding.outcome is Outcome.INCONCLUSIVE][:_ROWS],
        affected=affected.told(decision),
        called=affected.called,
        compared=[finding for finding in findings if finding.versus is not None][:_ROWS],
        explorer=explorer,
        document=Markup(explorer.document),  # noqa: S704 -- `whatif.embedded` leaves no sign that could end the element
        script=Markup(script),  # noqa: S704 -- our own file
        allowed=f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" if script else "'none'",
        attributes=attributes,
        reasons=() if decision.facts.explanation is None else tuple(everything(decision.facts.explanation)),
        name=name,
        brief=lambda text: clean(text, limit=_SENTENCE),
        w=wording,
        of=remarks,
        f=figures,
        tone=_tone,
        Estimate=Estimate,
    )


@dataclass(slots=True)
class _Drawer:
    """Draws as long as there is room for drawings, each under a key of its own; None where there is no more."""

    room: int
    drawn: int = field(default=0)

    def draw(self, chart: score_charts.Draw) -> tuple[str, Markup | None]:
        """The key of a figure, and its drawing."""
        self.drawn += 1
        key = f"chart-{self.drawn}"
        if self.room <= 0:
            return key, None
        drawing = chart(key)
        self.room -= len(drawing)
        return key, Markup(drawing) if self.room >= 0 else None  # noqa: S704 -- matplotlib escapes the text in it


def _forests(decision: Decision, findings: tuple[Finding, ...], drawer: _Drawer) -> Iterator[dict[str, object]]:
    """Every figure of the groups with the pair that decides, its drawing, and a sentence in its stead."""
    from gate.report import plots  # noqa: PLC0415 -- matplotlib takes half a second to import

    for shown in charts.forests(decision):
        pair = pairs.deciding(findings, shown.feature, shown.rate)
        key, drawing = drawer.draw(partial(plots.forest, shown, pair))
        yield {"of": shown, "pair": pair, "key": key, "drawing": drawing, "words": _forest_words(shown)}


def _forest_words(shown: charts.Forest) -> str:
    """What the figure shows, in a sentence: the lowest and the highest group."""
    known = [(row.estimate.value, row.group) for row in shown.rows if row.estimate is not None]
    if not known:
        return "No group has a number."
    (low, lowest), (high, highest) = min(known), max(known)
    return f"Lowest {figures.number(low)} for {name(lowest)}, highest {figures.number(high)} for {name(highest)}."


def _tone(finding: Finding) -> str:
    """The class that colours a finding."""
    if finding.effect is not Effect.NONE:
        return finding.effect.value
    return "met" if finding.outcome is Outcome.PASS else "plain"


def _finalize(value: object) -> object:
    """What a placeholder prints: text on one line without invisible characters, everything else as it is."""
    return clean(value) if type(value) is str else value


@cache
def _script() -> str:
    return (files("gate.report") / "templates" / "whatif.js").read_text(encoding="utf-8")


@cache
def _template() -> Template:
    return Environment(
        loader=PackageLoader("gate.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_finalize
    ).get_template("report.html.j2")
