"""One version, or one folder, with everything that is known of its newest decision: what verify, promote and override look at."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.core.approvers import Approvers
from gate.core.decision import Decision
from gate.core.facts import Candidate
from gate.core.override import Standing
from gate.core.policy import Policy
from gate.core.review import Review, ReviewTerms
from gate.core.searches import SignedSearch
from gate.core.verification import Check, Checked
from gate.errors import UsageError
from gate.policy import LoadedModel, load_approvers, load_config, policy_for
from gate.record.evidence import Evidence, read_evidence
from gate.record.ledger import Ledger
from gate.record.override import FOLDER
from gate.record.review import REVIEWS
from gate.record.searches import SEARCHES
from gate.record.signing import Unsound, unseal
from gate.record.statement import RECORD_FILE, Recorded, read_statement
from gate.record.stored import Stored, opened, suppresses
from gate.record.tier import DOWNGRADES
from gate.registry.interface import Registry
from gate.stages.again import judged_again
from gate.stages.agreement import lapsed
from gate.stages.archive import Chained, bundle_of, filed, readable
from gate.stages.lowering import Fallen, fallen, lowerings_of, stricter_before
from gate.stages.newest import Found, newest
from gate.stages.overriding import overrides_of, standing_of
from gate.stages.promoting import History, history_of
from gate.stages.proof import Demands, counts_fault
from gate.stages.reviewing import answers_of, review_of
from gate.stages.searches import searches_of
from gate.stages.signing import ledger_of
from gate.stages.source import entry_name

__all__ = ["Desk", "Rules", "VerifyRequest", "desk_of", "recomputed", "rules_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyRequest:
    """What to verify: a registered version (`reference`), or a folder with a record (`bundle`).

    Args:
        config: `gate.yaml`.
        now: the time.
        reference: `models:/name/3`, `name/3` or `name@alias`.
        bundle: a folder that holds `decision.dsse.json` and `counts.parquet`; with it no registry is asked.
        files: with `bundle`: the folder that is deployed; None looks at the record alone, and then nothing is allowed.
        entry: the name of the model's entry in `config`.
        policy: a policy file instead of the lookup by tier.
        tracking_uri: address of the registry.
        output: a folder for `findings.sarif`; None writes nothing.
    """

    config: Path
    now: datetime
    reference: str | None = None
    bundle: Path | None = None
    files: Path | None = None
    entry: str | None = None
    policy: Path | None = None
    tracking_uri: str | None = None
    output: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What lies there.

    Args:
        subject: the version or folder, for people.
        candidate: name, version and digest of exactly the bytes that would be deployed.
        model, policy, approvers: what is in force now.
        policy_file: where the policy stands.
        demands: what a record has to fit.
        ledger: where records are chained; None nowhere.
        found: the newest decision about these bytes.
        hashed: whether the bytes that would be deployed were hashed, rather than taken from a record.
        counts: its counts; None where they are gone.
        evidence: its full counts and facts, where cells were suppressed; None where they are not open here.
        again: the decision, recomputed from its counts; None where it could not be.
        standing: what people have waived of it; None where there is no decision.
        history: its promotions and rollbacks, by the ledger; None where there is no decision.
        review: what people have answered about it; None where there is no decision.
        fallen: the stricter tiers that the model was judged under before.
        searches: the searches for alternatives that were signed, about whatever model.
        registry: where it is registered; None for a folder.
        run_id: the run that keeps the decision; None where no registry shows it.
    """

    subject: str
    candidate: Candidate
    model: LoadedModel
    policy: Policy
    policy_file: Path
    approvers: Approvers
    demands: Demands
    ledger: Ledger | None
    found: Found
    hashed: bool
    counts: bytes | None
    evidence: bytes | None
    again: Decision | None
    standing: Standing | None
    history: History | None
    review: Review | None
    fallen: Fallen
    searches: tuple[SignedSearch, ...] = ()
    registry: Registry | None = None
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What is in force for a model now."""

    model: LoadedModel
    policy: Policy
    policy_file: Path
    approvers: Approvers
    demands: Demands
    ledger: Ledger | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What lies beside the record, wherever it was found."""

    hashed: bool
    counts: bytes | None = None
    evidence: bytes | None = None
    overrides: tuple[bytes, ...] = ()
    reviews: tuple[bytes, ...] = ()
    searches: tuple[bytes, ...] = ()
    registry: Registry | None = None
    run: str | None = None


