"""The distributed engine: Spark over Parquet files and folders, one job per pass, and only counts come to the driver.

It runs the same SQL as the embedded engine, in its own dialect, in a session of its own, so that no setting of
whoever started Spark changes what is counted. What the embedded engine and Spark read differently is not left to
Spark: a CSV is read by the embedded reader, and a 32-bit float becomes a number the way it does there.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from gate.aggregate import files, sql
from gate.aggregate.dialect import Source, SparkDialect
from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.engine import Lines, SqlEngine
from gate.aggregate.interface import Matches, Table
from gate.core.model import SensitiveFeature, Value
from gate.errors import ConfigError, DataError, StorageError

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import Column, DataFrame, SparkSession

__all__ = ["SparkEngine", "spark_session"]

_INSTALL = "Install it with `pip install fairness-gate[spark]`, and Java 17; or leave the engine out."
_SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, not a wrong number
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.binaryAsString": "false",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.parser.escapedStringLiterals": "true",
}
"""What the counting rests on, set in a session of the gate's own."""
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",  # it would be printed into what a script reads
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
}
_KINDS = {"string": "VARCHAR", "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT"}
"""Spark's types by the names that the embedded engine has for them; the others are written in capitals."""
_EXACT_DIGITS = 15
"""A decimal of so many digits becomes the same float in every engine."""
_WILD = re.compile(r"([\[\]*?{}\\])")


def spark_session() -> "SparkSession":
    """The session that is there, or one as the surroundings say: `SPARK_REMOTE`, `PYSPARK_SUBMIT_ARGS`, `spark-defaults.conf`; else this machine.

    Raises:
        ConfigError: pyspark is not installed.
        StorageError: Spark does not start.
    """
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 -- it is large, and an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("the engine spark needs pyspark, which is not installed", where="engine", next_step=_INSTALL) from error
    builder = SparkSession.builder.appName("fairness-gate")
    if "SPARK_REMOTE" not in os.environ:
        for name, value in _LOCAL.items():
            builder = builder.config(name, value)
    try:
        with _own_python():
            return builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise StorageError(f"Spark does not start: {_first(error)}", where="engine", next_step="See that `java -version` says 17 or later.") from error


@contextmanager
def _own_python() -> Iterator[None]:
    """The Python of the executors, which a context notes as it starts: this one, unless the surroundings name another."""
    named = os.environ.get("PYSPARK_PYTHON")
    os.environ["PYSPARK_PYTHON"] = named or sys.executable
    try:
        yield
    finally:
        if named is None:
            del os.environ["PYSPARK_PYTHON"]


