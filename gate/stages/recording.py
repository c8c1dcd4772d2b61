"""The record: the files of a decision, to the output folder and to the registry."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from gate.core.canonical import digest
from gate.core.decision import Decision, Estimate, Verdict
from gate.core.place import Place
from gate.errors import GateError
from gate.record.counts_file import write_counts
from gate.record.decision import decision_bytes
from gate.record.files import remove_files, write_files
from gate.registry.interface import DatasetReference, Record, RecordLinks
from gate.stages.trial import Trial

__all__ = ["Recorded", "clear", "record"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A decision and where it is.

    Args:
        decision: the decision.
        output: the folder with its files; None when none was asked for.
        links: where the registry keeps it; None when it does not.
        missing: what of a block could not be written or recorded: the block stands all the same.
    """

    decision: Decision
    output: Path | None = None
    links: RecordLinks | None = None
    missing: GateError | None = None


def clear(output: Path | None) -> None:
    """Remove what an earlier check left in the output folder."""
    if output is not None:
        remove_files(output)


def record(
    decision: Decision,
    trial: Trial,
    workspace: Path,
    *,
    output: Path | None,
    keep: bool,
    uri: str | None,
    places: Mapping[str, Place],
    tell: Callable[[str], None],
) -> Recorded:
    """Write the files, and record the decision in the registry when the candidate is registered.

    `places` say where the rules stand, for the files that a pipeline reads.

    A demonstrated block is reported even when it cannot be recorded; anything else that cannot be recorded does not count.

    Raises:
        GateError: files or registry failed, and the verdict is not *blocked*.
    """
    tell("writing the card")
    contents = _contents(decision)
    links, missing = None, None
    try:
        if output is not None:
            write_files(output, {**_for_pipelines(decision, places), **contents})
    except GateError as error:
        missing = _tolerated(error, decision, output)
    try:
        if keep and trial.candidate.version is not None:
            tell("recording the decision in the registry")
            links = _registered(decision, trial, workspace, contents, uri)
    except GateError as error:
        missing = _tolerated(error, decision, output)
    return Recorded(decision=decision, output=output, links=links, missing=missing)


def _tolerated(error: GateError, decision: Decision, output: Path | None) -> GateError:
    """The error, where the verdict is a block, which stands all the same; anything else leaves no files and is raised."""
    if decision.verdict is Verdict.BLOCKED:
        return error
    if output is not None and output.is_dir():
        clear(output)
    raise error


def _contents(decision: Decision) -> Mapping[str, bytes]:
    """The files of a decision, all from the same decision."""
    from gate.report import html, markdown  # noqa: PLC0415 -- templates are needed only here

    return {
        "decision.json": decision_bytes(decision),
        "counts.parquet": write_counts(decision.counts),
        "model_card.md": markdown.render(decision).encode(),
        "model_card.html": html.render(decision).encode(),
    }


def _for_pipelines(decision: Decision, places: Mapping[str, Place]) -> Mapping[str, bytes]:
    """What code scanning and test reports read: for the output folder only."""
    from gate.report import junit, sarif  # noqa: PLC0415 -- as above

    return {"findings.sarif": sarif.render(decision, places).encode(), "junit.xml": junit.render(decision)}


def _registered(decision: Decision, trial: Trial, workspace: Path, contents: Mapping[str, bytes], uri: str | None) -> RecordLinks:
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import
    from gate.report import markdown  # noqa: PLC0415 -- as above

    folder = workspace / "record"
    write_files(folder, contents)
    record_ = Record(
        verdict=decision.verdict,
        tier=decision.tier,
        decision_digest=digest(contents["decision.json"]),
        metrics=dict(_metrics(decision)),
        files={name: folder / name for name in contents},
        describe=lambda links: markdown.description_block(decision, _addresses(links)),
        data=DatasetReference(name=Path(trial.holdout.location).name, uri=trial.holdout.location, digest=trial.data_digest),
    )
    return MlflowRegistry(uri).record(trial.candidate, record_)


def _addresses(links: RecordLinks) -> dict[str, str]:
    """What a reviewer can click on; nothing where the registry has no pages."""
    named = {"model card": links.card_url, "record and counts": links.run_url}
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
