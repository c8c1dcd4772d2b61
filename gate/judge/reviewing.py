"""Which questions of a policy are answered: from the decision, the signed answers, and what the policy asks.

A question is answered when somebody who may has answered it, and nobody who may has said no since. Whatever is not shown
to count gives no leave; a `no` needs nothing but the right to say it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gate.core.review import NO, YES, Answer, AnswerKind, Asked, Checklist, Question, Review, ReviewTerms, Signed
from gate.judge.standing import Party

__all__ = ["Deployed", "reviewed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """Since when the version may be in use.

    Args:
        since: the moment from which the days of the second list are counted.
        known: whether that is a promotion on the ledger, rather than the time of the decision.
    """

    since: datetime
    known: bool


def reviewed(terms: ReviewTerms, statements: Iterable[Signed], *, decision: str, author: Party, deployed: Deployed, now: datetime) -> Review:
    """What became of every question.

    Args:
        terms: what the policy asks.
        statements: what was signed; those about other decisions are left out.
        decision: `sha256:…` of the bytes of the decision.
        author: who made the model, and so does not answer for it.
        deployed: since when the version may be in use.
        now: the time.
    """
    about = [entry for entry in statements if entry.said.decision == decision]
    lists = ((checklist, question) for checklist in Checklist for question in terms.of(checklist))
    asked = tuple(_asked(checklist, question, about, author, deployed) for checklist, question in lists)
    return Review(asked=asked, today=now.date())


def _asked(checklist: Checklist, question: Question, statements: Sequence[Signed], author: Party, deployed: Deployed) -> Asked:
    counting: dict[str, list[tuple[Signed, Answer]]] = {}
    notes: list[str] = []
    for signed in sorted(statements, key=lambda entry: (entry.since, entry.digest)):
        answer = next((given for given in signed.said.answers if given.id == question.id), None)
        if answer is None or signed.said.checklist is not checklist:
            continue
        fault = next(_faults(checklist, question, signed, answer, author, deployed), None)
        if fault is None:
            counting.setdefault(str(signed.signer), []).append((signed, answer))
        else:
            notes.append(f"the answer of {signed.signer or 'an unknown key'} does not count: {fault}")
    newest = tuple(sorted((name, *_newest(question, given)) for name, given in counting.items()))
    due = None if question.due_days is None else _due(deployed, question.due_days)
    fault = _open(question, newest, due)
    return Asked(question=question, checklist=checklist, answers=newest, notes=tuple(notes), due=due, fault=fault)


def _faults(checklist: Checklist, question: Question, signed: Signed, answer: Answer, author: Party, deployed: Deployed) -> Iterator[str]:
    """Why an answer does not count."""
    if signed.fault is not None or signed.signer is None:
        yield signed.fault or "nobody knows who signed it"
    if not set(signed.roles) & set(question.roles):
        yield f"it takes the role {' or '.join(question.roles)}"
    if answer.question != question.question:
        yield "it answers another question than the one that the policy asks now"
    if not _denies(question, answer):
        yield from _gives_no_leave(checklist, signed, author, deployed)


def _gives_no_leave(checklist: Checklist, signed: Signed, author: Party, deployed: Deployed) -> Iterator[str]:
    """Why an answer that would let the version pass does not count, though a `no` of the same person would."""
    if not signed.placed:
        yield "it says that it stands in a ledger, and this ledger does not hold it"
    if author.unknown:
        yield f"nobody knows who made the model, so nobody can be shown to be somebody else: {author.unknown}"
    elif signed.signer in author.names:
        yield "who made the model cannot answer for it"
    if checklist is Checklist.AFTER and deployed.known and signed.since < deployed.since:
        yield "it was signed before the version was promoted"


def _denies(question: Question, answer: Answer) -> bool:
    return question.answer is AnswerKind.YES and answer.answer != YES


def _newest(question: Question, given: Sequence[tuple[Signed, Answer]]) -> tuple[str, datetime]:
    """What somebody said last; of two answers of one second, the one that denies."""
    last = max(signed.since for signed, _ in given)
    said = [answer for signed, answer in given if signed.since == last]
    denied = next((answer for answer in said if _denies(question, answer)), None)
    return (said[-1] if denied is None else denied).answer, last


def _open(question: Question, newest: Sequence[tuple[str, str, datetime]], due: date | None) -> str:
    """Why a question is not answered."""
    denying = [name for name, answer, _ in newest if question.answer is AnswerKind.YES and answer != YES]
    if denying:
        return f"{' and '.join(denying)} answered {NO}"
    if newest:
        return ""
    last = "" if due is None else f", by {due.isoformat()}"
    return f"nobody with the role {' or '.join(question.roles)} has answered{last}"


def _due(deployed: Deployed, days: int) -> date:
    return (deployed.since + timedelta(days=days)).date()
