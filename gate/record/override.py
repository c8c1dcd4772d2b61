"""Overrides as signed statements about a decision, told apart from everything else that a key may have signed.

Law: `read_override(unseal(seal(override_statement(...))))` gives back what was said, and accepts nothing else.
"""

from datetime import date
from typing import Any

from gate.core.document import Json
from gate.core.override import Act, Condition, OverrideKind, Said
from gate.record.signing import Sealed, Unsound, statement
from gate.record.statement import Link, link_of, moment, written_moment

__all__ = ["FOLDER", "LONGEST", "OVERRIDE_TYPE", "file_name", "override_statement", "read_override"]

OVERRIDE_TYPE = "urn:fairness-gate:override:v1"
FOLDER = "overrides"
"""The folder of the artifacts, and of the files beside the policies."""
_MAY = {"on_behalf"}
_KEYS = {"act", "reason", "issued", "nonce", "request", "kind", "rules", "expires", "conditions", "chain"}
LONGEST = 4_000
"""Characters of a reason."""


def override_statement(said: Said, *, link: Link | None = None) -> dict[str, Json]:
    """The statement; its subject is the decision, by the digest of its bytes.

    Raises:
        ValueError: the decision is no digest.
    """
    predicate: dict[str, Json] = {
        "act": said.act.value,
        "reason": said.reason,
        "issued": written_moment(said.issued),
        "nonce": said.nonce,
        "request": said.request,
        "kind": None if said.kind is None else said.kind.value,
        "rules": list(said.rules),
        "expires": None if said.expires is None else written_moment(said.expires),
        "conditions": [{"what": entry.what, "owner": entry.owner, "due": entry.due.isoformat()} for entry in said.conditions],
        "chain": None if link is None else {"position": link.position, "previous": link.previous},
    }
    if said.on_behalf is not None:
        predicate["on_behalf"] = said.on_behalf
    return statement(subject=said.decision, name=said.subject, predicate_type=OVERRIDE_TYPE, predicate=predicate)


def read_override(sealed: Sealed) -> tuple[Said, Link | None] | Unsound:
    """What a sealed statement says, and its place in the ledger, if it is an override that could have been written here."""
    if sealed.predicate_type != OVERRIDE_TYPE:
        return Unsound(reason="it is signed, but no override")
    said = sealed.predicate
    try:
        link = link_of(said["chain"])
        found = Said(
            act=Act(said["act"]),
            decision=sealed.subject,
            subject=sealed.name,
            reason=said["reason"],
            issued=moment(said["issued"]),
            nonce=said["nonce"],
            request=said["request"],
            kind=None if said["kind"] is None else OverrideKind(said["kind"]),
            rules=tuple(said["rules"]),
            expires=None if said["expires"] is None else moment(said["expires"]),
            conditions=tuple(_condition(entry) for entry in said["conditions"]),
            on_behalf=said.get("on_behalf"),
        )
        again = override_statement(found, link=link)
        sound = said.keys() - _MAY == _KEYS and again["predicate"] == said and _meant(found)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unsound(reason="it is no override that this version can read")
    return (found, link) if sound else Unsound(reason="it contradicts itself")


def file_name(digest: str) -> str:
    """The file of a sealed override."""
    return f"{digest.removeprefix('sha256:')[:32]}.dsse.json"


def _meant(found: Said) -> bool:
    """A request says what it asks for, everything else says what it is about; both say why."""
    texts = all(isinstance(text, str) for text in (found.reason, found.nonce, *found.rules, found.on_behalf or ""))
    asks = found.kind is not None and bool(found.rules) and found.expires is not None and found.request is None
    answers = found.kind is None and not found.rules and found.expires is None and not found.conditions and isinstance(found.request, str)
    timed = (found.kind is OverrideKind.CONDITIONAL) == bool(found.conditions)
    return texts and 0 < len(found.reason.strip()) <= LONGEST and (asks and timed if found.act is Act.REQUEST else answers)


def _condition(entry: Any) -> Condition:  # noqa: ANN401 -- JSON
    if not (isinstance(entry["what"], str) and isinstance(entry["owner"], str)):
        raise TypeError("no condition")
    return Condition(what=entry["what"], owner=entry["owner"], due=date.fromisoformat(entry["due"]))
