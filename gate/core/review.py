"""A review: the questions that a policy asks people before and after a deployment, and what they have answered."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = ["NO", "YES", "Answer", "AnswerKind", "Asked", "Checklist", "Filled", "Question", "Review", "ReviewTerms", "Signed"]

YES, NO = "yes", "no"
"""The two answers to a question that is answered by one of them."""


class Checklist(StrEnum):
    """When a question has to be answered."""

    BEFORE = "before_deployment"
    AFTER = "after_deployment"


class AnswerKind(StrEnum):
    """What an answer is."""

    YES = "yes"
    """Yes or no, and only yes will do."""
    TEXT = "text"
    """A few sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question of a policy.

    Args:
        id: its name within the policy.
        question: what is asked.
        roles: who may answer: anybody who has one of these roles.
        answer: what an answer is.
        due_days: within how many days after the deployment; None before it.
    """

    id: str
    question: str
    roles: tuple[str, ...]
    answer: AnswerKind = AnswerKind.YES
    due_days: int | None = None

    def __str__(self) -> str:
        """The question inside a sentence about a policy."""
        due = "" if self.due_days is None else f" within {self.due_days} days"
        return f"{self.id} ({self.question!r}, {self.answer} by {' or '.join(self.roles)}{due})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewTerms:
    """What a policy asks before a deployment, and what after it; nothing by default."""

    before: tuple[Question, ...] = ()
    after: tuple[Question, ...] = ()

    def of(self, checklist: Checklist) -> tuple[Question, ...]:
        """The questions of one list."""
        return self.before if checklist is Checklist.BEFORE else self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, together with the words of the question that it answers: another question under the same id is not answered by it."""

    id: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """What one statement says.

    Args:
        decision: `sha256:…` of the bytes of the decision that is being reviewed.
        subject: the decision's candidate, for people.
        checklist: which list it answers.
        answers: at least one, each id once.
        issued: when it says that it was signed.
        nonce: an id that no other statement has.
    """

    decision: str
    subject: str
    checklist: Checklist
    answers: tuple[Answer, ...]
    issued: datetime
    nonce: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A statement in its envelope.

    Args:
        said: what it says.
        digest: `sha256:…` of the envelope.
        signer: who signed it, by name; None when nobody that approvers.yaml knows did.
        fault: why the signature does not count; None when it does.
        roles: what the signer may sign for.
        placed: whether it stands where it says: a statement that names a place in a ledger, and is not in it, gives no leave, but its `no` still counts.
        since: the moment before which it cannot have been signed, by its own word and by the ledger.
    """

    said: Filled
    digest: str
    signer: str | None
    fault: str | None
    roles: tuple[str, ...]
    placed: bool
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What became of one question.

    Args:
        question: the question.
        checklist: its list.
        answers: the newest answer of everybody who may answer: name, answer and when.
        notes: why other answers do not count.
        due: the last day for it; None before a deployment.
        fault: why it is not answered as the policy wants it; an empty text when it is.
    """

    question: Question
    checklist: Checklist
    answers: tuple[tuple[str, str, datetime], ...]
    notes: tuple[str, ...]
    due: date | None
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Every question of the policy about one decision, in the order of the policy.

    Args:
        asked: the questions; none where the policy asks nothing.
        today: the day of which this is true.
    """

    asked: tuple[Asked, ...]
    today: date

    @property
    def missing(self) -> tuple[Asked, ...]:
        """The questions that stand in the way today: of the first list all that are open, of the second those that are overdue or were answered by `no`."""
        return tuple(entry for entry in self.asked if entry.fault and (entry.due is None or entry.due < self.today or self._denied(entry)))

    @property
    def waiting(self) -> tuple[Asked, ...]:
        """The questions that are open and not yet due."""
        return tuple(entry for entry in self.asked if entry.fault and entry not in self.missing)

    @staticmethod
    def _denied(entry: Asked) -> bool:
        return entry.question.answer is AnswerKind.YES and any(answer != YES for _, answer, _ in entry.answers)