def desk_of(request: VerifyRequest, *, tell: Callable[[str], None], chain: Chained | None = None) -> Desk:
    """Everything about a version, or about a folder.

    Args:
        request: which one.
        tell: called with what is being done.
        chain: the ledger's chain of the model, for whoever has read it just now and looks at several versions; None reads it.

    Raises:
        UsageError: the request, or a file that it names, cannot be meant (exit 2).
        GateError: registry or ledger could not be asked (exit 4).
    """
    rules = rules_of(request)
    return _of_version(request, rules, tell, chain) if request.bundle is None else _of_bundle(request, request.bundle, rules, chain)


def rules_of(request: VerifyRequest) -> Rules:
    """What is in force for the model that is meant.

    Raises:
        UsageError: configuration, policy or list of approvers cannot be meant (exit 2).
    """
    model = load_config(request.config, entry_name(request.entry, request.reference))
    policy, approvers = policy_for(model, request.policy), load_approvers(model.policies)
    demands = Demands(
        terms=policy.policy.record,
        tier=policy.policy.tier,
        policy=policy.document.digest,
        config=model.document.digest,
        approvers=approvers,
        now=request.now,
        lapsed=lapsed(policy.policy, model.config, today=request.now.date()),
    )
    ledger = ledger_of(model, os.environ)
    return Rules(model=model, policy=policy.policy, policy_file=policy.path, approvers=approvers, demands=demands, ledger=ledger)


def _of_version(request: VerifyRequest, rules: Rules, tell: Callable[[str], None], chain: Chained | None) -> Desk:
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    registry: Registry = MlflowRegistry(request.tracking_uri)
    tell(f"fetching {request.reference} from the registry")
    with TemporaryDirectory(prefix="gate-") as workspace:
        candidate = registry.fetch(request.reference or "", Path(workspace)).candidate
    tell("looking for its records")
    kept = readable(registry.records(candidate, RECORD_FILE), candidate)
    found = newest(rules.ledger, candidate, kept=tuple(record for record, _ in kept), demands=rules.demands, chain=chain)
    shown: tuple[bytes, ...] = ()
    answers: tuple[bytes, ...] = ()
    searches: tuple[bytes, ...] = ()
    run, counts = None, found.counts
    if found.record is not None:
        run = next((entry.run_id for record, entry in kept if record.sealed.digest == found.record.sealed.digest), None)
        counts = counts or (None if run is None else registry.artifact(run, "counts.parquet"))
        shown = () if run is None else registry.artifacts(run, FOLDER)
        answers = () if run is None or rules.policy.review == ReviewTerms() else registry.artifacts(run, REVIEWS)
        searches = () if run is None or not rules.policy.alternatives.require else registry.artifacts(run, SEARCHES)
    beside = _Beside(hashed=True, counts=counts, overrides=shown, reviews=answers, searches=searches, registry=registry, run=run)
    return _desk(f"{candidate.name}/{candidate.version}", candidate, rules, found, beside)


def _of_bundle(request: VerifyRequest, folder: Path, rules: Rules, chain: Chained | None) -> Desk:
    """A record that lies in a folder, for the folder that is deployed, or for the bytes that it names itself."""
    bundle = bundle_of(folder)
    sealed = unseal(bundle.record)
    record = sealed if isinstance(sealed, Unsound) else read_statement(sealed)
    files = None
    if request.files is not None:
        from gate.registry.digest import tree_digest  # noqa: PLC0415 -- only where files are named

        files = tree_digest(request.files)
    if isinstance(record, Unsound):
        unasked = Check(about=Checked.LEDGER, holds=False, detail="not asked, for want of a record")
        absent = Found(record=None, fault=record.reason, ledger=unasked)
        nobody = Candidate(name=rules.model.config.name, version=None, digest=files or "unknown")
        return _desk(str(folder), nobody, rules, absent, _Beside(hashed=files is not None))
    said = record.decision["candidate"]
    name = rules.model.config.name if request.entry is None else str(said.get("name"))  # an entry that was named may have another name than the model
    candidate = Candidate(name=name, version=said.get("version"), digest=files or record.sealed.subject)
    found = newest(rules.ledger, candidate, kept=(record,), demands=rules.demands, chain=chain)
    return _desk(
        str(request.files or folder),
        candidate,
        rules,
        found,
        _Beside(
            hashed=files is not None,
            counts=found.counts or bundle.counts,
            evidence=bundle.evidence,
            overrides=bundle.overrides,
            reviews=bundle.reviews,
            searches=bundle.searches,
        ),
    )


