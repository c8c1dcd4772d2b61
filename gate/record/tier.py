"""Lowered tiers as signed statements about the newest decision under the stricter one.

Law: `read_lowering(unseal(seal(lowering_statement(...))))` gives back what was said, and accepts nothing else.
"""

from gate.core.document import Json
from gate.core.tier import Lowering
from gate.record.override import LONGEST
from gate.record.signing import Sealed, Unsound, statement
from gate.record.statement import Link, link_of, moment, written_moment

__all__ = ["DOWNGRADES", "LOWERING_TYPE", "lowering_statement", "read_lowering"]

LOWERING_TYPE = "urn:fairness-gate:tier:v1"
DOWNGRADES = "downgrades"
"""The folder of the files beside the policies."""
_MAY = {"record"}
_KEYS = {"before", "after", "reason", "issued", "expires", "nonce", "chain"}


def lowering_statement(said: Lowering, *, link: Link | None = None) -> dict[str, Json]:
    """The statement; its subject is the decision, by the digest of its bytes.

    Raises:
        ValueError: the decision is no digest.
    """
    predicate: dict[str, Json] = {
        "before": said.before,
        "after": said.after,
        "reason": said.reason,
        "issued": written_moment(said.issued),
        "expires": None if said.expires is None else written_moment(said.expires),
        "nonce": said.nonce,
        "chain": None if link is None else {"position": link.position, "previous": link.previous},
        **({} if said.record is None else {"record": said.record}),
    }
    return statement(subject=said.decision, name=said.model, predicate_type=LOWERING_TYPE, predicate=predicate)


def read_lowering(sealed: Sealed) -> tuple[Lowering, Link | None] | Unsound:
    """What a sealed statement says, and its place in the ledger, if it lowers a tier and could have been written here."""
    if sealed.predicate_type != LOWERING_TYPE:
        return Unsound(reason="it is signed, but lowers no tier")
    said = sealed.predicate
    try:
        link = link_of(said["chain"])
        found = Lowering(
            decision=sealed.subject,
            model=sealed.name,
            before=said["before"],
            after=said["after"],
            reason=said["reason"],
            issued=moment(said["issued"]),
            expires=None if said["expires"] is None else moment(said["expires"]),
            nonce=said["nonce"],
            record=said.get("record"),
        )
        sound = said.keys() - _MAY == _KEYS and _meant(found) and lowering_statement(found, link=link)["predicate"] == said
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unsound(reason="it is no statement about a tier that this version can read")
    return (found, link) if sound else Unsound(reason="it contradicts itself")


def _meant(found: Lowering) -> bool:
    """Everything is a text, the tiers differ, and it ends after it begins."""
    texts: tuple[object, ...] = (found.model, found.before, found.after, found.reason, found.nonce, *(() if found.record is None else (found.record,)))
    said = all(isinstance(text, str) and 0 < len(text.strip()) <= LONGEST for text in texts)
    return said and found.before != found.after and (found.expires is None or found.expires > found.issued)
