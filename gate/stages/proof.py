"""Does a record allow this deployment? Pure but for replay, which recomputes the verdict from the counts.

Each check answers one question, and none believes what another one found. Whatever cannot be answered does not hold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from gate.core.approvers import GATE_ROLE, Approvers
from gate.core.canonical import digest
from gate.core.decision import Verdict
from gate.core.facts import Candidate, PredictionSource
from gate.core.model import ModelConfig
from gate.core.policy import RecordTerms
from gate.core.verification import CLOCKS, Check, Checked
from gate.record.evidence import read_evidence
from gate.record.signing import Unsound, signed_by
from gate.record.statement import Recorded
from gate.record.stored import suppresses

__all__ = ["Demands", "about_data", "about_record", "believed", "claimed", "counts_fault", "verdict_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a record has to fit now.

    Args:
        terms: what the policy of the tier asks of records.
        tier: the tier of the model.
        policy: `sha256:…` of the policy in force.
        config: `sha256:…` of the model's configuration.
        approvers: who may sign.
        now: the time.
        lapsed: why the policy in force is none today; empty when it is.
    """

    terms: RecordTerms
    tier: str
    policy: str
    config: str
    approvers: Approvers
    now: datetime
    lapsed: str = ""


def _signature_fault(record: Recorded, approvers: Approvers, *, since: datetime | None, now: datetime) -> str | None:
    """Why the signature of a record does not count; None when it does.

    `since` is the moment before which the ledger shows that it cannot have been signed; None where no ledger holds it.
    """
    if record.sealed.keyid is None:
        return "it is not signed"
    key = signed_by(record.sealed, approvers.keys())
    owner = None if key is None else approvers.owner_of(key.keyid)
    if key is None or owner is None:
        return f"no key of approvers.yaml made its signature (it names {record.sealed.keyid[:16]}…)"
    if GATE_ROLE not in owner[0].roles:
        return f"{owner[0].name} signed it, who does not have the role {GATE_ROLE}"
    if record.making.issued > now + CLOCKS:
        return f"it says that it was signed in the future ({_moment(record.making.issued)})"
    issued = record.making.issued if since is None else max(since, record.making.issued)
    return key.fault(issued, ledgered=since is not None)


def claimed(record: Recorded, demands: Demands) -> bool:
    """Whether a key that signs decisions made this signature, at whatever time: enough to miss the record where it is not."""
    key = signed_by(record.sealed, demands.approvers.keys())
    owner = None if key is None else demands.approvers.owner_of(key.keyid)
    signed = owner is not None and GATE_ROLE in owner[0].roles
    return signed or (record.sealed.keyid is None and not demands.terms.signature_required)


def believed(record: Recorded, demands: Demands) -> bool:
    """Whether a record that no ledger holds can be what it says: signed as the policy wants it."""
    fault = _signature_fault(record, demands.approvers, since=None, now=demands.now)
    return fault is None or (record.sealed.keyid is None and not demands.terms.signature_required)


def about_record(record: Recorded, candidate: Candidate, demands: Demands, *, since: datetime | None) -> Iterator[Check]:
    """Signature, candidate, policy, configuration and expiry of a record that was found; `since` as the ledger shows it."""
    yield _signature(record, demands, since=since)
    yield _candidate(record, candidate)
    yield _policy(record, demands)
    yield _same(Checked.CONFIGURATION, record.decision["config"].get("digest"), demands.config, "gate.yaml", "check the version again under what it says now")
    yield _expiry(record, demands)


def _signature(record: Recorded, demands: Demands, *, since: datetime | None) -> Check:
    fault = _signature_fault(record, demands.approvers, since=since, now=demands.now)
    if fault is None:
        owner = demands.approvers.owner_of(record.sealed.keyid or "")
        return Check(about=Checked.SIGNATURE, holds=True, detail=f"signed by {owner[0].name if owner else '?'}, {_moment(record.making.issued)}")
    if record.sealed.keyid is None and not demands.terms.signature_required:
        return Check(about=Checked.SIGNATURE, holds=True, detail="not signed, which the policy allows: anyone who may edit the registry could have written it")
    return Check(about=Checked.SIGNATURE, holds=False, detail=fault)


