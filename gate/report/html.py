"""The decision as one page: it asks nothing of any server, runs no script, prints well and reads well in the dark."""

from collections.abc import Iterator, Mapping
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from gate.core.card import LONGEST, Section
from gate.core.decision import Decision, Effect, Finding, Outcome
from gate.report import card_text, charts, figures, remarks, wording
from gate.report.escape import clean
from gate.report.explanation_lines import everything
from gate.report.model_files import described
from gate.report.phrases import name
from gate.report.provisos import attributes, provisos, tint, verdict_word

__all__ = ["render"]

MOST = 60
"""Findings that the page lists; the rest is in the record."""


def render(decision: Decision) -> str:
    """The page; the same decision gives the same bytes.

    Names are escaped by the template engine, after `clean` has spelled out what cannot be seen.
    """
    findings = remarks.ordered(decision.judgement.findings)
    marks = charts.finding_marks(findings)
    return _template().render(
        decision=decision,
        word=verdict_word(decision),
        provisos=provisos(decision),
        tint=tint(decision),
        attributes=attributes,
        reasons=() if decision.facts.explanation is None else tuple(everything(decision.facts.explanation)),
        files=described(decision),
        texts=tuple(_texts(decision)),
        sentence=wording.verdict_sentence(decision).partition(": ")[2],
        rows=tuple(zip(findings, marks, strict=True))[:MOST],
        omitted=max(0, len(findings) - MOST),
        explained=tuple(_explained(findings[:MOST])),
        by_feature=tuple(_by_feature(charts.forests(decision))),
        name=name,
        w=wording,
        of=remarks,
        f=figures,
        tone=_tone,
    )


def _texts(decision: Decision) -> Iterator[tuple[str, list[tuple[str, list[Markup]]]]]:
    """What people wrote, section by section; the datasheet only where somebody wrote any of it."""
    yield "What people wrote", list(_sections(decision, card_text.MODEL))
    datasheet = list(_sections(decision, card_text.DATASHEET))
    if any(paragraphs for _, paragraphs in datasheet):
        yield "Datasheet of the evaluation data", datasheet


def _sections(decision: Decision, headings: Mapping[Section, str]) -> Iterator[tuple[str, list[Markup]]]:
    """Every section with its paragraphs as people wrote them, which may be longer than a name, and are text alone."""
    for section, heading in headings.items():
        yield heading, [escape(clean(paragraph, limit=LONGEST)) for paragraph in card_text.paragraphs(decision.facts.card, section)]


def _explained(findings: tuple[Finding, ...]) -> Iterator[tuple[Finding, str]]:
    """The findings that do not pass, each with what would settle it."""
    for finding in findings:
        if finding.outcome is not Outcome.PASS:
            yield finding, remarks.settle(finding)


def _by_feature(forests: tuple[charts.Forest, ...]) -> Iterator[tuple[str, list[charts.Forest]]]:
    """The figures of each feature, in the order of the features."""
    for feature in dict.fromkeys(forest.feature for forest in forests):
        yield feature, [forest for forest in forests if forest.feature == feature]


def _tone(finding: Finding) -> str:
    """The class that colours a finding."""
    if finding.effect is not Effect.NONE:
        return finding.effect.value
    return "met" if finding.outcome is Outcome.PASS else "plain"


def _finalize(value: object) -> object:
    """What a placeholder prints: text on one line without invisible characters, everything else as it is."""
    return clean(value) if type(value) is str else value


@cache
def _template() -> Template:
    return _environment().get_template("card.html.j2")


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("gate.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_finalize
    )
