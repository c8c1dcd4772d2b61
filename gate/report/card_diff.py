"""What differs between two cards: verdict, outcomes, estimates and text; it judges nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

from gate.core.card import CardFacts
from gate.core.decision import Decision, Finding
from gate.report import card_text
from gate.report.figures import number
from gate.report.phrases import listing, name
from gate.report.provisos import verdict_word
from gate.report.wording import candidate

__all__ = ["CardChange", "card_changes"]

_FIELDS = ("license", "tags", "datasets")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardChange:
    """One difference: `kind` is verdict, policy, data, outcome, estimate or text."""

    kind: str
    subject: str
    message: str


def card_changes(before: Decision, after: Decision) -> tuple[CardChange, ...]:
    """Every difference, what decides first; none where both cards say the same."""
    return (*_verdict(before, after), *_ground(before, after), *_findings(before, after), *_text(before.facts.card, after.facts.card))


def _verdict(before: Decision, after: Decision) -> Iterator[CardChange]:
    if verdict_word(before) != verdict_word(after):
        message = f"{verdict_word(before)} ({candidate(before)}) → {verdict_word(after)} ({candidate(after)})"
        yield CardChange(kind="verdict", subject="verdict", message=message)


def _ground(before: Decision, after: Decision) -> Iterator[CardChange]:
    """Where the two were not judged alike, so that their numbers are no comparison of models."""
    if before.policy.digest != after.policy.digest:
        yield CardChange(kind="policy", subject="policy", message="the policies differ: outcomes may differ for that alone (`gate policy diff`)")
    if before.facts.data.digest != after.facts.data.digest:
        yield CardChange(kind="data", subject="data", message="the rows that they were judged on differ: estimates may differ for that alone")


def _findings(before: Decision, after: Decision) -> Iterator[CardChange]:
    was, now = _keyed(before), _keyed(after)
    for key in dict.fromkeys((*was, *now)):
        old, new, subject = was.get(key), now.get(key), _subject(key)
        if old is None or new is None or old.outcome is not new.outcome or old.effect is not new.effect:
            yield CardChange(kind="outcome", subject=subject, message=f"{_outcome(old)} → {_outcome(new)}")
        if old is not None and new is not None and _numbers(old) != _numbers(new):
            yield CardChange(kind="estimate", subject=subject, message=f"{_estimate(old, new)} → {_estimate(new, old)}")


def _keyed(decision: Decision) -> dict[tuple[str, str], Finding]:
    return {(finding.rule, finding.feature or ""): finding for finding in decision.judgement.findings}


def _subject(key: tuple[str, str]) -> str:
    rule, feature = key
    return f"{name(rule)} ({name(feature)})" if feature else name(rule)


def _outcome(finding: Finding | None) -> str:
    """The outcome, and what it does to the promotion where it does something."""
    if finding is None:
        return "not judged"
    return finding.outcome.value.replace("_", " ") + ("" if finding.effect.value == "none" else f", {finding.effect.value}")


def _numbers(finding: Finding) -> tuple[float | None, ...]:
    return finding.value, finding.lower, finding.upper


def _estimate(finding: Finding, other: Finding) -> str:
    """The value, with as many digits as tell it from the other, and its limits."""
    return f"{number(finding.value, beside=other.value)} [{number(finding.lower)}, {number(finding.upper)}]"


def _text(before: CardFacts | None, after: CardFacts | None) -> Iterator[CardChange]:
    """Sections that were written, removed or changed, and the words beside them."""
    for section, heading in (*card_text.MODEL.items(), *card_text.DATASHEET.items()):
        was, now = card_text.paragraphs(before, section), card_text.paragraphs(after, section)
        if was != now:
            message = "written" if not was else "removed" if not now else f"changed: {_passage(was)} → {_passage(now)}"
            yield CardChange(kind="text", subject=f"{'datasheet: ' if section.of_datasheet else ''}{heading}", message=message)
    for field in _FIELDS:
        old, new = _words(before, field), _words(after, field)
        if old != new:
            yield CardChange(kind="text", subject=field, message=f"{old} → {new}")


def _passage(paragraphs: tuple[str, ...]) -> str:
    return f'"{name(" ".join(paragraphs))}"'


def _words(card: CardFacts | None, field: str) -> str:
    """The licence, or the words of a list; `none` where there are none."""
    value = None if card is None else getattr(card, field)
    return listing((name(word) for word in ((value,) if isinstance(value, str) else value or ())), most=50) or "none"
