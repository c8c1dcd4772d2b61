"""Has the tier of a model fallen, and has anybody who may signed for it? From the records of the model and the statements about it.

A tier has no rank. Whether the policy in force is laxer than the one of a record is decided by the proof of tightening,
key by key; where that proof cannot be made, it counts as laxer. Every record of the model in the ledger counts, whoever
signed it: whoever can write there can make things stricter, and nothing else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gate.core.approvers import Approvers
from gate.core.canonical import canonical
from gate.core.facts import TierLowered
from gate.core.model import ModelConfig
from gate.core.policy import Policy
from gate.core.tier import TIER_ROLE, Lowering, SignedLowering
from gate.core.verification import Check, Checked
from gate.errors import PolicyError, StorageError, UsageError
from gate.policy import LoadedModel, load_approvers, loosenings, policy_from_effective
from gate.record.ledger import Ledger
from gate.record.signing import Sealed, Unsound, unseal
from gate.record.statement import Recorded
from gate.record.tier import DOWNGRADES, read_lowering
from gate.stages.archive import Chained, chained, filed
from gate.stages.people import early, party_of, place_fault, signer_of

__all__ = ["Fallen", "Stricter", "fallen", "interest", "lowered_tiers", "lowerings_of", "stricter_before", "tier_check", "whole_chain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stricter:
    """A tier under which the model was judged, and that the policy in force does not tighten.

    Args:
        tier: the tier.
        decision: `sha256:…` of the newest decision under it.
        record: `sha256:…` of its envelope.
        position: where that stands in the ledger; None where it does not.
        looser: where the policy in force is looser, in sentences.
    """

    tier: str
    decision: str
    looser: tuple[str, ...]
    record: str = ""
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallen:
    """Every tier that was stricter, with the statement that lowers it.

    Args:
        signed: those that somebody who may has signed for.
        unsigned: those that nobody has, each with why the statements about it do not count.
    """

    signed: tuple[SignedLowering, ...] = ()
    unsigned: tuple[tuple[Stricter, tuple[str, ...]], ...] = ()

    @property
    def fault(self) -> str:
        """Why the model may not be judged under its tier; empty when it may."""
        return "; ".join(
            f"the model was judged under tier {was.tier!r} before, the policy of its tier now is not shown to be as tight ({was.looser[0]}), "
            f"and no statement by the role {TIER_ROLE} lowers it" + (f" ({'; '.join(notes)})" if notes else "")
            for was, notes in self.unsigned
        )

    @property
    def account(self) -> str:
        """Who lowered it, from what, and why; empty where nobody had to."""
        return "; ".join(f"lowered from {one.said.before} by {one.signer}: {one.said.reason}" for one in self.signed)


def stricter_before(records: Iterable[Recorded], policy: Policy) -> tuple[Stricter, ...]:
    """The tiers of these records, oldest first, that the policy does not provably tighten, each by its newest decision that shows it.

    Every policy that a tier ever had counts: a laxer one under the same name does not hide the strict one before it.
    """
    newest: dict[tuple[str, bytes], Recorded] = {}
    for record in records:
        of = (str(record.decision["policy"].get("tier")), canonical(record.decision["policy"].get("effective")))
        newest.pop(of, None)
        newest[of] = record
    found = {
        tier: Stricter(
            tier=tier,
            decision=record.decision_digest,
            looser=looser,
            record=record.sealed.digest,
            position=None if record.link is None else record.link.position,
        )
        for (tier, _), record in newest.items()
        if tier != policy.tier and (looser := _looser(record, policy))
    }
    return tuple(found.values())


def _looser(record: Recorded, policy: Policy) -> tuple[str, ...]:
    """Where the policy is looser than that of a record."""
    try:
        before = policy_from_effective(record.decision["policy"]["effective"])
    except (PolicyError, KeyError):
        return ("the policy of that decision cannot be read here, so nothing shows that this one is as tight",)
    return tuple(finding.message for finding in loosenings(before, policy))


def lowerings_of(
    envelopes: Iterable[bytes], model: ModelConfig, approvers: Approvers, *, chained: Mapping[str, datetime], now: datetime
) -> tuple[SignedLowering, ...]:
    """The statements in these envelopes that lower a tier; what is damaged, or something else, is none.

    Args:
        envelopes: what was found.
        model: whose tier it is: who owns it or assigned its tier does not lower it.
        approvers: who may sign what.
        chained: digest of what the ledger holds → the moment before which it cannot have been signed.
        now: the time.
    """
    found: dict[str, SignedLowering] = {}
    for data in envelopes:
        sealed = unseal(data)
        read = sealed if isinstance(sealed, Unsound) else read_lowering(sealed)
        if isinstance(sealed, Unsound) or isinstance(read, Unsound):
            continue
        said, link = read
        kept = sealed.digest in chained and link is not None
        signer, fault = _signer(sealed, said, model, approvers, chained=chained)
        fault = fault or place_fault(sealed, link, chained) or early(said.issued, now) or ("it has expired" if _over(said, now) else None)
        found[sealed.digest] = SignedLowering(
            said=said, digest=sealed.digest, signer=signer, fault=fault, position=link.position if kept and link is not None else None
        )
    return tuple(found.values())


def _over(said: Lowering, now: datetime) -> bool:
    return said.expires is not None and said.expires <= now


def _signer(sealed: Sealed, said: Lowering, model: ModelConfig, approvers: Approvers, *, chained: Mapping[str, datetime]) -> tuple[str | None, str | None]:
    """Who signed, and why that does not count."""
    fault, signer, roles = signer_of(sealed, approvers, issued=said.issued, since=chained.get(sealed.digest))
    if fault is None and TIER_ROLE not in roles:
        fault = f"{signer} signed it, who does not have the role {TIER_ROLE}"
    return signer, fault or (None if signer is None else interest(signer, model, approvers))


def interest(signer: str, model: ModelConfig, approvers: Approvers) -> str | None:
    """Why somebody cannot lower the tier of this model: they own it or assigned its tier, or cannot be told from who did. None when they can.

    Whom gate.yaml does not name nobody has to be told from.
    """
    for what, identity in (("owns the model", model.owner), ("assigned its tier", model.assigned.assigned_by)):
        party = party_of(identity or None, approvers)
        if signer in party.names:
            return f"{signer} {what}, and somebody else has to lower it"
        if identity and party.unknown:
            return f"nobody knows who {what}, so nobody can be shown to be somebody else: {party.unknown}"
    return None


def fallen(before: Iterable[Stricter], statements: Iterable[SignedLowering], *, model: str, tier: str) -> Fallen:
    """Which tiers were lowered by somebody who may, and which fell without a word."""
    given = tuple(statements)
    signed: list[SignedLowering] = []
    unsigned: list[tuple[Stricter, tuple[str, ...]]] = []
    for was in before:
        about = [one for one in given if (one.said.decision, one.said.model, one.said.before, one.said.after) == (was.decision, model, was.tier, tier)]
        about = [replace(one, fault=one.fault or _before(one, was)) for one in about]
        counting = next((one for one in about if one.fault is None), None)
        if counting is None:
            unsigned.append((was, tuple(f"a statement by {one.signer or 'an unknown key'} does not count: {one.fault}" for one in about)))
        else:
            signed.append(counting)
    return Fallen(signed=tuple(signed), unsigned=tuple(unsigned))


def _before(one: SignedLowering, was: Stricter) -> str | None:
    """Why a statement is not about this record of the decision: the same decision may be recorded again, after the tier was raised."""
    if one.said.record is None:
        behind = one.position is not None and was.position is not None and one.position > was.position
        return None if behind else "it does not say which record it is about, and the ledger does not hold it behind this one"
    return None if one.said.record == was.record else "it is about an earlier record of the same decision: the tier was raised since"


def whole_chain(ledger: Ledger, name: str, *, now: datetime) -> Chained:
    """The ledger's chain of a model.

    Raises:
        StorageError: the ledger cannot be read, or is not whole: then nobody knows under which tiers the model was judged.
    """
    chain = chained(ledger, name, now=now)
    if chain.fault is not None:
        raise StorageError(f"the ledger is not whole: {chain.fault}", where=ledger.where, next_step="Restore it from a copy: it is never repaired.")
    return chain


def lowered_tiers(model: LoadedModel, policy: Policy, chain: Chained | None, *, name: str, now: datetime) -> tuple[TierLowered, ...]:
    """The tiers that were lowered, as facts of a check, by the ledger's chain; none where there is no ledger, which alone would know.

    Raises:
        UsageError: a tier fell, and nobody who may has signed for it (exit 2).
    """
    if chain is None:
        return ()
    approvers = load_approvers(model.policies)
    before = stricter_before(chain.records, policy)
    statements = lowerings_of((*chain.lowerings, *filed(model.policies, DOWNGRADES)), model.config, approvers, chained=chain.times, now=now)
    found = fallen(before, statements, model=name, tier=policy.tier)
    if found.unsigned:
        step = f"Give the model its tier back, or have it lowered on the record: gate tier lower {name} --reason '…' --key KEY"
        raise UsageError(found.fault, where=f"{name}: tier", next_step=step)
    return tuple(
        TierLowered(before=one.said.before, by=str(one.signer), on=one.said.issued.date().isoformat(), reason=one.said.reason, statement=one.digest)
        for one in found.signed
    )


def tier_check(check: Check, found: Fallen) -> Check:
    """The check of the policy, refused where a tier fell without a word, and with who lowered it where somebody did."""
    if check.about is not Checked.POLICY:
        return check
    if check.holds and found.unsigned:
        return Check(about=check.about, holds=False, detail=found.fault)
    return Check(about=check.about, holds=check.holds, detail=f"{check.detail}; {found.account}") if found.signed else check
