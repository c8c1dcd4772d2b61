"""Overrides as they are found: unsealed, their signers named, and held against the decision that they are about."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gate.core.approvers import ATTESTER_ROLE, GATE_ROLE, Approvers
from gate.core.decision import Decision
from gate.core.override import Act, Override, Said, Standing
from gate.core.policy import OverrideTerms
from gate.core.verification import CLOCKS
from gate.judge.standing import Case, Party, standing
from gate.record.override import read_override
from gate.record.signing import Sealed, Unsound, signed_by, unseal
from gate.record.statement import Link, Recorded

__all__ = ["overrides_of", "standing_of"]

_GIVE = {Act.REQUEST, Act.APPROVE}


def overrides_of(envelopes: Iterable[bytes], approvers: Approvers, *, chained: Mapping[str, datetime], now: datetime) -> tuple[Override, ...]:
    """The statements in these envelopes, each once; what is damaged, or something else, is none.

    Args:
        envelopes: what was found.
        approvers: who may sign what.
        chained: digest of what the ledger holds → the moment before which it cannot have been signed; a statement that
            says it stands in a ledger has to be one of them.
        now: the time.
    """
    found: dict[str, Override] = {}
    for data in envelopes:
        sealed = unseal(data)
        read = sealed if isinstance(sealed, Unsound) else read_override(sealed)
        if isinstance(sealed, Unsound) or isinstance(read, Unsound):
            continue
        said, link = read
        fault, signer, roles = _signer(sealed, approvers, said, since=chained.get(sealed.digest))
        lacking = _place_fault(sealed, link, chained) if said.act in _GIVE else None  # what takes away counts wherever it is found
        found[sealed.digest] = Override(said=said, digest=sealed.digest, signer=signer, fault=fault or lacking or _early(said.issued, now), roles=roles)
    return tuple(found.values())


def standing_of(
    record: Recorded, again: Decision | None, overrides: Iterable[Override], terms: OverrideTerms | None, approvers: Approvers, *, now: datetime
) -> Standing:
    """What people have waived of a decision that was recorded.

    Args:
        record: the decision.
        again: the same, recomputed; None where it could not be.
        overrides: what was signed.
        terms: what the policy asks of overrides.
        approvers: who is who.
        now: the time.
    """
    case = Case(
        decision=record.decision_digest,
        findings=None if again is None else again.judgement.findings,
        author=_party(record.making.author, approvers),
        actor=_party(record.making.actor, approvers),
    )
    return standing(case, overrides, terms, now=now)


def _signer(sealed: Sealed, approvers: Approvers, said: Said, *, since: datetime | None) -> tuple[str | None, str | None, tuple[str, ...]]:
    """Why the signature does not count, in whose name it is, and what they may sign for."""
    key = signed_by(sealed, approvers.keys())
    owner = None if key is None else approvers.owner_of(key.keyid)
    if key is None or owner is None:
        return ("it is not signed" if sealed.keyid is None else "no key of approvers.yaml signed it"), None, ()
    late = key.fault(said.issued if since is None else max(since, said.issued), ledgered=since is not None)
    if ATTESTER_ROLE in owner[0].roles and said.on_behalf is not None:
        person = approvers.person_behind(said.on_behalf)
        return (f"approvers.yaml lists nobody with the account {said.on_behalf!r}", None, ()) if person is None else (late, person.name, person.roles)
    if owner[0].machine or GATE_ROLE in owner[0].roles:
        return "a machine, or whoever signs decisions, neither asks nor approves", owner[0].name, ()
    if said.on_behalf is not None:
        return "nobody but an attester signs in the name of somebody else", owner[0].name, ()
    return late, owner[0].name, owner[0].roles


def _place_fault(sealed: Sealed, link: Link | None, chained: Mapping[str, datetime]) -> str | None:
    return "it says that it stands in a ledger, and this ledger does not hold it" if link is not None and sealed.digest not in chained else None


def _early(issued: datetime, now: datetime) -> str | None:
    return "it was signed in the future" if issued > now + CLOCKS else None


def _party(identity: str | None, approvers: Approvers) -> Party:
    """Who is known by this name."""
    return Party(identity=identity, names=tuple(entry.name for entry in approvers.entries if identity and entry.is_known_as(identity)))
