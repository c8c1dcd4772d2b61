"""Logs and labels in tables of a database: read once, read only, all of one database in one snapshot, a batch at a time.

A table is named by the address of its database and `#schema.table`. DuckDB's own attach needs extensions that it fetches
from the web, so SQLAlchemy reads. What is fetched lies as Parquet in the run's private folder, one file per batch, and
is read from there like any log: the counts are those of a log in Parquet. Passwords never stand in an address, which a list
of processes would show; the database's own variables and files hold them.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from gate.errors import DataError, StorageError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import ColumnClause, Connection, Engine

__all__ = ["SqlTable", "Wanted", "fetch", "is_address"]

BATCH = 100_000
"""Rows that are in memory at once."""
_SECONDS = 10
"""How long a connection, or a lock of SQLite, is waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlTable:
    """A table of a database: `postgresql://user@host/database` or `sqlite:///path`, and what the table is called."""

    database: str
    table: str
    schema: str | None = None

    @classmethod
    def at(cls, address: str) -> "SqlTable":
        """The table that an address names.

        Raises:
            UsageError: it names no database that can be read or no table, or holds a password.
        """
        from sqlalchemy.engine import make_url  # noqa: PLC0415 -- only where a table is named
        from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

        database, _, name = address.partition("#")
        try:
            url = make_url(database)
        except (ArgumentError, ValueError) as error:
            raise _unknown() from error
        if url.password is not None or any("password" in key.lower() for key in url.query):
            step = "Leave it out, and set PGPASSWORD, or PGPASSFILE."
            raise UsageError("the address of a log holds a password, which every list of processes shows", where="gate monitor", next_step=step)
        if url.drivername not in {"postgresql", "postgres", "sqlite"}:
            raise _unknown()
        if "@" in name or "/" in name:  # a password with # in it looks like this, and is not to be shown
            raise UsageError(
                "what stands behind # is no name of a table", where="gate monitor", next_step="Write it as schema.table, and a # before it as %23."
            )
        schema, dot, table = name.rpartition(".")
        if not table or (dot and not schema) or (url.drivername == "sqlite" and not url.database):
            raise UsageError(
                "the address of a log names no table", where=database, next_step="Write it behind the database: postgresql://host/database#schema.table."
            )
        return cls(database=database, table=table, schema=schema or None)

    def __str__(self) -> str:
        return f"{self.database}#{f'{self.schema}.' if self.schema else ''}{self.table}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Columns that are fetched: those that have to be there, and those that are taken where they are."""

    needed: tuple[str, ...]
    welcome: tuple[str, ...] = ()


def is_address(written: str) -> bool:
    """Whether it is an address rather than a path."""
    return "://" in written


def fetch(tables: Mapping[SqlTable, Wanted], folder: Path) -> dict[SqlTable, tuple[Path, ...]]:
    """The rows of some tables as files of Parquet; all tables of one database as they were at one moment.

    Raises:
        UsageError: a driver is missing.
        DataError: a table or a column is not there, or a value cannot be read (exit 2).
        StorageError: a database cannot be reached or does not answer (exit 4).
    """
    found: dict[SqlTable, tuple[Path, ...]] = {}
    for database in dict.fromkeys(table.database for table in tables):
        with _snapshot(database) as connection:
            for table in (table for table in tables if table.database == database):
                place = folder / f"table-{len(found)}"
                place.mkdir(mode=0o700)
                found[table] = tuple(_batches(connection, table, tables[table], place))
    return found


@contextmanager
def _snapshot(database: str) -> Iterator["Connection"]:
    """A connection within one transaction that reads and cannot write."""
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError  # noqa: PLC0415 -- as above

    try:
        engine = _engine(database)
    except ImportError as error:
        raise UsageError("a log in PostgreSQL needs psycopg", where=database, next_step="Install fairness-gate[postgresql].") from error
    try:
        with engine.connect() as plain:
            options = {} if engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            connection = plain.execution_options(**options, stream_results=True)
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN")  # the driver itself begins nothing before it reads
            yield connection
    except DBAPIError as error:
        raise _refused(error.orig or error, database) from error
    except SQLAlchemyError as error:
        raise _refused(error, database) from error
    finally:
        engine.dispose()


