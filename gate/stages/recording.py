"""The record: the files of a decision, to the output folder and to the registry."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gate.core.canonical import digest
from gate.core.decision import Decision, Estimate, Verdict
from gate.core.place import Place
from gate.errors import EndedError, GateError, StorageError
from gate.judge.suppression import published
from gate.record.counts_file import write_counts
from gate.record.decision import COUNTS_FILE, decision_bytes
from gate.record.evidence import Evidence, written_evidence
from gate.record.facts import facts_json
from gate.record.files import SARIF_FILE, SUMMARY_FILE, remove_files, write_files
from gate.record.statement import RECORD_FILE, Link
from gate.registry.interface import DatasetReference, Record, RecordLinks
from gate.stages.signing import Hand, sealed
from gate.stages.trial import Trial

__all__ = ["Destination", "Recorded", "clear", "record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where a decision goes: a folder, and the registry at `uri` when it is to be kept there; either may be absent."""

    output: Path | None
    keep: bool
    uri: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision and where it is.

    Args:
        decision: the decision.
        output: the folder with its files; None when none was asked for.
        links: where the registry keeps it; None when it does not.
        missing: what of a block could not be written or recorded: the block stands all the same.
        signed: whether the record is signed; None where there is none.
        summary: the summary of a CI job, in Markdown.
        report_only: whether the policy only reports so far, so that the exit code is 0 whatever the verdict.
        places: rule id → where it stands in the policy; "" → the policy's file.
    """

    decision: Decision
    output: Path | None = None
    links: RecordLinks | None = None
    missing: GateError | None = None
    signed: bool | None = None
    summary: str = ""
    report_only: bool = False
    places: Mapping[str, Place] = field(default_factory=dict)


def clear(output: Path | None) -> None:
    """Remove what an earlier check left in the output folder."""
    if output is not None:
        remove_files(output)


def record(
    decision: Decision,
    trial: Trial,
    workspace: Path,
    *,
    to: Destination,
    hand: Hand,
    places: Mapping[str, Place],
    min_cell: int | None,
    tell: Callable[[str], None],
) -> Recorded:
    """Write the files, and record the decision in the registry when the candidate is registered.

    The order is artifacts, signed record, ledger, and the marks on the version last: what is interrupted does not count.
    `places` say where the rules stand, for the files that a pipeline reads.

    Where `min_cell` is set, all of that is what may be published of the decision, and so is what comes back; the rest of
    it goes to the evidence store of the ledger, before the record that names it.

    A demonstrated block is reported even when it cannot be recorded; anything else that cannot be recorded does not count.

    Raises:
        GateError: files or registry failed, and the verdict is not *blocked*.
    """
    tell("writing card and report")
    evidence = None if min_cell is None else written_evidence(_evidence(decision))
    decision = published(decision, min_cell)
    contents, output = _contents(decision), to.output
    keep = to.keep and trial.candidate.version is not None
    links, missing = None, None
    try:
        if output is not None:
            write_files(output, {**_for_pipelines(decision, places), **({} if keep else _unrecorded(decision, trial, hand, evidence)), **contents})
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a library raises, no file may say what was not recorded
        missing = _tolerated(error, decision, output)
    try:
        if keep:
            tell("recording the decision in the registry")
            links, data = _registered(decision, trial, workspace, contents, hand, evidence, to.uri)
            if output is not None:
                write_files(output, {RECORD_FILE: data})
        if output is not None:
            write_files(output, {SUMMARY_FILE: _summary(decision, links).encode()})
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever a library raises, no file may say what was not recorded
        missing = _tolerated(error, decision, output)
    signed = None if decision.development else hand.signer is not None
    return Recorded(decision=decision, output=output, links=links, missing=missing, signed=signed, summary=_summary(decision, links), places=places)


def _tolerated(error: Exception | SystemExit, decision: Decision, output: Path | None) -> GateError:
    """The error, where the verdict is a block, which stands all the same; anything else leaves no files and is raised."""
    if decision.verdict is Verdict.BLOCKED:
        ended = EndedError(error.code) if isinstance(error, SystemExit) else GateError(f"{type(error).__name__}: {str(error)[:300]}")
        return error if isinstance(error, GateError) else ended
    if output is not None and output.is_dir():
        clear(output)
    raise error


def _contents(decision: Decision) -> Mapping[str, bytes]:
    """The files of a decision, all from the same decision."""
    from gate.report import card_json, html, markdown, page  # noqa: PLC0415 -- templates are needed only here

    return {
        "decision.json": decision_bytes(decision),
        **({} if decision.suppressed else {COUNTS_FILE: write_counts(decision.counts)}),
        "model_card.md": markdown.render(decision).encode(),
        "model_card.html": html.render(decision).encode(),
        "card.json": card_json.render(decision),
        "report.html": page.render(decision).encode(),
    }


def _evidence(decision: Decision) -> Evidence:
    """The counts and facts that it was reached from."""
    return Evidence(counts=write_counts(decision.counts), facts=facts_json(decision.facts), salt=secrets.token_hex(32))


def _unrecorded(decision: Decision, trial: Trial, hand: Hand, evidence: bytes | None) -> Mapping[str, bytes]:
    """The signed record of a decision that is kept in a folder only; none of a development table, by which nothing is decided."""
    if decision.development:
        return {}
    named = None if evidence is None else _kept(evidence, trial, hand)
    return {RECORD_FILE: sealed(decision, hand, author=trial.author, recorded=False, link=None, evidence=named)}


def _kept(evidence: bytes, trial: Trial, hand: Hand) -> str:
    """The digest of evidence that the ledger now keeps.

    Raises:
        StorageError: there is no ledger, or it cannot be written.
    """
    if hand.ledger is None:
        raise StorageError("there is no evidence store for the full counts", where="ledger", next_step="Name a ledger in gate.yaml (`ledger`), or GATE_LEDGER.")
    hand.ledger.keep_evidence(trial.candidate.name, evidence)
    return digest(evidence)


def _for_pipelines(decision: Decision, places: Mapping[str, Place]) -> Mapping[str, bytes]:
    """What code scanning and test reports read: for the output folder only."""
    from gate.report import badge, junit, sarif  # noqa: PLC0415 -- as above

    return {SARIF_FILE: sarif.render(decision, places).encode(), "junit.xml": junit.render(decision), "badge.json": badge.render(decision).encode()}


def _summary(decision: Decision, links: RecordLinks | None) -> str:
    """What whoever opens the CI job sees."""
    from gate.report import markdown  # noqa: PLC0415 -- as above

    return markdown.summary(decision, {} if links is None else _addresses(links))


def _registered(
    decision: Decision, trial: Trial, workspace: Path, contents: Mapping[str, bytes], hand: Hand, evidence: bytes | None, uri: str | None
) -> tuple[RecordLinks, bytes]:
    """Where the registry keeps the decision, and its signed record."""
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import
    from gate.report import markdown  # noqa: PLC0415 -- as above
    from gate.report.provisos import status  # noqa: PLC0415 -- as above

    folder = workspace / "record"
    write_files(folder, contents)
    kept: dict[str, bytes] = {}

    def finish(put: Callable[[str, bytes], None]) -> None:
        named = None if evidence is None else _kept(evidence, trial, hand)

        def at(link: Link | None) -> bytes:
            kept[RECORD_FILE] = sealed(decision, hand, author=trial.author, recorded=True, link=link, evidence=named)
            put(RECORD_FILE, kept[RECORD_FILE])
            return kept[RECORD_FILE]

        if hand.ledger is None:
            at(None)
        else:
            if evidence is None:
                hand.ledger.keep_counts(trial.candidate.name, contents[COUNTS_FILE])
            hand.ledger.append(trial.candidate.name, at)

    record_ = Record(
        verdict=decision.verdict,
        status=status(decision),
        tier=decision.tier,
        decision_digest=digest(contents["decision.json"]),
        metrics=dict(_metrics(decision)),
        files={name: folder / name for name in contents},
        describe=lambda links: markdown.description_block(decision, _addresses(links)),
        data=DatasetReference(name=Path(trial.holdout.location).name, uri=trial.holdout.location, digest=trial.data_digest),
        finish=finish,
    )
    return MlflowRegistry(uri).record(trial.candidate, record_), kept[RECORD_FILE]


def _addresses(links: RecordLinks) -> dict[str, str]:
    """What a reviewer can click on; nothing where the registry has no pages."""
    named = {"model card": links.card_url, "report": links.report_url, "model version": links.version_url, "record and counts": links.run_url}
    return {label: url for label, url in named.items() if url is not None}


def _metrics(decision: Decision) -> Iterator[tuple[str, float]]:
    """Every number that a reviewer may want to sort or plot by, under a readable name."""
    for finding in decision.judgement.findings:
        if finding.metric is not None and finding.value is not None:
            yield "/".join(filter(None, (finding.rule, finding.feature))), finding.value
    for group in decision.judgement.groups:
        for name, metric in group.metrics.items():
            if isinstance(metric, Estimate):
                yield f"{name}/{group.counts.feature}/{group.counts.group}", metric.value
