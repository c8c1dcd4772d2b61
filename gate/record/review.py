"""Answers to a review's questions as signed statements about a decision.

Law: `read_review(unseal(seal(review_statement(...))))` gives back what was said, and accepts nothing else.
"""

from typing import Any

from gate.core.document import Json
from gate.core.review import Answer, Checklist, Filled
from gate.record.override import LONGEST
from gate.record.signing import Sealed, Unsound, statement
from gate.record.statement import Link, link_of, moment, written_moment

__all__ = ["REVIEWS", "REVIEW_TYPE", "read_review", "review_statement"]

REVIEW_TYPE = "urn:fairness-gate:review:v1"
REVIEWS = "reviews"
"""The folder of the artifacts, and of the files beside the policies."""
_KEYS = {"checklist", "answers", "issued", "nonce", "chain"}


def review_statement(said: Filled, *, link: Link | None = None) -> dict[str, Json]:
    """The statement; its subject is the decision, by the digest of its bytes.

    Raises:
        ValueError: the decision is no digest.
    """
    predicate: dict[str, Json] = {
        "checklist": said.checklist.value,
        "answers": [{"id": entry.id, "question": entry.question, "answer": entry.answer} for entry in said.answers],
        "issued": written_moment(said.issued),
        "nonce": said.nonce,
        "chain": None if link is None else {"position": link.position, "previous": link.previous},
    }
    return statement(subject=said.decision, name=said.subject, predicate_type=REVIEW_TYPE, predicate=predicate)


def read_review(sealed: Sealed) -> tuple[Filled, Link | None] | Unsound:
    """What a sealed statement says, and its place in the ledger, if it holds answers that could have been written here."""
    if sealed.predicate_type != REVIEW_TYPE:
        return Unsound(reason="it is signed, but no review")
    said = sealed.predicate
    try:
        link = link_of(said["chain"])
        found = Filled(
            decision=sealed.subject,
            subject=sealed.name,
            checklist=Checklist(said["checklist"]),
            answers=tuple(_answer(entry) for entry in said["answers"]),
            issued=moment(said["issued"]),
            nonce=said["nonce"],
        )
        sound = said.keys() == _KEYS and _meant(found) and review_statement(found, link=link)["predicate"] == said
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unsound(reason="it is no review that this version can read")
    return (found, link) if sound else Unsound(reason="it contradicts itself")


def _meant(found: Filled) -> bool:
    """There are answers, each question once, and all of them are texts."""
    ids = [entry.id for entry in found.answers]
    texts: list[object] = [found.nonce, *(text for entry in found.answers for text in (entry.id, entry.question, entry.answer))]
    said = all(isinstance(text, str) and 0 < len(text.strip()) <= LONGEST for text in texts)
    return said and 0 < len(set(ids)) == len(ids)


def _answer(entry: Any) -> Answer:  # noqa: ANN401 -- JSON
    return Answer(id=entry["id"], question=entry["question"], answer=entry["answer"])
