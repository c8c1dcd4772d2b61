"""The store of counts per window: a DuckDB file, or PostgreSQL. Counts are never changed, only added to.

A window of a model is there once per kind, under the digest of what it was counted from. Everything that one run adds
becomes visible at once, or not at all. The store holds no row of a log and no id: how many rows fell into which place.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gate.core.canonical import canonical, digest
from gate.errors import StorageError, UsageError

__all__ = ["SCHEMA", "Counted", "Kind", "Notice", "Store", "is_postgresql", "open_store", "readable", "shown_address", "source_of"]

SCHEMA = 3
"""The version of the tables; 1 had no declaration beside a window, 2 did not know who was told of an alarm."""
_FORM = 2
"""The version of what `content` gives, so that the digest of the same counts stays."""

_WINDOWS = """
CREATE TABLE gate_windows (
    model VARCHAR NOT NULL, kind VARCHAR NOT NULL, starts DATE NOT NULL, place INTEGER NOT NULL, source VARCHAR NOT NULL, n BIGINT NOT NULL,
    PRIMARY KEY (model, kind, starts)
)"""
_CELLS = """
CREATE TABLE gate_cells (
    model VARCHAR NOT NULL, kind VARCHAR NOT NULL, starts DATE NOT NULL, codes VARCHAR NOT NULL, label INTEGER NOT NULL, prediction INTEGER NOT NULL,
    n BIGINT NOT NULL, PRIMARY KEY (model, kind, starts, codes, label, prediction)
)"""
_TABLES = ("CREATE TABLE gate_monitor (schema INTEGER NOT NULL)", _WINDOWS, _CELLS, "INSERT INTO gate_monitor VALUES (1)")
_MIGRATIONS: Mapping[int, tuple[str, ...]] = {
    1: ("ALTER TABLE gate_windows ADD COLUMN declaration VARCHAR DEFAULT ''", "UPDATE gate_monitor SET schema = 2"),
    2: (
        """CREATE TABLE gate_notices (
    model VARCHAR NOT NULL, place VARCHAR NOT NULL, finding VARCHAR NOT NULL, first DATE NOT NULL, told DATE, reference VARCHAR,
    PRIMARY KEY (model, place, finding)
)""",
        "UPDATE gate_monitor SET schema = 3",
    ),
}
_ABROAD = ("postgresql://", "postgres://")


class Kind(StrEnum):
    """What a window was counted for: selections, as soon as it is over; outcomes, when its labels are mature."""

    SELECTIONS = "selections"
    OUTCOMES = "outcomes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A window as it was counted.

    Args:
        kind: for what.
        starts: its first day.
        source: a digest of the rows that it was counted from.
        declaration: a digest of what `gate.yaml` said of groups, labels and predictions.
        cells: (codes of the features, of the label, of the prediction) → rows, as the counting query gives them.
    """

    kind: Kind
    starts: date
    source: str
    declaration: str
    cells: Mapping[tuple[tuple[int, ...], int, int], int]

    @property
    def rows(self) -> int:
        """How many rows there were."""
        return sum(self.cells.values())

    @property
    def labelled(self) -> int:
        """How many of them had a label."""
        return sum(n for (_, label, _), n in self.cells.items() if label >= 0)

    def is_of(self, rows: str) -> bool:
        """Whether it was counted from the rows of this digest."""
        return self.source == source_of(self.kind, rows)

    def columns(self) -> dict[str, Any]:
        """The columns of the counting query: `f0`, `f1`, …, `label`, `prediction`, `n`."""
        lines = sorted(self.cells.items())
        codes = np.array([key[0] for key, _ in lines], dtype=np.int64).reshape(len(lines), -1)
        found = {f"f{i}": codes[:, i] for i in range(codes.shape[1])}
        rest = np.array([(label, prediction, n) for (_, label, prediction), n in lines], dtype=np.int64).reshape(-1, 3)
        return {**found, "label": rest[:, 0], "prediction": rest[:, 1], "n": rest[:, 2]}


