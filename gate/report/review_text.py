"""What waits for a person, as text for a terminal and as JSON: who decides, why it was stopped, and what to type."""

import shlex
from collections.abc import Iterator, Sequence

from gate.core.decision import Finding
from gate.core.override import Standing, Waiver
from gate.core.policy import Enforcement, OverrideTerms
from gate.core.review import AnswerKind, Asked
from gate.report import remarks
from gate.report.escape import terminal
from gate.report.phrases import plural

__all__ = ["answer_steps", "findings_json", "lines", "question_lines", "questions_json", "requests_json", "waiver_lines"]


def lines(subject: str, headline: str, findings: Sequence[Finding], standing: Standing, terms: OverrideTerms | None, links: Sequence[str]) -> Iterator[str]:
    """One version that waits.

    Args:
        subject: name and version.
        headline: verdict, tier and day.
        findings: what stops it.
        standing: what people have asked for and said.
        terms: what an override takes; None: nobody may.
        links: addresses to open, each with its label.
    """
    yield terminal(f"{subject}  {headline}")
    for finding in remarks.ordered(findings):
        yield terminal(f"  {remarks.subject(finding)}: {remarks.outcome(finding)}. {remarks.message(finding)}")
    for waiver in standing.waivers:
        yield from (f"  {line}" for line in waiver_lines(waiver))
    if standing.left:
        yield from (terminal(f"  {step}") for step in _steps(subject, findings, standing, terms))
    yield from (terminal(f"  {link}") for link in links)


def waiver_lines(waiver: Waiver) -> Iterator[str]:
    """One request, and what became of it."""
    said = waiver.request.said
    until = "" if said.expires is None else f", until {said.expires:%Y-%m-%d %H:%M} UTC"
    yield terminal(f"{waiver.request.digest[7:19]}  {'STANDS' if waiver.stands else 'does not stand'}  {said.kind}: {', '.join(said.rules)}{until}")
    yield terminal(f"  asked for by {waiver.requester or 'nobody known'}: {said.reason}")
    yield terminal(f"  approved by {', '.join(waiver.approvers) or 'nobody'} ({len(waiver.approvers)} of {waiver.needed})")
    for fault in waiver.faults:
        yield terminal(f"  - {fault}")


def _steps(subject: str, findings: Sequence[Finding], standing: Standing, terms: OverrideTerms | None) -> Iterator[str]:
    """Who can decide what, and by which command."""
    hard = dict.fromkeys(finding.rule for finding in findings if finding.enforcement is Enforcement.HARD_MANDATORY)
    if hard:
        yield f"Nobody can waive {', '.join(hard)}: mend the model."
        return
    if terms is None:
        yield "The policy of its tier allows no override: mend the model, or bring more rows."
        return
    takes = f"{plural(terms.approvers, 'approval')} by {' or '.join(terms.roles)}"
    if not standing.waivers:
        yield f"An override takes a request and {takes}: gate override request {shlex.quote(subject)} --key KEY --reason '…'"
        return
    for verb in ("approve", "reject"):
        yield f"It takes {takes}: gate override {verb} {shlex.quote(subject)} --request {standing.waivers[-1].request.digest[7:19]} --key KEY --reason '…'"


def findings_json(findings: Sequence[Finding]) -> list[dict[str, object]]:
    """The findings for scripts; everything about them is in the record."""
    return [
        {"rule": finding.rule, "feature": finding.feature, "outcome": finding.outcome, "enforcement": finding.enforcement, "message": remarks.message(finding)}
        for finding in remarks.ordered(findings)
    ]


def requests_json(standing: Standing) -> list[dict[str, object]]:
    """The requests for scripts, and what became of each."""
    return [
        {
            "request": waiver.request.digest,
            "kind": waiver.request.said.kind,
            "rules": list(waiver.request.said.rules),
            "reason": waiver.request.said.reason,
            "requester": waiver.requester,
            "expires": None if waiver.request.said.expires is None else waiver.request.said.expires.isoformat(),
            "approvers": list(waiver.approvers),
            "needed": waiver.needed,
            "stands": waiver.stands,
            "faults": list(waiver.faults),
        }
        for waiver in standing.waivers
    ]


def question_lines(asked: Sequence[Asked]) -> Iterator[str]:
    """Questions of a review: what is asked, who may answer, what they said, and why it is open."""
    for entry in asked:
        question = entry.question
        kind = "yes or no" if question.answer is AnswerKind.YES else "a text"
        due = "before deployment" if entry.due is None else f"by {entry.due}"
        yield terminal(f"{'OPEN' if entry.fault else 'answered'}  {question.id} ({kind}, {due}): {question.question}")
        for name, answer, when in entry.answers:
            yield terminal(f"  {name}, {when:%Y-%m-%d %H:%M} UTC: {answer}")
        for note in (*((entry.fault,) if entry.fault else ()), *entry.notes):
            yield terminal(f"  - {note}")


def answer_steps(subject: str, asked: Sequence[Asked]) -> Iterator[str]:
    """What to type, once for each list that has open questions."""
    for checklist in dict.fromkeys(entry.checklist for entry in asked):
        yield f"To answer: gate review answer {shlex.quote(subject)} --checklist {checklist} --answers FILE --key KEY"


def questions_json(asked: Sequence[Asked]) -> list[dict[str, object]]:
    """The questions for scripts."""
    return [
        {
            "id": entry.question.id,
            "checklist": entry.checklist,
            "question": entry.question.question,
            "roles": list(entry.question.roles),
            "answers": [{"by": name, "answer": answer, "when": when.isoformat()} for name, answer, when in entry.answers],
            "due": None if entry.due is None else entry.due.isoformat(),
            "open": entry.fault or None,
            "notes": list(entry.notes),
        }
        for entry in asked
    ]
