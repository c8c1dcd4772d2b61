"""The ledger: for every model a chain of its records, outside MLflow, to which entries are only ever added.

An entry says: at this position stands this record, and this is the digest of the entry before. Files are numbered and
created exclusively, so two gates cannot take one position. Beside the entries lie the records themselves and their
counts, under their digests: with them the ledger alone suffices to check a deployment, and it is the evidence store.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from gate.core.canonical import canonical, digest
from gate.errors import StorageError
from gate.record.signing import Unsound
from gate.record.statement import Link
from gate.record.stores import Store

__all__ = ["Chain", "Entry", "Ledger"]

SCHEMA = "gate.ledger/v1"
_DIGITS = 8
_ATTEMPTS = 100
_KEYS = {"schema", "model", "position", "previous", "record"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One position of a chain: the digests of the entry before it (None for the first), of the record, and of the entry itself."""

    position: int
    previous: str | None
    record: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The entries of a model from the first to the last one."""

    entries: tuple[Entry, ...]

    @property
    def link(self) -> Link:
        """Where the next record stands."""
        return Link(position=len(self.entries) + 1, previous=self.entries[-1].record if self.entries else None)


class Ledger:
    """The ledger in a store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def where(self) -> str:
        """Its place, for people."""
        return self._store.where

    def chain(self, model: str) -> Chain | Unsound:
        """The chain of a model, if every entry follows from the one before.

        Raises:
            StorageError: the store cannot be read.
        """
        names = self._store.names(f"{_folder(model)}/entries")
        entries: list[Entry] = []
        for position, name in enumerate(names, start=1):
            data = self._store.read(f"{_folder(model)}/entries/{name}")
            entry = _entry(data, model) if name == _name(position) and data is not None else None
            if entry is None or entry.position != position or entry.previous != (entries[-1].digest if entries else None):
                return Unsound(reason=f"the chain is broken at position {position}")
            entries.append(entry)
        return Chain(entries=tuple(entries))

    def append(self, model: str, sealed_at: Callable[[Link], bytes]) -> bytes:
        """Add a record at the end of the chain; returns it as it stands there.

        Args:
            model: the model's name.
            sealed_at: gives the sealed record for a place, and puts it wherever else it has to be; asked again when
                another gate has taken the place.

        Raises:
            StorageError: the store cannot be read or written, or the chain is broken.
        """
        with self._store.in_turn(_folder(model)):
            for _ in range(_ATTEMPTS):
                data, taken = self._attempt(model, sealed_at)
                if taken:
                    return data
        raise StorageError("other gates took every place in the ledger", where=self.where, next_step="Run the check again.")

    def _attempt(self, model: str, sealed_at: Callable[[Link], bytes]) -> tuple[bytes, bool]:
        """The record for the next place, and whether it got that place."""
        chain = self.chain(model)
        if isinstance(chain, Unsound):
            raise StorageError(f"the ledger is not whole: {chain.reason}", where=self.where, next_step="Restore it from a copy: it is never repaired.")
        data = sealed_at(chain.link)
        self._keep(f"{_folder(model)}/records/{_hex(digest(data))}.json", data)
        previous = chain.entries[-1].digest if chain.entries else None
        entry = {"schema": SCHEMA, "model": model, "position": chain.link.position, "previous": previous, "record": digest(data)}
        return data, self._store.create(f"{_folder(model)}/entries/{_name(chain.link.position)}", canonical(entry) + b"\n")

    def record(self, model: str, record: str) -> bytes | None:
        """A record by its digest, if the ledger has it."""
        return self._kept(f"{_folder(model)}/records/{_hex(record)}.json", record)

    def keep_counts(self, model: str, data: bytes) -> None:
        """Keep the counts of a decision under their digest."""
        self._keep(f"{_folder(model)}/counts/{_hex(digest(data))}.parquet", data)

    def counts(self, model: str, counts: str) -> bytes | None:
        """Counts by their digest, if the ledger has them."""
        return self._kept(f"{_folder(model)}/counts/{_hex(counts)}.parquet", counts)

    def keep_evidence(self, model: str, data: bytes) -> None:
        """Keep the full counts of a decision, of which cells were suppressed, under their digest."""
        self._keep(f"{_folder(model)}/evidence/{_hex(digest(data))}.json", data)

    def evidence(self, model: str, evidence: str) -> bytes | None:
        """Full counts by their digest, if the ledger has them."""
        return self._kept(f"{_folder(model)}/evidence/{_hex(evidence)}.json", evidence)

    def _keep(self, name: str, data: bytes) -> None:
        """Under its digest only one content can stand."""
        if not self._store.create(name, data) and self._store.read(name) != data:
            raise StorageError("a file of the ledger was changed", where=name, next_step="Restore the ledger from a copy.")

    def _kept(self, name: str, wanted: str) -> bytes | None:
        data = self._store.read(name)
        return data if data is not None and digest(data) == wanted else None


def _folder(model: str) -> str:
    """The model's name as one name of a folder, whatever letters it has; never `.` or `..`."""
    return "model-" + quote(model, safe="")


def _name(position: int) -> str:
    return f"{position:0{_DIGITS}d}.json"


def _hex(text: str) -> str:
    """The digest's hexadecimal digits; a text that is no digest names no file."""
    found = text.removeprefix("sha256:")
    return found if len(found) == 64 and set(found) <= set("0123456789abcdef") else "none"


def _entry(data: bytes, model: str) -> Entry | None:
    """The entry, if it is written exactly as `append` writes one for this model."""
    try:
        found: Any = json.loads(data)
        sound = found.keys() == _KEYS and found["schema"] == SCHEMA and found["model"] == model and canonical(found) + b"\n" == data
        entry = Entry(position=found["position"], previous=found["previous"], record=found["record"], digest=digest(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return entry if sound and type(entry.position) is int else None
