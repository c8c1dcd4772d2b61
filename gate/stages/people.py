"""Who signed a statement, and whether it counts: the same questions for overrides, reviews and tiers that were lowered."""

from collections.abc import Mapping
from datetime import datetime

from gate.core.approvers import ATTESTER_ROLE, GATE_ROLE, Approvers
from gate.core.verification import CLOCKS
from gate.judge.standing import Party
from gate.record.signing import Sealed, signed_by
from gate.record.statement import Link

__all__ = ["early", "party_of", "place_fault", "signer_of"]


def signer_of(
    sealed: Sealed, approvers: Approvers, *, issued: datetime, on_behalf: str | None = None, since: datetime | None
) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Why the signature does not count, in whose name it is, and what they may sign for.

    Args:
        sealed: the envelope.
        approvers: who may sign what.
        issued: when it says that it was signed.
        on_behalf: in whose name, as an account of a forge; None for the signer's own.
        since: the moment before which the ledger shows that it cannot have been signed; None where no ledger holds it.
    """
    key = signed_by(sealed, approvers.keys())
    owner = None if key is None else approvers.owner_of(key.keyid)
    if key is None or owner is None:
        return ("it is not signed" if sealed.keyid is None else "no key of approvers.yaml signed it"), None, ()
    late = key.fault(issued if since is None else max(since, issued), ledgered=since is not None)
    if ATTESTER_ROLE in owner[0].roles and on_behalf is not None:
        person = approvers.person_behind(on_behalf)
        return (f"approvers.yaml lists nobody with the account {on_behalf!r}", None, ()) if person is None else (late, person.name, person.roles)
    if owner[0].machine or GATE_ROLE in owner[0].roles:
        return "a machine, or whoever signs decisions, neither asks nor approves", owner[0].name, ()
    if on_behalf is not None:
        return "nobody but an attester signs in the name of somebody else", owner[0].name, ()
    return late, owner[0].name, owner[0].roles


def place_fault(sealed: Sealed, link: Link | None, chained: Mapping[str, datetime]) -> str | None:
    """Why a statement does not stand where it says; None when it does, or names no place."""
    return "it says that it stands in a ledger, and this ledger does not hold it" if link is not None and sealed.digest not in chained else None


def early(issued: datetime, now: datetime) -> str | None:
    """Why a statement is too early; None when it is not."""
    return "it was signed in the future" if issued > now + CLOCKS else None


def party_of(identity: str | None, approvers: Approvers) -> Party:
    """Who is known by this name."""
    return Party(identity=identity, names=tuple(entry.name for entry in approvers.entries if identity and entry.is_known_as(identity)))