def source_of(kind: Kind, rows: str) -> str:
    """How a window names what it was counted from."""
    return digest(f"{kind.value} {rows}".encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is known of telling people of an alarm: the day when it was first seen, the last day that they were told of, and what it is called there."""

    first: date
    told: date | None = None
    reference: str | None = None


class _Connection(Protocol):
    """What DuckDB's connection and PostgreSQL's cursor have in common."""

    def execute(self, text: str, parameters: Any = ..., /) -> Any:  # noqa: ANN401 -- two libraries
        """Run a statement."""
        ...

    @property
    def executemany(self) -> Callable[..., Any]:
        """Run a statement once per line of parameters."""
        ...


class Store:
    """An open store, within one transaction."""

    def __init__(self, connection: _Connection, *, mark: str) -> None:
        self._connection = connection
        self._mark = mark

    def prepare(self, *, where: str) -> None:
        """Make the tables where there are none, and bring older ones up to date.

        Raises:
            StorageError: the tables are of a later version.
        """
        if not self._rows("SELECT table_name FROM information_schema.tables WHERE table_name = 'gate_monitor'"):
            for statement in _TABLES:
                self._connection.execute(statement)
        ((found,),) = self._rows("SELECT schema FROM gate_monitor")
        while found < SCHEMA:
            for statement in _MIGRATIONS[found]:
                self._connection.execute(statement)
            found += 1
        if found > SCHEMA:
            raise StorageError(
                f"the store has schema {found}, and this gate knows {SCHEMA}", where=where, next_step="Use the version of the gate that wrote it."
            )

    def _rows(self, text: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        found = self._connection.execute(text.replace("?", self._mark), parameters)
        return list(found.fetchall())

    def windows(self, model: str) -> tuple[Counted, ...]:
        """Every window of a model, those of a kind in the order in which they were counted."""
        lines = self._rows("SELECT kind, starts, source, declaration FROM gate_windows WHERE model = ? ORDER BY kind, place", [model])
        cells: dict[tuple[str, date], dict[tuple[tuple[int, ...], int, int], int]] = {}
        for kind, starts, codes, label, prediction, n in self._rows(
            "SELECT kind, starts, codes, label, prediction, n FROM gate_cells WHERE model = ?", [model]
        ):
            cells.setdefault((kind, starts), {})[_codes(codes), int(label), int(prediction)] = int(n)
        return tuple(
            Counted(kind=Kind(kind), starts=starts, source=source, declaration=declaration, cells=cells.get((kind, starts), {}))
            for kind, starts, source, declaration in lines
        )

    def add(self, model: str, windows: Sequence[Counted]) -> None:
        """Add windows at the end of a model's.

        Raises:
            StorageError: one of them is there already.
        """
        places = {kind: int(last) for kind, last in self._rows("SELECT kind, max(place) FROM gate_windows WHERE model = ? GROUP BY kind", [model])}
        marks = ", ".join([self._mark] * 7)
        for window in windows:
            key = (model, window.kind.value, window.starts)
            places[window.kind.value] = places.get(window.kind.value, 0) + 1
            line = (*key, places[window.kind.value], window.source, window.rows, window.declaration)
            self._connection.execute(f"INSERT INTO gate_windows (model, kind, starts, place, source, n, declaration) VALUES ({marks})", line)  # noqa: S608 -- marks are ours
            lines = [(*key, ",".join(map(str, codes)), label, prediction, n) for (codes, label, prediction), n in sorted(window.cells.items())]
            self._connection.executemany(f"INSERT INTO gate_cells (model, kind, starts, codes, label, prediction, n) VALUES ({marks})", lines)  # noqa: S608 -- as above

    def notices(self, model: str, place: str) -> dict[str, Notice]:
        """What has to be told, or was told, at a place, by finding."""
        text = "SELECT finding, first, told, reference FROM gate_notices WHERE model = ? AND place = ?"
        return {finding: Notice(first=first, told=told, reference=reference) for finding, first, told, reference in self._rows(text, [model, place])}

    def note(self, model: str, place: str, finding: str, notice: Notice) -> None:
        """Keep a notice instead of the one that was there."""
        self.forget(model, place, finding)
        line = (model, place, finding, notice.first, notice.told, notice.reference)
        marks = ", ".join([self._mark] * 6)
        self._connection.execute(f"INSERT INTO gate_notices (model, place, finding, first, told, reference) VALUES ({marks})", line)  # noqa: S608 -- marks are ours

    def forget(self, model: str, place: str, finding: str) -> None:
        """Drop a notice: what alarms again later is another alarm."""
        text = f"DELETE FROM gate_notices WHERE model = {self._mark} AND place = {self._mark} AND finding = {self._mark}"  # noqa: S608 -- as above
        self._connection.execute(text, (model, place, finding))

    def content(self) -> bytes:
        """Every count that it holds, in canonical JSON: two stores with the same content give the same bytes."""
        windows = self._rows("SELECT model, kind, starts, place, source, n, declaration FROM gate_windows")
        cells = self._rows("SELECT model, kind, starts, codes, label, prediction, n FROM gate_cells")
        # Sorted here: databases order text in different ways.
        text = [sorted([item.isoformat() if isinstance(item, date) else item for item in line] for line in table) for table in (windows, cells)]
        return canonical({"schema": _FORM, "windows": text[0], "cells": text[1]})

    def digest(self) -> str:
        """`sha256:…` of the content."""
        return digest(self.content())


def _codes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(",") if part)


@contextmanager
def open_store(address: str) -> Iterator[Store]:
    """The store at an address, a file of DuckDB or `postgresql://…`, for one transaction: kept at the end, or not at all.

    Raises:
        StorageError: it is locked, full, no store, or cannot be reached.
    """
    with _postgresql(address) if is_postgresql(address) else _duckdb(Path(address)) as store:
        yield store


@contextmanager
def _duckdb(path: Path) -> Iterator[Store]:
    import duckdb  # noqa: PLC0415 -- only where this store is used

    try:
        connection = duckdb.connect(str(path), config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    except duckdb.Error as error:
        raise _refused(error, str(path)) from error
    try:
        connection.execute("BEGIN")
        store = Store(connection, mark="?")
        store.prepare(where=str(path))
        yield store
        connection.execute("COMMIT")
    except duckdb.Error as error:
        raise _refused(error, str(path)) from error
    finally:
        connection.close()  # what is not committed is gone


@contextmanager
def _postgresql(address: str) -> Iterator[Store]:
    try:
        import psycopg  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise UsageError("a store in PostgreSQL needs psycopg", where=shown_address(address), next_step="Install fairness-gate[postgresql].") from error
    try:
        with psycopg.connect(readable(address), connect_timeout=10) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(7283946)")  # one run at a time
            store = Store(cursor, mark="%s")
            store.prepare(where=shown_address(address))
            yield store
    except psycopg.Error as error:
        raise _refused(error, shown_address(address)) from error


def is_postgresql(address: str) -> bool:
    """Whether a store is in PostgreSQL, rather than a file."""
    return address.startswith(_ABROAD)


def readable(address: str) -> str:
    """The address as it is, if libpq takes it as it was meant; what libpq says of another one may hold the password, and is not repeated.

    Raises:
        UsageError: it cannot be read, or a sign in the password makes something else of it.
    """
    import psycopg  # noqa: PLC0415 -- as above
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        parts = conninfo_to_dict(address)
    except (psycopg.ProgrammingError, UnicodeError):
        parts = {"port": "unknown"}
    port, name = str(parts.get("port") or ""), str(parts.get("dbname") or "")
    if not (port.replace(",", "") or "0").isdecimal() or "@" in name:
        step = "Write signs like / ? # @ % in a password as %2F %3F %23 %40 %25, or set PGPASSWORD."
        raise UsageError("the address of the store cannot be read", where=shown_address(address), next_step=step) from None
    return address


def shown_address(address: str) -> str:
    """The address without who asks and without settings: either may hold a password."""
    head, _, settings = address.partition("://")[2].partition("?")
    return "postgresql://" + ("…" if "@" in settings else head.rpartition("@")[2])


def _refused(error: Exception, where: str) -> StorageError:
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    return StorageError(
        f"the store of counts could not be used, and nothing was added: {reason}",
        where=where,
        next_step="Wait until no other run holds it, see that there is room, and run again.",
    )
