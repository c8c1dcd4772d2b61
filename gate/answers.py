"""Answer the questions that a policy asks about a version: a signed statement about one decision, added to what there is."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from securesystemslib.signer import Signer

from gate.core.approvers import Approver
from gate.core.review import NO, YES, Answer, AnswerKind, Checklist, Filled, Question, Review
from gate.errors import UsageError
from gate.policy.schema import nearest
from gate.record.override import LONGEST
from gate.record.review import REVIEWS, review_statement
from gate.record.signing import seal
from gate.record.statement import Link, Recorded
from gate.stages.desk import Desk, VerifyRequest, desk_of
from gate.stages.people import party_of
from gate.stages.posting import person, post

__all__ = ["Given", "answered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody answers: question → answer, of one list; each may answer those that their roles let them."""

    checklist: Checklist
    answers: Mapping[str, str]


def answered(request: VerifyRequest, given: Given, *, key: str | None, output: Path | None, tell: Callable[[str], None] = lambda _: None) -> Review:
    """Sign answers about the newest decision; returns what became of every question.

    Args:
        request: the version.
        given: the answers.
        key: the key to sign with; None means the one of the environment.
        output: a file for the statement, to be reviewed like code, instead of ledger and registry.
        tell: called at the start of every stage.

    Raises:
        UsageError: there is no decision, no such question, or whoever signs may not answer it (exit 2).
        GateError: registry, ledger or key failed.
    """
    signer = person(key, "a review")
    desk = desk_of(request, tell=tell)
    record, _ = _decided(desk)
    questions = {entry.id: entry for entry in desk.policy.review.of(given.checklist)}
    _refuse_what_was_not_asked(desk, given, questions)
    _refuse_whoever_may_not(desk, record, signer, {questions[name]: answer for name, answer in given.answers.items()})
    said = Filled(
        decision=record.decision_digest,
        subject=desk.subject,
        checklist=given.checklist,
        answers=tuple(Answer(id=name, question=questions[name].question, answer=answer) for name, answer in sorted(given.answers.items())),
        issued=desk.demands.now.replace(microsecond=0),
        nonce=secrets.token_hex(16),
    )

    def sealed_at(link: Link | None) -> bytes:
        return seal(review_statement(said, link=link), signer)

    tell("signing, and keeping the answers")
    post(desk, sealed_at, folder=REVIEWS, output=output)
    return _decided(desk_of(request, tell=tell))[1]


def _decided(desk: Desk) -> tuple[Recorded, Review]:
    """The newest decision, and what people have answered about it."""
    if desk.found.record is None or desk.review is None or not desk.found.ledger.holds:
        reason = desk.found.fault or ("there is no decision about it" if desk.found.record is None else desk.found.ledger.detail)
        raise UsageError(f"nothing can be reviewed: {reason}", where=desk.subject, next_step="Check it first: `gate check`.")
    return desk.found.record, desk.review


def _refuse_what_was_not_asked(desk: Desk, given: Given, questions: Mapping[str, Question]) -> None:
    """Say at once which answer could not count."""
    if not questions:
        raise UsageError(
            f"the policy of tier {desk.policy.tier!r} asks nothing here", where=f"review.{given.checklist}", next_step="`gate review` lists what waits."
        )
    if not given.answers:
        raise UsageError("there are no answers", where="--answers", next_step=f"It asks: {', '.join(questions)}.")
    for name, answer in given.answers.items():
        question = questions.get(name)
        if question is None:
            offer = nearest(name, questions) or f"It asks: {', '.join(questions)}."
            raise UsageError(f"the policy asks no question {name!r}", where=f"review.{given.checklist}", next_step=offer)
        if question.answer is AnswerKind.YES and answer not in {YES, NO}:
            raise UsageError(f"the answer to {name!r} is neither {YES} nor {NO}", where="--answers", next_step="Write one of the two.")
        if not 0 < len(answer) <= LONGEST:
            raise UsageError(f"the answer to {name!r} has not 1 to {LONGEST} characters", where="--answers", next_step="Answer in a few sentences.")


def _refuse_whoever_may_not(desk: Desk, record: Recorded, signer: Signer, answers: Mapping[Question, str]) -> None:
    """Say at once whose answer could not count; what counts is judged again by whoever verifies."""
    owner = desk.approvers.owner_of(signer.public_key.keyid)
    if owner is None:
        raise UsageError("the key is that of nobody of approvers.yaml", where="--key", next_step="Add its public key: `gate keys show`.")
    for question in answers:
        if owner[0].machine or not set(owner[0].roles) & set(question.roles):
            who = "people" if owner[0].machine else f"the role {' or '.join(question.roles)}"
            raise UsageError(f"{question.id!r} is answered by {who}, and the key is that of {owner[0].name}", where="--key", next_step="Leave it to them.")
    if any(question.answer is not AnswerKind.YES or answer != NO for question, answer in answers.items()):  # whoever made it may say no
        _refuse_the_author(desk, record, owner[0])


def _refuse_the_author(desk: Desk, record: Recorded, who: Approver) -> None:
    author = party_of(record.making.author, desk.approvers)
    if author.unknown:
        what = f"nobody knows who made the model, so nobody can be shown to be somebody else: {author.unknown}"
        raise UsageError(what, where=desk.subject, next_step="Add their account to `identities` in approvers.yaml.")
    if who.name in author.names:
        raise UsageError(f"{who.name} made the model and cannot answer for it", where="--key", next_step="Let somebody else look at it.")
