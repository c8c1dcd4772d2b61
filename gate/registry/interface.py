"""What the rest of the gate may ask of a model registry."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from gate.core.decision import Verdict
from gate.core.facts import Candidate
from gate.core.mitigation import Lineage
from gate.core.model_files import ModelFiles

__all__ = ["CARD", "REPORT", "DatasetReference", "FetchedModel", "KeptRecord", "Look", "Record", "RecordLinks", "Registry", "WatchedRun"]

CARD = "model_card.html"
"""The artifact of a run that people open."""
REPORT = "report.html"
"""The artifact for whoever wants to see everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedModel:
    """A candidate whose files lie in a private folder.

    Args:
        candidate: name, version, digest of exactly these files, signature inputs.
        folder: the folder that holds the `MLmodel` file.
        requirements: the lines of the model's `requirements.txt` that name a package.
        author: who made the model, as far as the registry knows; None when it does not.
        files: what its files say before any is loaded; None when nobody looked.
        skops_file: the one file of skops that is all there is to load; None when it is not so.
        width: how many columns its signature takes where it gives them no names; None when it does not say.
        lineage: what its files say of the mitigation that made it; None when they say nothing.
    """

    candidate: Candidate
    folder: Path
    requirements: tuple[str, ...] = ()
    author: str | None = None
    width: int | None = None
    files: ModelFiles | None = None
    skops_file: Path | None = None
    lineage: Lineage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetReference:
    """The holdout as the registry shows it: a name, where it is, and `sha256:…` of its bytes."""

    name: str
    uri: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecord:
    """A record that lies beside a run; whoever may edit the registry can have put it there.

    Args:
        run_id: the run.
        envelope: the bytes of the signed record.
    """

    run_id: str
    envelope: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A candidate that was judged on a holdout: both by their digests, `sha256:…`."""

    candidate: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is shown of one decision.

    Args:
        verdict: the verdict.
        status: the words that mark the version; none means the verdict's own.
        tier: the risk tier whose policy was applied.
        decision_digest: `sha256:…` of `decision.json`.
        metrics: name → finite number; names may hold any characters, the registry makes them fit.
        files: artifact name, with `/` for folders → local file.
        card: the artifact name of the card, which links point at.
        describe: given where the record is, the Markdown for the top of the version's description; its first line is the verdict.
        data: the holdout; None when there is nothing to point at.
        tags: further tags of the run.
        finish: called when everything else has been kept, and before the version is marked, with a way to keep one more artifact by its name.
    """

    verdict: Verdict
    tier: str
    decision_digest: str
    metrics: Mapping[str, float]
    files: Mapping[str, Path]
    card: str = CARD
    describe: Callable[["RecordLinks"], str] = lambda _: ""
    data: DatasetReference | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    status: str = ""
    finish: Callable[[Callable[[str, bytes], None]], None] = lambda _: None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLinks:
    """Where a record can be looked at: `card` is the card's address within the registry, the URLs are for a browser.

    The URLs are None where the registry has no web server.
    """

    run_id: str
    card: str
    run_url: str | None = None
    card_url: str | None = None
    report_url: str | None = None
    version_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRun:
    """A run that says it keeps a decision; whoever may edit the registry can have written that.

    Args:
        run_id: the run.
        decision: `sha256:…` of the decision, as the run says.
        url: where the run is shown; None where the registry has no web server.
    """

    run_id: str
    decision: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRun:
    """A run that shows what the monitor found of a version; whoever may edit the registry can have written that.

    Args:
        version: the version, as the run says.
        state: `alarm since 2026-01-20`, `quiet as of …`, as the run says; empty where it does not.
        series: name of a metric → day and value, oldest first.
        url: where the run is shown; None where the registry has no web server.
    """

    version: str
    state: str
    series: Mapping[str, tuple[tuple[date, float], ...]]
    url: str | None


class Registry(Protocol):
    """Brings candidates and keeps records."""

    def fetch(self, reference: str, folder: Path) -> FetchedModel:
        """The version that `reference` names now, its files copied once into `folder`.

        Raises:
            CandidateError: the reference cannot be meant, or there is no such version, or its files are unacceptable.
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def looks(self, data: Sequence[str]) -> tuple[Look, ...]:
        """Every recorded look at these holdouts, each pair once, in the order of their first records; deleted records count too.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def records(self, candidate: Candidate, name: str) -> tuple[KeptRecord, ...]:
        """The artifacts of this name beside every run that says it is about the candidate's bytes; deleted runs count too.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def artifact(self, run_id: str, name: str) -> bytes | None:
        """One artifact of a run; None when there is none.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def artifacts(self, run_id: str, folder: str) -> tuple[bytes, ...]:
        """Every file of one folder of a run's artifacts, in the order of their names; none where there is no such folder.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def keep(self, run_id: str, name: str, data: bytes) -> None:
        """One artifact more beside a run.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def unpoint(self, name: str, alias: str) -> None:
        """Let an alias stand for nothing.

        Raises:
            RegistryError: the registry did not do it.
        """
        ...

    def point(self, name: str, alias: str, version: str) -> None:
        """Let an alias stand for a version.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def versions(self, name: str, *, last: int) -> tuple[str, ...]:
        """The newest versions of a model, newest first; none where there is no such model.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def aliases(self, name: str) -> Mapping[str, str]:
        """Alias → the version that it stands for now; none where there is no such model.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def decided(self, name: str) -> tuple[DecisionRun, ...]:
        """Every run that says it keeps a decision about a model of this name, deleted ones too.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def watched(self, name: str) -> tuple[WatchedRun, ...]:
        """Every run that shows what the monitor found of a version of this name; deleted ones are left out.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def gated(self) -> frozenset[str]:
        """The names of all models of which a version carries a mark of the gate.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def page_of(self, name: str, version: str) -> str | None:
        """Where a version is shown; None where the registry has no web server."""
        ...

    def pages(self, name: str, version: str, run_id: str) -> RecordLinks:
        """Where the record in this run can be looked at.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway.
        """
        ...

    def version_of(self, name: str, wanted: str) -> str | None:
        """The version that an alias stands for now, or a version itself; None when the model has no such alias or version.

        Raises:
            RegistryError: the registry did not answer, or refused: then nobody knows.
        """
        ...

    def record(self, candidate: Candidate, record: Record) -> RecordLinks:
        """Keep the record, and mark the version when, and only when, everything else has been kept.

        Raises:
            RegistryError: the registry did not answer, refused, or failed midway; the version is not marked then.
        """
        ...