def _desk(subject: str, candidate: Candidate, rules: Rules, found: Found, beside: _Beside) -> Desk:
    again = None if found.record is None else recomputed(found.record, beside.counts, found.evidence or beside.evidence)
    history = None if found.record is None else _history(found.record, candidate, rules, found)
    return Desk(
        subject=subject,
        candidate=candidate,
        model=rules.model,
        policy=rules.policy,
        policy_file=rules.policy_file,
        approvers=rules.approvers,
        demands=rules.demands,
        ledger=rules.ledger,
        found=found,
        hashed=beside.hashed,
        counts=beside.counts,
        evidence=found.evidence or beside.evidence,
        again=again,
        standing=None if found.record is None else _standing(found.record, again, rules, found, beside.overrides),
        history=history,
        review=None if found.record is None else _review(found.record, history, rules, found, beside.reviews),
        fallen=_fallen(candidate, rules, found),
        searches=_searches(rules, found, beside.searches),
        registry=beside.registry,
        run_id=beside.run,
    )


def recomputed(record: Recorded, counts: bytes | None, evidence: bytes | None) -> Decision | None:
    """The decision from its counts, if these are its counts and give a decision at all."""
    if counts_fault(record, counts, evidence) is not None:
        return None
    path, full = Path("decision.json"), read_evidence(evidence, record.evidence)
    try:
        if suppresses(record.decision) and isinstance(full, Evidence):
            return judged_again(opened(path, record.decision_bytes, record.decision, full))
        return judged_again(Stored(path=path, data=record.decision_bytes, record=record.decision, counts=counts or b""))
    except UsageError:
        return None


def _standing(record: Recorded, again: Decision | None, rules: Rules, found: Found, shown: tuple[bytes, ...]) -> Standing:
    """What people have waived: by the ledger, beside the run, and in files beside the policies."""
    now = rules.demands.now
    envelopes = (*found.overrides, *shown, *filed(rules.model.policies))
    return standing_of(record, again, overrides_of(envelopes, rules.approvers, chained=found.times, now=now), rules.policy.override, rules.approvers, now=now)


def _history(record: Recorded, candidate: Candidate, rules: Rules, found: Found) -> History:
    """What became of the decision: by the ledger alone."""
    return history_of(found.promotions, record, candidate, rules.policy, rules.approvers, times=found.times, now=rules.demands.now)


def _review(record: Recorded, history: History | None, rules: Rules, found: Found, shown: tuple[bytes, ...]) -> Review:
    """What people have answered: by the ledger, beside the run, and in files beside the policies."""
    now = rules.demands.now
    answers = answers_of((*found.reviews, *shown, *filed(rules.model.policies, REVIEWS)), rules.approvers, chained=found.times, now=now)
    return review_of(record, answers, rules.policy, rules.approvers, history, now=now)


def _fallen(candidate: Candidate, rules: Rules, found: Found) -> Fallen:
    """The tiers that were stricter: by the ledger, and in files beside the policies."""
    envelopes = (*found.lowerings, *filed(rules.model.policies, DOWNGRADES))
    statements = lowerings_of(envelopes, rules.model.config, rules.approvers, chained=found.times, now=rules.demands.now)
    return fallen(stricter_before(found.known, rules.policy), statements, model=candidate.name, tier=rules.policy.tier)


def _searches(rules: Rules, found: Found, shown: tuple[bytes, ...]) -> tuple[SignedSearch, ...]:
    """The searches for alternatives: by the ledger, beside the run, and in files beside the policies."""
    envelopes = (*found.searches, *shown, *filed(rules.model.policies, SEARCHES))
    return searches_of(envelopes, rules.approvers, chained=found.times, now=rules.demands.now)
