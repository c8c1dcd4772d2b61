"""Promotions as the ledger shows them: what was allowed before, and who may go back to it for how long."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gate.core.approvers import GATE_ROLE, Approver, Approvers
from gate.core.facts import Candidate
from gate.core.policy import Policy
from gate.core.promotion import Promotion, Rollback
from gate.core.verification import CLOCKS, Check, Checked
from gate.record.promotion import read_promotion
from gate.record.signing import Unsound, signed_by, unseal
from gate.record.statement import Recorded

__all__ = ["EXCUSED", "History", "excused", "history_of", "may_roll_back"]

EXCUSED = (Checked.POLICY, Checked.CONFIGURATION, Checked.DATA, Checked.EXPIRY)
"""What may have changed since a version was allowed. Never its bytes, its record, its signature or its verdict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    said: Promotion
    signer: Approver


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What the ledger says of promotions of one decision about certain bytes.

    Args:
        promoted: the last time that it was allowed for an alias, everything holding; None when it never was.
        rollback: the rollback that stands now, with who signed it; None when none does.
        first: when it was promoted for the first time, by the gate's own word on the ledger; None when it never was.
    """

    promoted: Promotion | None = None
    rollback: tuple[Rollback, str] | None = None
    first: datetime | None = None


def may_roll_back(signer: Approver, policy: Policy) -> bool:
    """Whether somebody may sign a rollback: whoever signs decisions, or approves overrides."""
    roles = {GATE_ROLE, *(() if policy.override is None else policy.override.roles)}
    return bool(roles & set(signer.roles))


def history_of(
    envelopes: Iterable[bytes], record: Recorded, candidate: Candidate, policy: Policy, approvers: Approvers, *, times: Mapping[str, datetime], now: datetime
) -> History:
    """What became of a decision.

    Args:
        envelopes: the promotions that the ledger holds, oldest first.
        record: the decision.
        candidate: the version that would be deployed.
        policy: what is in force now.
        approvers: who may sign.
        times: digest of everything that the ledger holds → the moment before which it cannot have been signed.
        now: the time.
    """
    promoted: Promotion | None = None
    rollback: tuple[Rollback, str] | None = None
    first: datetime | None = None
    subject = f"{candidate.name}/{candidate.version}"
    for data in envelopes:
        signed = _signed(data, approvers, times=times, now=now)
        if signed is None or (signed.said.decision, signed.said.candidate, signed.said.subject) != (record.decision_digest, candidate.digest, subject):
            continue
        back = signed.said.rollback
        if back is None and GATE_ROLE in signed.signer.roles:
            promoted, first = signed.said, first or signed.said.issued
        elif back is not None and promoted is not None and _stands(signed, back, policy, now):
            rollback = back, signed.signer.name
    return History(promoted=promoted, rollback=rollback, first=first)


def excused(check: Check, history: History) -> Check:
    """The check, held to be fine where a rollback stands and it is about what may have changed since."""
    if check.holds or history.rollback is None or check.about not in EXCUSED:
        return check
    back, signer = history.rollback
    detail = f"rolled back to until {back.expires:%Y-%m-%d %H:%M UTC} by {signer}: {back.reason} (else refused: {check.detail})"
    return Check(about=check.about, holds=True, detail=detail)


def _signed(data: bytes, approvers: Approvers, *, times: Mapping[str, datetime], now: datetime) -> _Signed | None:
    """A promotion whose signature counts; None for anything else."""
    sealed = unseal(data)
    read = sealed if isinstance(sealed, Unsound) else read_promotion(sealed)
    if isinstance(sealed, Unsound) or isinstance(read, Unsound):
        return None
    said, since = read[0], times.get(sealed.digest)
    key = signed_by(sealed, approvers.keys())
    owner = None if key is None else approvers.owner_of(key.keyid)
    if key is None or owner is None or since is None or said.issued > now + CLOCKS:
        return None
    return None if key.fault(max(since, said.issued), ledgered=True) else _Signed(said=said, signer=owner[0])


def _stands(signed: _Signed, back: Rollback, policy: Policy, now: datetime) -> bool:
    """Whether a rollback counts now: signed by who may, for no longer than the policy in force allows, and not over."""
    days = policy.record.rollback_days
    lasting = back.expires - signed.said.issued
    return days is not None and may_roll_back(signed.signer, policy) and lasting <= timedelta(days=days) and now < back.expires