def _candidate(record: Recorded, candidate: Candidate) -> Check:
    """The record is about this version, of this model, by these bytes, and came about by running them."""
    decision: Mapping[str, Any] = record.decision
    said, source = decision["candidate"], decision["facts"]["predictions"].get("source")
    named = "/".join(str(part) for part in (said.get("name"), said.get("version")) if part is not None)
    if record.sealed.subject != candidate.digest or said.get("digest") != candidate.digest:
        fault = "it is about other bytes"
    elif (said.get("name"), said.get("version")) != (candidate.name, candidate.version):
        fault = f"the newest decision about these bytes is that of {named}: a verdict is not carried over to a copy; check this version"
    elif source != PredictionSource.MODEL.value:
        fault = f"its predictions come from {source!r}, not from running these bytes; check the registered version"
    elif decision["facts"]["data"].get("development"):
        fault = "it is about the development table: advisory, not a decision"
    elif not record.recorded:
        fault = "it was made with --no-record, so its look was not counted; check the version again"
    else:
        return Check(about=Checked.CANDIDATE, holds=True, detail=f"{named}, judged by running these bytes")
    return Check(about=Checked.CANDIDATE, holds=False, detail=fault)


def _policy(record: Recorded, demands: Demands) -> Check:
    said = record.decision["policy"]
    if demands.lapsed:
        return Check(about=Checked.POLICY, holds=False, detail=demands.lapsed)
    if said.get("tier") != demands.tier:
        return Check(about=Checked.POLICY, holds=False, detail=f"it was judged under tier {said.get('tier')!r}, and the model's tier is {demands.tier!r} now")
    old = next((entry for entry in demands.terms.grandfather if entry.policy == said.get("digest")), None)
    if said.get("digest") != demands.policy and old is not None:
        fine = demands.now.date() <= old.until
        detail = f"an earlier policy of tier {demands.tier}, which counts until {old.until.isoformat()}"
        return Check(about=Checked.POLICY, holds=fine, detail=detail if fine else f"{detail}: that day is over; check the version again")
    return _same(Checked.POLICY, said.get("digest"), demands.policy, f"the policy of tier {demands.tier}", "check the version again under the new one")


def _same(about: Checked, said: object, now: str, what: str, then: str) -> Check:
    if said == now:
        return Check(about=about, holds=True, detail=f"{what} is what it was judged under, {now[:19]}…")
    return Check(about=about, holds=False, detail=f"{what} has changed since: {then}")


def _expiry(record: Recorded, demands: Demands) -> Check:
    """The time that the record names, and the one that the policy gives it today, whichever ends first."""
    lasting = demands.terms.max_age_days
    ends = [end for end in (record.making.expires, None if lasting is None else record.making.issued + timedelta(days=lasting)) if end is not None]
    if not ends:
        return Check(about=Checked.EXPIRY, holds=True, detail=f"made {_moment(record.making.issued)}; it does not expire")
    end = min(ends)
    return Check(about=Checked.EXPIRY, holds=demands.now < end, detail=f"{'counts until' if demands.now < end else 'expired'} {_moment(end)}")


def about_data(record: Recorded, model: ModelConfig, now: Mapping[str, str | None]) -> Check:
    """The rows are those of the holdout that gate.yaml names: as it pins them, or else as they lie there.

    Args:
        record: the decision.
        model: whose holdout it is.
        now: `holdout` and `attributes` → `sha256:…` of the file as it is; None where it cannot be read.
    """
    facts = record.decision["facts"]["data"]
    pins = {"holdout": model.data.sha256, "attributes": None if model.data.attributes is None else model.data.attributes.sha256}
    said = {"holdout": record.decision["data"].get("digest"), "attributes": (facts.get("attributes") or {}).get("digest")}
    for what in ("holdout", *(("attributes",) if model.data.attributes is not None else ())):
        pin = pins[what]
        wanted = f"sha256:{pin.lower()}" if pin is not None else now.get(what)
        if wanted is None:
            detail = f"the {what} cannot be read here, and gate.yaml does not pin it: pin its sha256, or verify where it is"
            return Check(about=Checked.DATA, holds=False, detail=detail)
        if said[what] != wanted:
            return Check(about=Checked.DATA, holds=False, detail=f"it was judged on another {what} than gate.yaml names now: check the version again")
    return Check(about=Checked.DATA, holds=True, detail=f"judged on the rows that gate.yaml names, {str(said['holdout'])[:19]}…")


def verdict_of(record: Recorded) -> Verdict | None:
    """The verdict that the record names; None where it is none."""
    said = record.decision.get("verdict")
    return Verdict(said) if said in list(Verdict) else None


def counts_fault(record: Recorded, counts: bytes | None, evidence: bytes | None = None) -> str | None:
    """Why these are not the counts of a record, or this not the evidence of one of which cells were suppressed; None when they are."""
    if suppresses(record.decision):
        found = read_evidence(evidence, record.evidence)
        return found.reason if isinstance(found, Unsound) else None
    if counts is None:
        return "its counts are gone, so nothing can be recomputed"
    return None if digest(counts) == record.decision["counts"].get("digest") else "the counts beside it are not those that it names"


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
