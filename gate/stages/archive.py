"""Where the records of a model are kept: the ledger, MLflow, or a folder that somebody was given.

What is found there was written by others: it is unsealed and read here, and believed only after `gate.stages.proof` has
looked at it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gate.core.alarm import Alarm
from gate.core.facts import Candidate
from gate.core.override import Said
from gate.core.promotion import Promotion
from gate.core.review import Filled
from gate.core.searches import Searched
from gate.core.tier import Lowering
from gate.core.verification import CLOCKS
from gate.errors import UsageError
from gate.record.alarm import ALARM_TYPE, read_alarm
from gate.record.evidence import EVIDENCE_FILE
from gate.record.ledger import Ledger
from gate.record.override import FOLDER, OVERRIDE_TYPE, read_override
from gate.record.promotion import PROMOTION_TYPE, read_promotion
from gate.record.review import REVIEW_TYPE, REVIEWS, read_review
from gate.record.searches import SEARCH_TYPE, SEARCHES, read_search
from gate.record.signing import Sealed, Unsound, unseal
from gate.record.statement import RECORD_FILE, Link, Recorded, read_statement
from gate.record.tier import LOWERING_TYPE, read_lowering
from gate.registry.interface import KeptRecord

__all__ = ["Bundle", "Chained", "bundle_of", "chained", "filed", "readable"]

_MOST_BYTES = 64 * 2**20
_OTHERS: dict[str, Callable[[Sealed], tuple[Said | Promotion | Filled | Lowering | Searched | Alarm, Link | None] | Unsound]] = {
    OVERRIDE_TYPE: read_override,
    PROMOTION_TYPE: read_promotion,
    REVIEW_TYPE: read_review,
    LOWERING_TYPE: read_lowering,
    SEARCH_TYPE: read_search,
    ALARM_TYPE: read_alarm,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chained:
    """The ledger's chain of a model.

    Args:
        records: every record of a decision, oldest first.
        overrides: the envelopes of the overrides that stand between them.
        promotions, reviews, lowerings, searches: likewise of the promotions, of the answers to questions, of tiers that
            were lowered, and of searches for alternatives.
        alarms: the alarms of the monitor, each with its position.
        times: digest of everything that the chain holds → the moment before which it cannot have been signed: its own, or
            that of anything before it, whichever is later. So nobody can date a record back behind what it was added to.
            What names a time that is still to come says nothing about what follows it.
        places: the same digests → positions.
        fault: why the chain cannot be relied on; None when it is whole and every record is there.
    """

    records: tuple[Recorded, ...] = ()
    overrides: tuple[bytes, ...] = ()
    promotions: tuple[bytes, ...] = ()
    reviews: tuple[bytes, ...] = ()
    lowerings: tuple[bytes, ...] = ()
    searches: tuple[bytes, ...] = ()
    alarms: tuple[tuple[Alarm, int], ...] = ()
    times: Mapping[str, datetime] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A record, its counts or its evidence, and what was signed about it, as they lie in a folder."""

    record: bytes
    counts: bytes | None
    evidence: bytes | None = None
    overrides: tuple[bytes, ...] = ()
    reviews: tuple[bytes, ...] = ()
    searches: tuple[bytes, ...] = ()


