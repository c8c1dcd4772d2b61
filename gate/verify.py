"""May this be deployed? Re-hash the bytes, find the newest decision about them, and ask everything of it again.

Tags, descriptions and aliases are not looked at: they show, signatures prove. What cannot be answered refuses.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.core.approvers import Approvers
from gate.core.facts import Candidate
from gate.core.verification import Check, Checked, Verification
from gate.policy import LoadedModel, LoadedPolicy, load_approvers, load_config, policy_for
from gate.record.ledger import Ledger
from gate.record.signing import Unsound, unseal
from gate.record.statement import RECORD_FILE, Recorded, read_statement
from gate.replay import replay
from gate.stages.archive import Bundle, bundle_of, chained, readable
from gate.stages.proof import Demands, about_record, believed, counts_fault, verdict_of
from gate.stages.signing import ledger_of
from gate.stages.source import entry_name

__all__ = ["VerifyRequest", "verify"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What to verify: a registered version (`reference`), or a folder with a record (`bundle`).

    Args:
        config: `gate.yaml`.
        now: the time.
        reference: `models:/name/3`, `name/3` or `name@alias`.
        bundle: a folder that holds `decision.dsse.json` and `counts.parquet`; with it no registry is asked.
        files: with `bundle`: the folder that is deployed; None verifies the record alone, for whatever bytes it names.
        entry: the name of the model's entry in `config`.
        policy: a policy file instead of the lookup by tier.
        tracking_uri: address of the registry.
    """

    config: Path
    now: datetime
    reference: str | None = None
    bundle: Path | None = None
    files: Path | None = None
    entry: str | None = None
    policy: Path | None = None
    tracking_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The newest record about these bytes, with its counts.

    Args:
        record: the record; None where there is none.
        fault: why there is none, or why it cannot be the newest.
        ledger: what the ledger says of it.
        ledgered: whether the ledger holds it.
        counts: its counts, wherever they were kept; None where they are gone.
    """

    record: Recorded | None
    fault: str
    ledger: Check
    ledgered: bool = False
    counts: bytes | None = None


def verify(request: VerifyRequest, *, tell: Callable[[str], None] = lambda _: None) -> Verification:
    """Whether a version, or a folder, may be deployed under the policy of its tier now.

    Raises:
        UsageError: the request, or a file that it names, cannot be meant (exit 2).
        GateError: registry or ledger could not be asked (exit 4).
    """
    model = load_config(request.config, entry_name(request.entry, request.reference))
    policy, approvers = policy_for(model, request.policy), load_approvers(model.policies)
    demands = _demands(model, policy, approvers, request)
    ledger = ledger_of(model, os.environ)
    if request.bundle is not None:
        return _of_bundle(request, request.bundle, model, demands, ledger)
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    registry = MlflowRegistry(request.tracking_uri)
    with TemporaryDirectory(prefix="gate-") as workspace:
        tell(f"fetching {request.reference} from the registry")
        candidate = registry.fetch(request.reference or "", Path(workspace)).candidate
        tell("looking for its records")
        kept = readable(registry.records(candidate, RECORD_FILE), candidate)
        found = _in_ledger(ledger, candidate, kept=tuple(record for record, _ in kept), demands=demands)
        counts = found.counts
        if found.record is not None and counts is None:
            runs = [entry.run_id for record, entry in kept if record.sealed.digest == found.record.sealed.digest]
            counts = registry.artifact(runs[0], "counts.parquet") if runs else None
        return _verified(f"{candidate.name}/{candidate.version}", candidate, found, counts, demands)


def _demands(model: LoadedModel, policy: LoadedPolicy, approvers: Approvers, request: VerifyRequest) -> Demands:
    return Demands(
        terms=policy.policy.record,
        tier=policy.policy.tier,
        policy=policy.document.digest,
        config=model.document.digest,
        approvers=approvers,
        now=request.now,
        kept=request.bundle is None,
    )


def _of_bundle(request: VerifyRequest, folder: Path, model: LoadedModel, demands: Demands, ledger: Ledger | None) -> Verification:
    """A record that lies in a folder, for the folder that is deployed, or for the bytes that it names itself."""
    bundle = bundle_of(folder)
    record = _read(bundle)
    if isinstance(record, Unsound):
        absent = Check(about=Checked.RECORD, holds=False, detail=record.reason)
        return Verification(subject=str(folder), digest="", tier=demands.tier, checks=(absent,))
    if request.files is None:
        candidate = Candidate(name=model.config.name, version=record.decision["candidate"].get("version"), digest=record.sealed.subject)
    else:
        from gate.registry.digest import tree_digest  # noqa: PLC0415 -- only where files are named

        candidate = Candidate(name=model.config.name, version=record.decision["candidate"].get("version"), digest=tree_digest(request.files))
    found = _in_ledger(ledger, candidate, kept=(record,), demands=demands)
    return _verified(str(request.files or folder), candidate, found, found.counts or bundle.counts, demands)


def _read(bundle: Bundle) -> Recorded | Unsound:
    sealed = unseal(bundle.record)
    return sealed if isinstance(sealed, Unsound) else read_statement(sealed)


def _in_ledger(ledger: Ledger | None, candidate: Candidate, *, kept: tuple[Recorded, ...], demands: Demands) -> _Found:
    """The newest record about these bytes: the last of the chain, where there is a ledger; else the last one that the registry shows."""
    if ledger is None:
        own = [record for record in kept if record.sealed.subject == candidate.digest and believed(record, demands, ledgered=False)]
        required = demands.terms.ledger_required
        detail = "none is named, so a record that was removed would not be missed" + (": name one in gate.yaml (`ledger`), or GATE_LEDGER" if required else "")
        said = Check(about=Checked.LEDGER, holds=not required, detail=detail)
        return _newest(own, kept, said)
    chain = chained(ledger, candidate.name)
    if chain.fault is not None:
        return _Found(record=None, fault="the ledger cannot be relied on", ledger=Check(about=Checked.LEDGER, holds=False, detail=chain.fault))
    about = [record for record in chain.records if record.sealed.subject == candidate.digest]
    known = {record.sealed.digest for record in chain.records}
    strays = [record for record in kept if record.sealed.digest not in known and record.recorded and believed(record, demands, ledgered=False)]
    whole = f"whole to its end, {len(chain.records)} records, in {ledger.where}"
    if strays and (not about or max(stray.issued for stray in strays) >= about[-1].issued):
        detail = "a newer signed record about these bytes is not in it: records were taken out of it, or another ledger was used"
        return _Found(record=about[-1] if about else None, fault=detail, ledger=Check(about=Checked.LEDGER, holds=False, detail=detail), ledgered=True)
    if not about:
        return _Found(record=None, fault="", ledger=Check(about=Checked.LEDGER, holds=True, detail=whole))
    counts = ledger.counts(candidate.name, str(about[-1].decision["counts"].get("digest")))
    return _Found(record=about[-1], fault="", ledger=Check(about=Checked.LEDGER, holds=True, detail=whole), ledgered=True, counts=counts)


def _newest(own: list[Recorded], kept: tuple[Recorded, ...], said: Check) -> _Found:
    """The newest of what a registry shows; where two are as new as each other, the one that is worse."""
    if own:
        return _Found(record=max(own, key=lambda record: (record.issued, record.decision.get("verdict") != "passed")), fault="", ledger=said)
    fault = f"none of the {len(kept)} that were found counts: they are not signed as the policy wants it" if kept else ""
    return _Found(record=kept[0] if len(kept) == 1 else None, fault=fault, ledger=said)


def _verified(subject: str, candidate: Candidate, found: _Found, counts: bytes | None, demands: Demands) -> Verification:
    checks = list(_checks(candidate, found, counts, demands))
    record = found.record
    return Verification(
        subject=subject,
        digest=candidate.digest,
        tier=demands.tier,
        checks=tuple(sorted(checks, key=lambda check: list(Checked).index(check.about))),
        decision=None if record is None else record.decision_digest,
        verdict=None if record is None else verdict_of(record),
    )


def _checks(candidate: Candidate, found: _Found, counts: bytes | None, demands: Demands) -> Iterator[Check]:
    yield Check(about=Checked.BYTES, holds=True, detail=f"what would be deployed is {candidate.digest}")
    yield found.ledger
    record = found.record
    if record is None:
        yield Check(about=Checked.RECORD, holds=False, detail=found.fault or "no decision about these bytes was found: check the version")
        return
    yield Check(about=Checked.RECORD, holds=True, detail=f"the newest decision about these bytes is {record.decision_digest}")
    yield from about_record(record, candidate, demands, ledgered=found.ledgered)
    yield _replayed(record, counts)
    verdict = verdict_of(record)
    yield Check(about=Checked.VERDICT, holds=verdict == "passed", detail=f"{verdict}" if verdict else "the record names no verdict")


def _replayed(record: Recorded, counts: bytes | None) -> Check:
    """The verdict again, from policy, configuration, facts and counts of the record."""
    fault = counts_fault(record, counts)
    if fault is not None or counts is None:
        return Check(about=Checked.REPLAY, holds=False, detail=fault or "")
    with TemporaryDirectory(prefix="gate-") as folder:
        Path(folder, "decision.json").write_bytes(record.decision_bytes)
        Path(folder, "counts.parquet").write_bytes(counts)
        again = replay(Path(folder))
    detail = "recomputed from its counts, bit for bit" if not again.differences else f"does not follow from its counts: {again.differences[0]}"
    return Check(about=Checked.REPLAY, holds=not again.differences, detail=detail)