class SparkEngine(SqlEngine):
    """Counts with Spark.

    Args:
        session: started by whoever calls; its settings are left as they are.
    """

    def __init__(self, session: "SparkSession") -> None:
        self._session = session.newSession()
        for name, value in _SETTINGS.items():
            self._session.conf.set(name, value)
        self._views: dict[tuple[str, bool], str] = {}
        self._folder = TemporaryDirectory(prefix="gate-spark-")

    def close(self) -> None:
        """Forget the views and remove what was written."""
        for name in self._views.values():
            self._session.catalog.dropTempView(name)
        self._views.clear()
        self._folder.cleanup()

    def open(self, location: str, *, text: Sequence[str] | None = None) -> Table:
        """The table's columns and size.

        Raises:
            DataError: it is absent, empty, no table, or holds what Spark would read differently.
        """
        del text  # it is about the inputs of a candidate, which is not asked here
        path = Path(location)
        textual = not path.is_dir() and files.is_csv(location)
        if textual:
            self._convert(location)
        frame = self._read(location)
        names = tuple(frame.columns)
        files.refuse_confusable(names, location)
        expected, rows = _by_footer(self._path_of(location))
        if not set(expected) <= set(names) or len(expected) != len(set(expected)) or (not path.is_dir() and expected != names):
            raise DataError("the columns are read under other names than they have", where=location, next_step="Give every column a plain name.")
        if not rows:
            raise DataError("the table has 0 rows, so there is nothing to judge", where=location, next_step="Give a holdout with rows.")
        columns = {field.name: _kind(field.dataType.simpleString()) for field in frame.schema.fields}
        _refuse_inexact(columns, location)
        return Table(location=location, columns=columns, rows=rows, textual=textual)

    def match(self, table: Table, attributes: Table, *, on: str) -> Matches:
        """A join would leave ids in the files of a shuffle.

        Raises:
            ConfigError: always.
        """
        del table, attributes, on
        message = "the engine spark cannot join a table of attributes yet: ids would be left in the executors' files"
        raise ConfigError(message, where="data.attributes", next_step="Use the engine duckdb.")

    def batches(self, table: Table, columns: Sequence[str], *, size: int) -> "Iterator[pa.RecordBatch]":
        """Rows do not come to the driver.

        Raises:
            ConfigError: always.
        """
        del table, columns, size
        raise ConfigError("the engine spark does not bring rows to the driver", where="engine", next_step="Use the engine duckdb.")

    def frame(self, table: Table, columns: Sequence[str]) -> "pd.DataFrame":
        """Rows do not come to the driver.

        Raises:
            ConfigError: always.
        """
        del table, columns
        message = "the engine spark runs no suite of Great Expectations yet: its rows would have to come to the driver"
        raise ConfigError(message, where="data.expectations", next_step="Use the engine duckdb.")

    def _convert(self, location: str) -> None:
        """A CSV as Parquet, every field as text, read by the reader that never guesses."""
        target = self._path_of(location)
        if target.exists():
            return
        engine = DuckdbEngine()
        table = engine.open(location)
        batches = engine.batches(table, tuple(table.columns), size=65_536)
        with pq.ParquetWriter(target, pa.schema([(name, pa.string()) for name in table.columns])) as writer:
            for batch in batches:
                writer.write_batch(batch)

    def _path_of(self, location: str) -> Path:
        """Where Spark finds the table: of a CSV its copy."""
        path = Path(location)
        if path.is_dir() or not files.is_csv(location):
            return path
        place = re.sub(r"\W", "_", str(path.resolve()))
        return Path(self._folder.name) / f"{place}.parquet"

    def _read(self, location: str) -> "DataFrame":
        path = self._path_of(location).resolve()
        if ":" in str(path) or path.name.startswith(("_", ".")):
            message = "Spark cannot read a path with a colon, or whose name begins with a dot or an underscore"
            raise DataError(message, where=location, next_step="Rename it.")
        from pyspark.errors import PySparkException  # noqa: PLC0415 -- as above

        try:
            return self._session.read.parquet("file:" + _WILD.sub(r"\\\1", str(path)))
        except PySparkException as error:
            raise DataError(f"this file cannot be read: {_first(error)}", where=location, next_step="Mend the file.") from error

    def _view(self, table: Table, *, judged: bool) -> str:
        """A name for the rows, as they stand in the table or as they are judged."""
        key = (table.location, judged)
        if key not in self._views:
            frame = self._read(table.location)
            frame = frame.select(*(_as_judged(frame, name, kind) for name, kind in table.columns.items())) if judged else frame
            self._views[key] = f"gate_{len(self._views)}"
            frame.createOrReplaceTempView(self._views[key])
        return self._views[key]

    def _source(self, table: Table) -> Source:
        return Source(text=self._view(table, judged=False), dialect=_dialect(table))

    def _judged(self, table: Table) -> Source:
        return Source(text=self._view(table, judged=True), dialect=_dialect(table))

    def _run(self, text: str, parameters: Sequence[Value] = (), *, location: str) -> "_Answer":
        """Execute SQL; a file that cannot be read is the file's fault, anything else that Spark says is a failure."""
        from pyspark.errors import PySparkException  # noqa: PLC0415 -- as above

        try:
            return _Answer(self._session.sql(text, args=list(parameters)).toArrow())
        except PySparkException as error:
            message = f"Spark could not count these rows: {_first(error)}"
            raise StorageError(message, where=location, next_step="Check again; if it stays so, use the engine duckdb.") from error

    def _cells(self, query: sql.Query, *, location: str) -> Lines:
        answer = self._run(query.text, query.parameters, location=location)
        return {name: np.asarray(column, dtype=np.int64) for name, column in zip(answer.names, zip(*answer.fetchall(), strict=True), strict=True)}

    def _undeclared(self, table: Table, feature: SensitiveFeature) -> list[str]:
        """As the embedded engine writes a number, which Spark writes differently."""
        if table.columns[feature.column] not in {"FLOAT", "DOUBLE"}:
            return super()._undeclared(table, feature)
        source = self._judged(table)
        query = sql.undeclared(source, feature, most=5, written=f"gate_written({sql.quoted(feature.column)})")
        from pyspark.sql.functions import arrow_udf  # noqa: PLC0415 -- as above

        self._session.udf.register("gate_written", arrow_udf(_written(), "string"))
        return [repr(row[0]) for row in self._run(query.text, query.parameters, location=table.location).fetchall()]