def chained(ledger: Ledger, model: str, *, now: datetime) -> Chained:
    """Every record of the chain; one that is missing, damaged or at another place than it says is a fault of the whole.

    Raises:
        StorageError: the ledger cannot be read.
    """
    chain = ledger.chain(model)
    if isinstance(chain, Unsound):
        return Chained(fault=chain.reason)
    found: list[Recorded] = []
    others: dict[str, list[bytes]] = {kind: [] for kind in _OTHERS}
    alarms: list[tuple[Alarm, int]] = []
    before: str | None = None
    times: dict[str, datetime] = {}
    latest = datetime.min.replace(tzinfo=UTC)
    for entry in chain.entries:
        data = ledger.record(model, entry.record)
        read = Unsound(reason="it is gone or was changed") if data is None else _linked(data)
        if isinstance(read, Unsound):
            return Chained(fault=f"the record at position {entry.position}: {read.reason}")
        link, issued = read.link, read.issued
        if link is None or (link.position, link.previous) != (entry.position, before):
            return Chained(fault=f"the record at position {entry.position} says that it stands somewhere else")
        if read.alarm is not None:
            alarms.append((read.alarm, entry.position))
        elif read.record is None:
            others[read.kind].append(data or b"")
        else:
            found.append(read.record)
        before, times[entry.record] = entry.record, max(latest, issued)
        latest = max(latest, issued if issued <= now + CLOCKS else latest)
    return Chained(
        records=tuple(found),
        overrides=tuple(others[OVERRIDE_TYPE]),
        promotions=tuple(others[PROMOTION_TYPE]),
        reviews=tuple(others[REVIEW_TYPE]),
        lowerings=tuple(others[LOWERING_TYPE]),
        searches=tuple(others[SEARCH_TYPE]),
        alarms=tuple(alarms),
        times=times,
        places={entry.record: entry.position for entry in chain.entries},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Linked:
    """What stands at a place of the chain: of which kind, where it says it stands, and when; the record of a decision, or the alarm, if it is one."""

    kind: str
    link: Link | None
    issued: datetime
    record: Recorded | None = None
    alarm: Alarm | None = None


def _linked(data: bytes) -> _Linked | Unsound:
    """A record of a decision, or any other statement that belongs into a chain, with its place in the ledger and the time that it names."""
    sealed = unseal(data)
    if isinstance(sealed, Unsound):
        return sealed
    if sealed.predicate_type in _OTHERS:
        read = _OTHERS[sealed.predicate_type](sealed)
        if isinstance(read, Unsound):
            return read
        said, link = read
        return _Linked(kind=sealed.predicate_type, link=link, issued=said.issued, alarm=said if isinstance(said, Alarm) else None)
    record = read_statement(sealed)
    if isinstance(record, Unsound):
        return record
    return _Linked(kind=sealed.predicate_type, link=record.link, issued=record.making.issued, record=record)


def readable(kept: Iterable[KeptRecord], candidate: Candidate) -> tuple[tuple[Recorded, KeptRecord], ...]:
    """The records of a registry that are decisions about these bytes; what is damaged or about something else is none."""
    found = []
    for entry in kept:
        record = _read(entry.envelope)
        if isinstance(record, Recorded) and record.sealed.subject == candidate.digest:
            found.append((record, entry))
    return tuple(found)


def bundle_of(folder: Path) -> Bundle:
    """What a folder holds: a record, and the counts beside it.

    Raises:
        UsageError: it holds no record.
    """
    data = _file(folder / RECORD_FILE)
    if data is None:
        raise UsageError(f"there is no {RECORD_FILE}", where=str(folder), next_step="Name the folder that `gate check --output` wrote, or a copy of it.")
    return Bundle(
        record=data,
        counts=_file(folder / "counts.parquet"),
        evidence=_file(folder / EVIDENCE_FILE),
        overrides=filed(folder),
        reviews=filed(folder, REVIEWS),
        searches=filed(folder, SEARCHES),
    )


def filed(policies: Path, folder_name: str = FOLDER) -> tuple[bytes, ...]:
    """The statements that lie as files beside the policies, by default the overrides, for teams that review them like code."""
    folder = policies / folder_name
    files = sorted(folder.glob("*.json")) if folder.is_dir() else []
    return tuple(data for path in files if (data := _file(path)) is not None)


def _read(data: bytes) -> Recorded | Unsound:
    sealed = unseal(data)
    return sealed if isinstance(sealed, Unsound) else read_statement(sealed)


def _file(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= _MOST_BYTES else None
