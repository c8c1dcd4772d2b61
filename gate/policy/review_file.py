"""The shape of the section `review` of a policy file, and of a file of answers."""

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gate.core.approvers import ATTESTER_ROLE, GATE_ROLE
from gate.core.document import Json
from gate.core.review import AnswerKind, Question, ReviewTerms
from gate.policy.problems import Fault, quoted
from gate.policy.schema import Name, Strict

__all__ = ["ReviewEntry", "review_json", "review_of"]

_LONGEST = 1_000
"""Characters of a question."""


_Role = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]


class QuestionEntry(Strict):
    """A question that has to be answered before a version may be deployed."""

    noun: ClassVar[str] = "a question"

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="The question's name within the policy: lower case, digits and hyphens.")
    question: Name = Field(max_length=_LONGEST, description="What is asked, in a sentence.")
    roles: list[_Role] = Field(min_length=1, description="Which roles of approvers.yaml may answer; any will do.")
    answer: Literal["yes", "text"] = Field("yes", description="yes: yes or no, and only yes will do. text: a few sentences. Default yes.")

    def faults(self) -> Iterator[Fault]:
        """No role stands there twice, and none belongs to a machine."""
        if len(set(self.roles)) < len(self.roles):
            yield Fault(path=("roles",), message="{at} names a role twice", next_step="Keep one of them.")
        for role in (GATE_ROLE, ATTESTER_ROLE):
            if role in self.roles:
                yield Fault(path=("roles",), message=f"{{at}}: `{role}` signs for machines, and people answer questions", next_step="Name another role.")


class LaterQuestionEntry(QuestionEntry):
    """A question that has to be answered within some days after a deployment."""

    due_days: int = Field(ge=1, le=3660, description="Within how many days after the promotion; without one on the ledger, after the decision.")


class ReviewEntry(Strict):
    """What people have to answer before a deployment, and after it."""

    noun: ClassVar[str] = "`review`"

    before_deployment: list[QuestionEntry] = Field(default_factory=list, description="Until all are answered, verify refuses. Default none.")
    after_deployment: list[LaterQuestionEntry] = Field(default_factory=list, description="From the day after one is due, verify refuses. Default none.")

    def faults(self) -> Iterator[Fault]:
        """Each question has an id of its own, over both lists."""
        first: set[str] = set()
        for key in ("before_deployment", "after_deployment"):
            for place, entry in enumerate(getattr(self, key)):
                if entry.id in first:
                    message = f"{{at}}: {quoted(entry.id)} is the id of another question already"
                    yield Fault(path=(key, place, "id"), message=message, next_step="Give each question an id of its own.")
                first.add(entry.id)


def review_of(written: ReviewEntry) -> ReviewTerms:
    """The section as the core knows it."""
    return ReviewTerms(
        before=tuple(_question(entry, None) for entry in written.before_deployment),
        after=tuple(_question(entry, entry.due_days) for entry in written.after_deployment),
    )


def review_json(terms: ReviewTerms) -> dict[str, Json]:
    """The section as a file would write it; nothing where nothing is asked, so that older policies keep their digest."""
    if terms == ReviewTerms():
        return {}
    return {"review": {"before_deployment": [_json(entry) for entry in terms.before], "after_deployment": [_json(entry) for entry in terms.after]}}


def _question(entry: QuestionEntry, due_days: int | None) -> Question:
    return Question(id=entry.id, question=entry.question, roles=tuple(entry.roles), answer=AnswerKind(entry.answer), due_days=due_days)


def _json(entry: Question) -> Json:
    due: dict[str, Json] = {} if entry.due_days is None else {"due_days": entry.due_days}
    return {"id": entry.id, "question": entry.question, "roles": list(entry.roles), "answer": entry.answer.value, **due}
