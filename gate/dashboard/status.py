"""What may be said of a version now. Pure: it reads what a verification found, and starts from "not proven"."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta

from gate.core.decision import Decision, Verdict
from gate.core.override import Standing, Waiver
from gate.core.policy import RecordTerms
from gate.core.verification import Check, Checked, Verification
from gate.dashboard.board import State, Status
from gate.record.statement import Recorded
from gate.stages.promoting import History

__all__ = ["after", "end_of", "ended", "state_of", "status_of"]

_PROOF = (Checked.BYTES, Checked.RECORD, Checked.LEDGER, Checked.SIGNATURE, Checked.CANDIDATE, Checked.REPLAY)
_GROUNDS = (Checked.POLICY, Checked.CONFIGURATION, Checked.DATA)


def status_of(found: Verification, standing: Standing | None, *, fault: str, hashed: bool, now: datetime) -> tuple[Status, str]:
    """The status of a version, and why in a sentence.

    Args:
        found: what a verification found.
        standing: what people have waived; None where there is no decision.
        fault: why there is no record; empty where there never was one.
        hashed: whether bytes were to be hashed; where only records are looked at, that check is left out.
        now: the time.
    """
    failed = {check.about: check for check in found.checks if not check.holds and (hashed or check.about is not Checked.BYTES)}
    if found.decision is None:
        if Checked.LEDGER in failed or fault:
            return Status.NOT_PROVEN, fault or failed[Checked.LEDGER].detail
        return Status.NEVER_CHECKED, "no decision about it is on record"
    proof = next((failed[about] for about in _PROOF if about in failed), None)
    if proof is not None or standing is None or found.verdict is None or not found.asked_everything:
        return Status.NOT_PROVEN, "the record is not whole" if proof is None else _doubt(proof, failed, found.verdict)
    return _proven(found.verdict, failed, found.checks, standing, now)


def _doubt(proof: Check, failed: dict[Checked, Check], verdict: Verdict | None) -> str:
    """Why a record proves nothing; where nothing but its candidate stands against it, also what it says."""
    alone = verdict is not None and proof.about is Checked.CANDIDATE and not any(about in failed for about in _PROOF if about is not Checked.CANDIDATE)
    return f"its record says {verdict}, and {proof.detail}" if alone else proof.detail


def _proven(verdict: Verdict, failed: dict[Checked, Check], checks: tuple[Check, ...], standing: Standing, now: datetime) -> tuple[Status, str]:
    """The status of a version whose record is believed."""
    if Checked.VERDICT in failed:
        detail = failed[Checked.VERDICT].detail
        over = {rule for waiver in standing.waivers if ended(waiver, now) for rule in waiver.request.said.rules}
        if verdict is Verdict.PASSED or over.issuperset(standing.left):
            return Status.LAPSED, detail
        return Status(verdict.value), detail
    if Checked.EXPIRY in failed:
        return Status.LAPSED, failed[Checked.EXPIRY].detail
    grounds = next((failed[about] for about in _GROUNDS if about in failed), None)
    if grounds is not None or failed:
        return Status.NOT_CURRENT, next(check.detail for check in checks if not check.holds) if grounds is None else grounds.detail
    said = "; ".join(check.detail for check in checks if check.about is Checked.VERDICT or check.detail.startswith("rolled back"))
    return Status.PASSED if verdict is Verdict.PASSED else Status.OVERRIDDEN, said


def ended(waiver: Waiver, now: datetime) -> bool:
    """Whether enough people had approved a request, and nothing but time has ended it."""
    said = waiver.request.said
    over = (said.expires is not None and said.expires <= now) or any(condition.due < now.date() for condition in said.conditions)
    return not waiver.stands and over and len(waiver.approvers) >= waiver.needed


def state_of(waiver: Waiver, *, taken_back: bool, now: datetime) -> State:
    """What became of a request."""
    if waiver.stands:
        return State.STANDS
    if taken_back or waiver.request.fault is not None or waiver.request.signer is None:
        return State.ENDED
    if ended(waiver, now):
        return State.LAPSED
    expires = waiver.request.said.expires
    return State.WAITS if expires is not None and expires > now and len(waiver.approvers) < waiver.needed else State.ENDED


def end_of(
    record: Recorded, again: Decision | None, standing: Standing, terms: RecordTerms, history: History | None, *, also: Iterable[datetime] = ()
) -> datetime | None:
    """From when an allowed version is no longer allowed, if nothing else happens; None where no day is set. `also` are ends of other things it rests on."""
    return min((*_ends(record, again, standing, terms, history), *also), default=None)


def _ends(record: Recorded, again: Decision | None, standing: Standing, terms: RecordTerms, history: History | None) -> Iterator[datetime]:
    if history is not None and history.rollback is not None:
        yield history.rollback[0].expires
    elif record.making.expires is not None:
        yield record.making.expires
    if terms.max_age_days is not None and (history is None or history.rollback is None):
        yield record.making.issued + timedelta(days=terms.max_age_days)
    policy = record.decision["policy"].get("digest")
    yield from (after(entry.until) for entry in terms.grandfather if entry.policy == policy)
    for waiver in standing.waived.values():
        if waiver.request.said.expires is not None:
            yield waiver.request.said.expires
        yield from (after(condition.due) for condition in waiver.request.said.conditions)
    if again is not None:
        yield from (after(finding.inherited.until) for finding in again.judgement.findings if finding.inherited is not None)


def after(day: date) -> datetime:
    """The first moment after a day."""
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=1)