class _Answer:
    """The lines of a query."""

    def __init__(self, table: pa.Table) -> None:
        self.names = tuple(table.column_names)
        self._columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]

    @property
    def description(self) -> tuple[tuple[str], ...]:
        """The names of the columns."""
        return tuple((name,) for name in self.names)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every line."""
        return list(zip(*self._columns, strict=True))

    def fetchone(self) -> tuple[Any, ...] | None:
        """The first line."""
        return next(iter(self.fetchall()), None)


def _plain(value: object) -> object:
    return int(value) if isinstance(value, Decimal) else value


def _dialect(table: Table) -> SparkDialect:
    return SparkDialect(text=frozenset(sql.quoted(name) for name, kind in table.columns.items() if kind == "VARCHAR"))


def _kind(name: str) -> str:
    return _KINDS.get(name, name.upper())


def _refuse_inexact(columns: Mapping[str, str], location: str) -> None:
    """A decimal of many digits becomes a float in one way here and in another there."""
    for name, kind in columns.items():
        found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
        if found and int(found[1]) > _EXACT_DIGITS and int(found[2]):
            message = f"column {name!r} holds {kind.lower()}, of which the engine spark takes at most {_EXACT_DIGITS} digits"
            raise DataError(message, where=location, next_step="Write the column as double, or use the engine duckdb.")


def _by_footer(path: Path) -> tuple[tuple[str, ...], int]:
    """The columns and the number of rows that the files themselves name, whatever Spark reads."""
    found = [path] if path.is_file() else sorted(file for file in path.rglob("*.parquet") if file.is_file())
    try:
        footers = [pq.ParquetFile(file) for file in found]
        return tuple(footers[0].schema_arrow.names) if footers else (), sum(footer.metadata.num_rows for footer in footers)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"this file cannot be read as Parquet: {_first(error)}", where=str(path), next_step="Mend the file.") from error


def _as_judged(frame: "DataFrame", name: str, kind: str) -> "Column":
    """No number is no value, and a 32-bit 0.7 is 0.7."""
    from pyspark.sql import functions as f  # noqa: PLC0415 -- as above

    column = frame[sql.backquoted(name)]
    if kind not in {"FLOAT", "DOUBLE"}:
        return column
    exact = f.arrow_udf(_shortest(), "double")(column) if kind == "FLOAT" else column
    return f.when(f.isnan(column), None).otherwise(exact).alias(name)


def _shortest() -> "Callable[[pa.Array], pa.Array]":
    """From 32-bit numbers to the 64-bit ones that they are written as; a closure, so that executors need not have the gate."""

    def shortest(numbers: pa.Array) -> pa.Array:
        return pc.cast(pc.cast(numbers, pa.string()), pa.float64())

    return shortest


def _written() -> "Callable[[pa.Array], pa.Array]":
    """From numbers to how the embedded engine writes them, which is Python's way; a closure too."""

    def written(numbers: pa.Array) -> pa.Array:
        return pa.array([None if number is None else repr(number) for number in numbers.to_pylist()], pa.string())

    return written


def _first(error: BaseException) -> str:
    """The first line of what Spark says, which names the place and not the row."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
