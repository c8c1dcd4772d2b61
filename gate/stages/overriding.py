"""Overrides as they are found: unsealed, their signers named, and held against the decision that they are about."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gate.core.approvers import Approvers
from gate.core.decision import Decision
from gate.core.override import Act, Override, Standing
from gate.core.policy import OverrideTerms
from gate.judge.standing import Case, standing
from gate.record.override import read_override
from gate.record.signing import Unsound, unseal
from gate.record.statement import Recorded
from gate.stages.people import early, party_of, place_fault, signer_of

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
        fault, signer, roles = signer_of(sealed, approvers, issued=said.issued, on_behalf=said.on_behalf, since=chained.get(sealed.digest))
        lacking = place_fault(sealed, link, chained) if said.act in _GIVE else None  # what takes away counts wherever it is found
        found[sealed.digest] = Override(said=said, digest=sealed.digest, signer=signer, fault=fault or lacking or early(said.issued, now), roles=roles)
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
        author=party_of(record.making.author, approvers),
        actor=party_of(record.making.actor, approvers),
    )
    return standing(case, overrides, terms, now=now)
