"""May this be deployed? Re-hash the bytes, find the newest decision about them, and ask everything of it again.

Tags, descriptions and aliases are not looked at: they show, signatures prove. What cannot be answered refuses.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from gate.checks.digest import data_digest
from gate.core.decision import Verdict
from gate.core.model import ModelConfig
from gate.core.override import Standing, Waiver
from gate.core.verification import Check, Checked, Verification
from gate.errors import GateError
from gate.policy import rule_places
from gate.record.advice import same_but_for_advice
from gate.record.decision import decision_bytes
from gate.record.files import SARIF_FILE, remove_files, write_files
from gate.record.statement import Recorded
from gate.stages.desk import Desk, VerifyRequest, desk_of
from gate.stages.lowering import tier_check
from gate.stages.promoting import excused
from gate.stages.proof import about_data, about_record, counts_fault, verdict_of
from gate.stages.reviewing import review_check
from gate.stages.searches import searched_check

__all__ = ["VerifyRequest", "verified", "verify"]


def verify(request: VerifyRequest, *, tell: Callable[[str], None] = lambda _: None) -> Verification:
    """Whether a version, or a folder, may be deployed under the policy of its tier now.

    Raises:
        UsageError: the request, or a file that it names, cannot be meant (exit 2).
        GateError: registry or ledger could not be asked (exit 4).
    """
    if request.output is not None:
        remove_files(request.output, (SARIF_FILE,))
    desk = desk_of(request, tell=tell)
    found = verified(desk)
    if request.output is not None:
        write_files(request.output, _findings(desk, found))
    return found


def verified(desk: Desk) -> Verification:
    """Whether what lies there may be deployed."""
    record = desk.found.record
    checks = sorted(_checks(desk), key=lambda check: list(Checked).index(check.about))
    return Verification(
        subject=desk.subject,
        digest=desk.candidate.digest,
        tier=desk.demands.tier,
        checks=tuple(checks),
        decision=None if record is None else record.decision_digest,
        verdict=None if record is None else verdict_of(record),
        alarmed=record is not None and _alarmed(desk) is not None,
    )


def _checks(desk: Desk) -> Iterator[Check]:
    yield _bytes(desk)
    yield desk.found.ledger
    record = desk.found.record
    if record is None:
        yield Check(about=Checked.RECORD, holds=False, detail=desk.found.fault or "no decision about these bytes was found: check the version")
        return
    yield Check(about=Checked.RECORD, holds=True, detail=f"the newest decision about these bytes is {record.decision_digest}")
    since = desk.found.times.get(record.sealed.digest)
    about = (
        *(tier_check(check, desk.fallen) for check in about_record(record, desk.candidate, desk.demands, since=since)),
        about_data(record, desk.model.config, _data_now(desk.model.config)),
    )
    yield from (check if desk.history is None else excused(check, desk.history) for check in about)
    yield _replayed(record, desk)
    yield _review(desk)
    yield _alarmed(desk) or _over(desk) or _verdict(record, desk.standing, kept=_accepted(desk))


def _findings(desk: Desk, found: Verification) -> dict[str, bytes]:
    """What code scanning reads, waived findings suppressed; nothing where anything but the verdict stands against the record.

    From a record that is not believed a file would close alerts, by findings that somebody left out or waived without a right.
    """
    believed = found.asked_everything and all(check.holds for check in found.checks if check.about is not Checked.VERDICT)
    if not believed or desk.again is None or desk.standing is None:
        return {}
    from gate.report import sarif  # noqa: PLC0415 -- only where the file is asked for

    return {SARIF_FILE: sarif.render(desk.again, rule_places(desk.policy_file, root=Path.cwd()), desk.standing.waived).encode()}


def _bytes(desk: Desk) -> Check:
    """What would be deployed was hashed here and now; a record cannot say what lies somewhere else."""
    if desk.hashed:
        return Check(about=Checked.BYTES, holds=True, detail=f"what would be deployed is {desk.candidate.digest}")
    return Check(
        about=Checked.BYTES, holds=False, detail=f"nothing was hashed: name the deployed folder with --files; the record is about {desk.candidate.digest}"
    )


def _data_now(model: ModelConfig) -> dict[str, str | None]:
    """The digests of the files that gate.yaml names, as they lie here."""
    attributes = None if model.data.attributes is None else model.data.attributes.uri
    return {"holdout": _digest(model.data.uri), "attributes": _digest(attributes)}


def _digest(location: str | None) -> str | None:
    try:
        return None if location is None else data_digest(Path(location))
    except GateError:
        return None


def _review(desk: Desk) -> Check:
    if desk.review is None or desk.found.record is None:
        return Check(about=Checked.REVIEW, holds=False, detail="there is no decision that anybody could have reviewed")
    asked = review_check(desk.review)
    return searched_check(asked, desk.found.record, desk.searches, policy=desk.policy, model=desk.model.config, approvers=desk.approvers)


def _alarmed(desk: Desk) -> Check | None:
    """That the monitor raised an alarm after the decision, or that nobody could see one; None where neither is so.

    The ledger holds alarms only where the policy wanted a new decision; a policy that became laxer since takes none back.
    """
    if desk.policy.monitoring.require_revalidation and desk.ledger is None:
        return Check(about=Checked.VERDICT, holds=False, detail="the policy wants a new decision after an alarm, and no ledger is named that would hold one")
    if not desk.found.alarms:
        return None
    said = ", ".join(dict.fromkeys(finding for alarm in desk.found.alarms for finding in alarm.findings))
    return Check(about=Checked.VERDICT, holds=False, detail=f"gate monitor raised an alarm after this decision: {said}; a new decision is needed")


def _over(desk: Desk) -> Check | None:
    """That a violation was inherited until a day that is over; None where none is."""
    findings = () if desk.again is None else desk.again.judgement.findings
    over = [finding for finding in findings if finding.inherited is not None and finding.inherited.until < desk.demands.now.date()]
    if not over:
        return None
    said = ", ".join(sorted({f"{finding.rule} until {finding.inherited.until.isoformat()}" for finding in over if finding.inherited is not None}))
    return Check(about=Checked.VERDICT, holds=False, detail=f"it rests on inherited violations that were accepted for a time that is over: {said}")


def _accepted(desk: Desk) -> str:
    findings = () if desk.again is None else desk.again.judgement.findings
    kept = sorted({f"{finding.rule} until {finding.inherited.until.isoformat()}" for finding in findings if finding.inherited is not None})
    return f" with inherited violations, accepted for a time: {', '.join(kept)}" if kept else ""


def _verdict(record: Recorded, standing: Standing | None, *, kept: str) -> Check:
    """Passed, or everything that stops it is waived: then by whom, until when and why."""
    verdict = verdict_of(record)
    if verdict is Verdict.PASSED:
        return Check(about=Checked.VERDICT, holds=True, detail=f"passed{kept}")
    if verdict is None or standing is None:
        return Check(about=Checked.VERDICT, holds=False, detail="the record names no verdict")
    if standing.left or not standing.waived:
        waiting = "; ".join(f"request {waiver.request.digest[7:19]}: {fault}" for waiver in standing.waivers for fault in waiver.faults)
        detail = f"{verdict.value}, not waived: {', '.join(standing.left) or 'its findings'}"
        return Check(about=Checked.VERDICT, holds=False, detail=f"{detail}{f' ({waiting})' if waiting else ''}")
    said = "; ".join(dict.fromkeys(_override(waiver, standing) for waiver in standing.waived.values()))
    return Check(about=Checked.VERDICT, holds=True, detail=f"{verdict.value}, and overridden: {said}{kept}")


def _override(waiver: Waiver, standing: Standing) -> str:
    rules = ", ".join(rule for rule, other in standing.waived.items() if other is waiver)
    return f"{rules} waived {waiver.account}"


def _replayed(record: Recorded, desk: Desk) -> Check:
    """The verdict again, from policy, configuration, facts and counts of the record: the same bytes, but for advice of another version."""
    fault = counts_fault(record, desk.counts, desk.evidence)
    if fault is not None or desk.again is None:
        return Check(about=Checked.REPLAY, holds=False, detail=fault or "nothing can be recomputed from what it holds")
    again = decision_bytes(desk.again)
    if again == record.decision_bytes:
        return Check(about=Checked.REPLAY, holds=True, detail="recomputed from its counts, bit for bit")
    if same_but_for_advice(record.decision, json.loads(again)):
        said = "recomputed from its counts, every outcome and number; sentences or plans of rows are those of another version of the gate"
        return Check(about=Checked.REPLAY, holds=True, detail=said)
    return Check(about=Checked.REPLAY, holds=False, detail="it does not follow from its counts")
