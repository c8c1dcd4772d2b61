"""Promotions as signed statements about a decision.

Law: `read_promotion(unseal(seal(promotion_statement(...))))` gives back what was said, and accepts nothing else.
"""

from gate.core.document import Json
from gate.core.promotion import Promotion, Rollback
from gate.record.override import LONGEST
from gate.record.signing import Sealed, Unsound, statement
from gate.record.statement import Link, link_of, moment, written_moment

__all__ = ["PROMOTION_TYPE", "promotion_statement", "read_promotion"]

PROMOTION_TYPE = "urn:fairness-gate:promotion:v1"
_KEYS = {"candidate", "alias", "actor", "issued", "nonce", "rollback", "chain"}
_DIGEST = 71
"""Letters of a digest."""


def promotion_statement(said: Promotion, *, link: Link) -> dict[str, Json]:
    """The statement; its subject is the decision, by the digest of its bytes.

    Raises:
        ValueError: the decision is no digest.
    """
    back = said.rollback
    predicate: dict[str, Json] = {
        "candidate": said.candidate,
        "alias": said.alias,
        "actor": said.actor,
        "issued": written_moment(said.issued),
        "nonce": said.nonce,
        "rollback": None if back is None else {"reason": back.reason, "expires": written_moment(back.expires)},
        "chain": {"position": link.position, "previous": link.previous},
    }
    return statement(subject=said.decision, name=said.subject, predicate_type=PROMOTION_TYPE, predicate=predicate)


def read_promotion(sealed: Sealed) -> tuple[Promotion, Link] | Unsound:
    """What a sealed statement says, and its place in the ledger, if it is a promotion that could have been written here."""
    if sealed.predicate_type != PROMOTION_TYPE:
        return Unsound(reason="it is signed, but no promotion")
    said = sealed.predicate
    try:
        back, link = said["rollback"], link_of(said["chain"])
        found = Promotion(
            decision=sealed.subject,
            candidate=said["candidate"],
            subject=sealed.name,
            alias=said["alias"],
            actor=said["actor"],
            issued=moment(said["issued"]),
            nonce=said["nonce"],
            rollback=None if back is None else Rollback(reason=back["reason"], expires=moment(back["expires"])),
        )
        sound = link is not None and said.keys() == _KEYS and _meant(found) and promotion_statement(found, link=link)["predicate"] == said
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unsound(reason="it is no promotion that this version can read")
    return (found, link) if sound and link is not None else Unsound(reason="it contradicts itself")


def _meant(found: Promotion) -> bool:
    """Everything is a text, and a rollback says why."""
    reason = "-" if found.rollback is None else found.rollback.reason
    written: tuple[object, ...] = (found.candidate, found.alias, found.nonce, reason, "-" if found.actor is None else found.actor)
    return all(isinstance(text, str) and text.strip() for text in written) and len(found.candidate) == _DIGEST and len(reason) <= LONGEST
