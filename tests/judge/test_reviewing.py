"""Which questions are answered: everything that must not count as an answer, and the `no` that always does."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gate.core.review import Answer, AnswerKind, Checklist, Filled, Question, Review, ReviewTerms, Signed
from gate.judge.reviewing import Deployed, reviewed
from gate.judge.standing import Party

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DECISION, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
OVERSIGHT = Question(id="oversight", question="Can an officer overrule it?", roles=("risk", "legal"))
LIMITS = Question(id="limits", question="What must it not be used for?", roles=("risk",), answer=AnswerKind.TEXT)
LATER = Question(id="complaints", question="Were there complaints?", roles=("risk",), answer=AnswerKind.TEXT, due_days=30)
TERMS = ReviewTerms(before=(OVERSIGHT, LIMITS), after=(LATER,))
MIA = Party(identity="mia@example.org", names=("mia",))
SINCE = Deployed(since=NOW - timedelta(days=10), known=True)


def _signed(answer: str = "yes", *, question: Question = OVERSIGHT, checklist: Checklist = Checklist.BEFORE, name: str = "ann", hours: int = 1) -> Signed:
    when = NOW - timedelta(hours=hours)
    given = (Answer(id=question.id, question=question.question, answer=answer),)
    said = Filled(decision=DECISION, subject="loans/3", checklist=checklist, answers=given, issued=when, nonce=f"{name}{hours}{answer}")
    return Signed(said=said, digest=f"sha256:{name}{hours}{answer}", signer=name, fault=None, roles=("risk",), placed=True, since=when)


def _of(*statements: Signed, terms: ReviewTerms = TERMS, author: Party = MIA, deployed: Deployed = SINCE, now: datetime = NOW) -> Review:
    return reviewed(terms, statements, decision=DECISION, author=author, deployed=deployed, now=now)


def _missing(*statements: Signed, **given: object) -> list[str]:
    return [entry.question.id for entry in _of(*statements, **given).missing]  # type: ignore[arg-type]  # passed on


ALL = (_signed(), _signed("Mortgages abroad.", question=LIMITS))


def test_a_list_that_is_answered_stands_in_nobodys_way() -> None:
    """By one signer or by several; the later list waits with its day, and no questions at all are no obstacle."""
    found = _of(*ALL)

    assert ([*found.missing], [(entry.question.id, entry.due) for entry in found.waiting]) == ([], [("complaints", date(2026, 12, 10))])
    assert _missing(_signed(name="bob"), ALL[1]) == []
    assert _of(terms=ReviewTerms()).asked == ()


def _about(change: Callable[[Signed], Signed]) -> tuple[Signed, Signed]:
    return change(ALL[0]), ALL[1]


WRONG: dict[str, Callable[[Signed], Signed]] = {
    "about another decision": lambda one: replace(one, said=replace(one.said, decision=OTHER)),
    "for the other list": lambda one: replace(one, said=replace(one.said, checklist=Checklist.AFTER)),
    "by nobody known": lambda one: replace(one, signer=None),
    "by a key that does not count": lambda one: replace(one, fault="its key was revoked"),
    "by another role": lambda one: replace(one, roles=("ml",)),
    "by no role": lambda one: replace(one, roles=()),
    "by who made the model": lambda one: replace(one, signer="mia"),
    "not where it says that it stands": lambda one: replace(one, placed=False),
    "to other words": lambda one: replace(one, said=replace(one.said, answers=(replace(one.said.answers[0], question="Is it fast?"),))),
    "to another question": lambda one: replace(one, said=replace(one.said, answers=(replace(one.said.answers[0], id="speed"),))),
    "neither yes nor no": lambda one: replace(one, said=replace(one.said, answers=(replace(one.said.answers[0], answer="Yes"),))),
}


@pytest.mark.parametrize("case", WRONG)
def test_an_answer_that_does_not_count_answers_nothing(case: str) -> None:
    """Whatever is wrong with it, the question stays in the way."""
    assert _missing(*_about(WRONG[case])) == ["oversight"]


@pytest.mark.parametrize("author", [Party(identity=None), Party(identity="eve@example.org")])
def test_an_unknown_author_cannot_be_shown_to_be_somebody_else(author: Party) -> None:
    """So nobody's answer counts."""
    assert _missing(*ALL, author=author) == ["oversight", "limits"]


def test_a_no_stands_until_whoever_said_it_takes_it_back() -> None:
    """Somebody else's later yes does not undo it, an own earlier one neither, of one second the no counts; an own later yes does."""
    no = _signed("no", hours=2)

    assert _missing(*ALL[1:], no, _signed(name="bob")) == ["oversight"]
    assert _missing(*ALL[1:], no, _signed(hours=3)) == ["oversight"]
    assert _missing(*ALL[1:], no, _signed(hours=2)) == ["oversight"]
    assert _missing(*ALL[1:], no, _signed(hours=1)) == []


@pytest.mark.parametrize("change", [{"placed": False}, {"signer": "mia"}])
def test_a_no_needs_only_the_right_to_say_it(change: dict[str, object]) -> None:
    """Taken out of the ledger, or said by who made the model, it counts beside everybody's yes."""
    assert _missing(*ALL, replace(_signed("no", hours=2, name="bob"), **change)) == ["oversight"]  # type: ignore[arg-type]  # fields


@pytest.mark.parametrize("change", [{"roles": ("ml",)}, {"fault": "its key was revoked"}])
def test_a_no_of_somebody_without_rights_stops_nothing(change: dict[str, object]) -> None:
    """Nobody without the role, or the key, can keep a version from being deployed."""
    assert _missing(*ALL, replace(_signed("no", name="eve"), **change)) == []  # type: ignore[arg-type]  # fields


def test_a_later_question_is_in_the_way_from_the_day_after_it_is_due() -> None:
    """Not on the day, and not when it was answered; an answer from before the promotion is none."""
    answer = _signed("None.", question=LATER, checklist=Checklist.AFTER)
    due = datetime(2026, 12, 10, 23, 59, tzinfo=UTC)
    early = replace(answer, since=SINCE.since - timedelta(seconds=1))

    assert [_missing(*ALL, now=now) for now in (due, due + timedelta(minutes=1))] == [[], ["complaints"]]
    assert _missing(*ALL, answer, now=due + timedelta(days=900)) == []
    assert _missing(*ALL, early, now=due + timedelta(days=1)) == ["complaints"]
    assert _missing(*ALL, early, deployed=replace(SINCE, known=False), now=due + timedelta(days=1)) == []


def test_a_no_after_the_deployment_does_not_wait_for_the_day() -> None:
    """It stands in the way at once."""
    asked = replace(LATER, answer=AnswerKind.YES)
    no = _signed("no", question=asked, checklist=Checklist.AFTER)

    assert _missing(*ALL, no, terms=replace(TERMS, after=(asked,))) == ["complaints"]
