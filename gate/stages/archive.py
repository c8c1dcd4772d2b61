"""Where the records of a model are kept: the ledger, MLflow, or a folder that somebody was given.

What is found there was written by others: it is unsealed and read here, and believed only after `gate.stages.proof` has
looked at it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gate.core.facts import Candidate
from gate.errors import UsageError
from gate.record.ledger import Ledger
from gate.record.signing import Unsound, unseal
from gate.record.statement import RECORD_FILE, Recorded, read_statement
from gate.registry.interface import KeptRecord

__all__ = ["Bundle", "Chained", "bundle_of", "chained", "readable"]

_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Chained:
    """The ledger's chain of a model.

    Args:
        records: every record of a decision, oldest first.
        fault: why the chain cannot be relied on; None when it is whole and every record is there.
    """

    records: tuple[Recorded, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A record and its counts as they lie in a folder."""

    record: bytes
    counts: bytes | None


def chained(ledger: Ledger, model: str) -> Chained:
    """Every record of the chain; one that is missing, damaged or at another place than it says is a fault of the whole.

    Raises:
        StorageError: the ledger cannot be read.
    """
    chain = ledger.chain(model)
    if isinstance(chain, Unsound):
        return Chained(fault=chain.reason)
    found: list[Recorded] = []
    before: str | None = None
    for entry in chain.entries:
        data = ledger.record(model, entry.record)
        if data is None:
            return Chained(records=tuple(found), fault=f"the record at position {entry.position} is gone or was changed")
        record = _read(data)
        if isinstance(record, Unsound):
            return Chained(records=tuple(found), fault=f"the record at position {entry.position}: {record.reason}")
        if record.link is None or (record.link.position, record.link.previous) != (entry.position, before):
            return Chained(records=tuple(found), fault=f"the record at position {entry.position} says that it stands somewhere else")
        found.append(record)
        before = entry.record
    return Chained(records=tuple(found))


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
    return Bundle(record=data, counts=_file(folder / "counts.parquet"))


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