def _engine(database: str) -> "Engine":
    from sqlalchemy import create_engine  # noqa: PLC0415 -- as above
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    url = make_url(database)
    if url.drivername == "sqlite":
        opened = partial(sqlite3.connect, f"file:{quote(str(url.database))}?mode=ro", uri=True, timeout=_SECONDS, isolation_level=None)
        return create_engine("sqlite://", creator=opened, poolclass=NullPool)
    return create_engine(url.set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args={"connect_timeout": _SECONDS})


def _batches(connection: "Connection", table: SqlTable, wanted: Wanted, folder: Path) -> Iterator[Path]:
    from sqlalchemy import column, inspect, select  # noqa: PLC0415 -- as above
    from sqlalchemy import table as named  # noqa: PLC0415
    from sqlalchemy.exc import NoSuchTableError  # noqa: PLC0415
    from sqlalchemy.sql import quoted_name  # noqa: PLC0415

    try:
        present = [str(found["name"]) for found in inspect(connection).get_columns(table.table, schema=table.schema)]
    except NoSuchTableError as error:
        raise DataError("there is no such table or view", where=str(table), next_step="Name it as the database does; upper and lower case count.") from error
    for name in wanted.needed:
        if name not in present:
            listed = ", ".join(present[:20])
            raise DataError(f"there is no column {name!r}; the columns are {listed}", where=str(table), next_step="Mend gate.yaml, the options or the table.")
    names = [name for name in dict.fromkeys((*wanted.needed, *wanted.welcome)) if name in present]
    columns: list[ColumnClause[Any]] = [column(quoted_name(name, quote=True)) for name in names]
    schema = None if table.schema is None else quoted_name(table.schema, quote=True)
    place = named(quoted_name(table.table, quote=True), *columns, schema=schema)
    rows = connection.execute(select(*columns).select_from(place)).yield_per(BATCH)
    number = -1
    for number, lines in enumerate(rows.partitions(BATCH)):
        yield _written(dict(zip(names, zip(*lines, strict=True), strict=True)), folder / f"{number}.parquet")
    if number < 0:
        yield _written(dict.fromkeys(names, ()), folder / "0.parquet")


def _written(columns: Mapping[str, Sequence[object]], path: Path) -> Path:
    pq.write_table(pa.table({name: _array(values) for name, values in columns.items()}), path)
    return path


def _array(values: Sequence[object]) -> Any:  # noqa: ANN401 -- pyarrow has no types
    """A column as Arrow's type of its values; as text, value by value, where they have more than one, or none that does not depend on the others.

    Every file is compared as text later, and a value has to give the same text in whatever batch it stands.
    """
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) == 1 and Decimal not in kinds:  # of whole numbers beside others Arrow makes floats, and of decimals those with the most places
        with suppress(pa.ArrowException, OverflowError, ValueError, TypeError):
            return pa.array(values)
    return pa.array([_text(value) for value in values], pa.string())


def _text(value: object) -> str | None:
    """A value as text; None for what is no number, as for no value."""
    if isinstance(value, Decimal) and value.is_finite():
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return None if value is None or value != value else str(value)  # noqa: PLR0124 -- NaN, of floats and of decimals


def _unknown() -> UsageError:
    return UsageError(
        "a log is a file, a folder, or a table of PostgreSQL or SQLite",
        where="gate monitor",
        next_step="Write postgresql://user@host/database#schema.table, or sqlite:///path#table.",
    )


def _refused(error: BaseException, database: str) -> DataError | StorageError:
    """A value that cannot be read is the table's; anything else is the database's."""
    reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    if "DataError" in {kind.__name__ for kind in type(error).__mro__}:  # both drivers call it so
        return DataError(f"a value cannot be read: {reason}", where=database, next_step="Mend the table, or name a view that casts it.")
    return StorageError(f"the table could not be read, and nothing was counted: {reason}", where=database, next_step="See that it can be read, and run again.")
