"""Where the dashboard finds decisions and versions: the registry, or a folder of what `gate check --output` wrote.

Both hand on bytes that others wrote. Tags and names of files say where to look, never what to believe.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Protocol

from gate.dashboard.board import Stray
from gate.dashboard.records import read
from gate.errors import UsageError
from gate.record.override import FOLDER
from gate.record.signing import Unsound
from gate.record.statement import RECORD_FILE, Recorded
from gate.registry.interface import DecisionRun, Registry, WatchedRun
from gate.stages.archive import bundle_of
from gate.stages.desk import VerifyRequest
from gate.stages.proof import Demands, believed

__all__ = ["FolderSource", "Kept", "RegistrySource", "Source", "Version"]

_COUNTS = "counts.parquet"
_TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record that lies somewhere, with what lies beside it.

    Args:
        where: for people.
        record: the record, or why it is none.
        counts: brings its counts; None where there are none.
        evidence: its full counts, where cells were suppressed; None where they are not here.
        overrides: envelopes that lie beside it.
        url: where it is shown.
    """

    where: str
    record: Recorded | Unsound
    counts: Callable[[], bytes | None]
    evidence: bytes | None = None
    overrides: tuple[bytes, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version that is looked at.

    Args:
        name: as people call it.
        aliases: what stands for it.
        request: how the desk is asked about it; None where none of its records is signed as the policy wants it.
        url: where it is shown.
    """

    name: str
    aliases: tuple[str, ...]
    request: VerifyRequest | None
    url: str | None = None


class Source(Protocol):
    """Where records and versions are."""

    hashed: bool

    @property
    def where(self) -> str:
        """Its place, for people."""
        ...

    def kept(self, name: str, *, known: frozenset[str]) -> tuple[Kept, ...]:
        """The records about a model; those of decisions that are `known` by their digest from a ledger may be left out.

        Raises:
            GateError: it could not be asked.
        """
        ...

    def urls(self, name: str) -> Mapping[str, str]:
        """Digest of a decision → where it is shown.

        Raises:
            GateError: it could not be asked.
        """
        ...

    def overrides(self, name: str, decisions: frozenset[str]) -> tuple[bytes, ...]:
        """Envelopes that lie beside the records of these decisions: what takes an override back counts wherever it is found.

        Raises:
            GateError: it could not be asked.
        """
        ...

    def versions(self, name: str, request: VerifyRequest, demands: Demands, *, last: int) -> tuple[Version, ...]:
        """The newest versions of a model, and those that an alias stands for, newest first; `request` is completed for each.

        Raises:
            GateError: it could not be asked.
        """
        ...

    def watched(self, name: str) -> tuple[WatchedRun, ...]:
        """What it says that the monitor found of versions of a model; nobody vouches for it.

        Raises:
            GateError: it could not be asked.
        """
        ...

    def strays(self, names: Iterable[str]) -> tuple[Stray, ...]:
        """What belongs to none of these models, or cannot be read.

        Raises:
            GateError: it could not be asked.
        """
        ...


class RegistrySource:
    """The registry."""

    hashed = True

    def __init__(self, registry: Registry, where: str) -> None:
        self._registry = registry
        self._where = where
        self._runs: dict[str, tuple[DecisionRun, ...]] = {}

    @property
    def where(self) -> str:
        """See `Source.where`."""
        return self._where

    def _decided(self, name: str) -> tuple[DecisionRun, ...]:
        """The runs of a model, asked once."""
        if name not in self._runs:
            self._runs[name] = self._registry.decided(name)
        return self._runs[name]

    def kept(self, name: str, *, known: frozenset[str]) -> tuple[Kept, ...]:
        """See `Source.kept`: the envelopes beside the runs that say they are about the model."""
        found = []
        for run in self._decided(name):
            data = None if run.decision in known else self._registry.artifact(run.run_id, RECORD_FILE)
            if data is not None:
                found.append(
                    Kept(
                        where=f"run {run.run_id}",
                        record=read(data),
                        counts=partial(self._registry.artifact, run.run_id, _COUNTS),
                        overrides=self._registry.artifacts(run.run_id, FOLDER),
                        url=run.url,
                    )
                )
        return tuple(found)

    def urls(self, name: str) -> Mapping[str, str]:
        """See `Source.urls`: as the runs say; a wrong address misleads, and proves nothing."""
        return {run.decision: run.url for run in self._decided(name) if run.url is not None}

    def overrides(self, name: str, decisions: frozenset[str]) -> tuple[bytes, ...]:
        """See `Source.overrides`."""
        runs = [run.run_id for run in self._decided(name) if run.decision in decisions]
        return tuple(envelope for run in runs for envelope in self._registry.artifacts(run, FOLDER))

    def versions(self, name: str, request: VerifyRequest, demands: Demands, *, last: int) -> tuple[Version, ...]:  # noqa: ARG002 -- as the protocol
        """See `Source.versions`."""
        aliases = self._registry.aliases(name)
        numbers = {*self._registry.versions(name, last=last), *aliases.values()}
        return tuple(
            Version(
                name=number,
                aliases=tuple(sorted(alias for alias, version in aliases.items() if version == number)),
                request=replace(request, entry=None, reference=f"{name}/{number}"),
                url=self._registry.page_of(name, number),
            )
            for number in sorted(numbers, key=_order, reverse=True)
        )

    def watched(self, name: str) -> tuple[WatchedRun, ...]:
        """See `Source.watched`."""
        return self._registry.watched(name)

    def strays(self, names: Iterable[str]) -> tuple[Stray, ...]:
        """See `Source.strays`: models that the gate has marked, and that nobody watches over here."""
        why = "it carries marks of the gate in the registry, and is not configured here: gate.yaml does not have it"
        return tuple(Stray(where=name, why=why) for name in sorted(self._registry.gated() - set(names)))


class FolderSource:
    """A folder, and all below it, that holds what `gate check --output` wrote; no registry is asked."""

    hashed = False

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError("there is no such folder", where=str(folder), next_step="Name the folder that holds what `gate check --output` wrote.")
        self._folder = folder

    @property
    def where(self) -> str:
        """See `Source.where`."""
        return f"the folder {self._folder}"

    @cached_property
    def _places(self) -> tuple[tuple[Path, str | Unsound], ...]:
        """Every folder with a record, in order, and the model that it is about, or why it is none; links to folders are not followed.

        Names alone are kept: with many models the records of all of them would not fit into memory.
        """
        paths = sorted(path for path in self._folder.rglob(RECORD_FILE) if path.is_file())
        found = ((path.parent, read(bundle_of(path.parent).record)) for path in paths)
        return tuple((place, record if isinstance(record, Unsound) else _name(record)) for place, record in found)

    def _of(self, name: str) -> list[tuple[Path, Kept, Recorded]]:
        """The records of one model, read again."""
        found = ((place, self._kept(place)) for place, about in self._places if about == name)
        return [(place, kept, kept.record) for place, kept in found if isinstance(kept.record, Recorded) and _name(kept.record) == name]

    def _kept(self, place: Path) -> Kept:
        bundle = bundle_of(place)
        return Kept(
            where=self._where_is(place), record=read(bundle.record), counts=partial(_counts, place), evidence=bundle.evidence, overrides=bundle.overrides
        )

    def _where_is(self, place: Path) -> str:
        return place.relative_to(self._folder).as_posix()

    def kept(self, name: str, *, known: frozenset[str]) -> tuple[Kept, ...]:  # noqa: ARG002 -- as the protocol
        """See `Source.kept`."""
        return tuple(kept for _, kept, _ in self._of(name))

    def urls(self, name: str) -> Mapping[str, str]:  # noqa: ARG002 -- as the protocol
        """See `Source.urls`: a folder has no pages."""
        return {}

    def overrides(self, name: str, decisions: frozenset[str]) -> tuple[bytes, ...]:  # noqa: ARG002 -- as the protocol
        """See `Source.overrides`: `kept` has handed them on."""
        return ()

    def versions(self, name: str, request: VerifyRequest, demands: Demands, *, last: int) -> tuple[Version, ...]:
        """See `Source.versions`: those that records are about, each by its newest record that is signed as the policy wants it."""
        by_version: dict[str, list[tuple[Path, Recorded]]] = {}
        for folder, _, record in self._of(name):
            by_version.setdefault(_version(record), []).append((folder, record))
        newest = sorted(by_version, key=_order, reverse=True)[:last]
        return tuple(Version(name=version, aliases=(), request=_newest(by_version[version], request, demands)) for version in newest)

    def watched(self, name: str) -> tuple[WatchedRun, ...]:  # noqa: ARG002 -- as the protocol
        """See `Source.watched`: a folder of decisions knows nothing of that."""
        return ()

    def strays(self, names: Iterable[str]) -> tuple[Stray, ...]:
        """See `Source.strays`."""
        known = set(names)
        unreadable = [Stray(where=self._where_is(place), why=about.reason) for place, about in self._places if isinstance(about, Unsound)]
        nobodys = [
            Stray(where=self._where_is(place), why=f"it is about {about!r}, which gate.yaml does not have")
            for place, about in self._places
            if isinstance(about, str) and about not in known
        ]
        return (*unreadable, *nobodys)


def _counts(place: Path) -> bytes | None:
    return bundle_of(place).counts


def _newest(found: list[tuple[Path, Recorded]], request: VerifyRequest, demands: Demands) -> VerifyRequest | None:
    """The request for the newest record that is signed as the policy wants it; of two that are as new, the one that is worse."""
    own = [(folder, record) for folder, record in found if believed(record, demands)]
    if not own:
        return None
    folder, _ = max(own, key=lambda entry: (entry[1].making.issued, entry[1].decision.get("verdict") != "passed"))
    return replace(request, bundle=folder)


def _name(record: Recorded) -> str:
    return str(record.decision["candidate"]["name"])


def _version(record: Recorded) -> str:
    said = record.decision["candidate"]["version"]
    return _TABLE if said is None else str(said)


def _order(version: str) -> tuple[int, str]:
    """Numbers by size, everything else before them."""
    return (int(version), "") if version.isascii() and version.isdigit() else (-1, version)
