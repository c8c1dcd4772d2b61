"""The distributed engine: Spark over Parquet files and folders, one job per pass, and only counts come to the driver.

It runs the same SQL as the embedded engine, in its own dialect, in a session of its own, so that no setting of
whoever started Spark changes what is counted. What the embedded engine and Spark read differently is not left to
Spark: a CSV is read by the embedded reader, and a 32-bit float becomes a number by its hand.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gate.aggregate import files, sql
from gate.aggregate.dialect import Source, SparkDialect
from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.engine import Lines, SqlEngine
from gate.aggregate.interface import Matches, Table
from gate.aggregate.parts import by_footers, first_line, kind_of, refuse_inexact
from gate.core.model import ModelConfig, SensitiveFeature, Value
from gate.errors import ConfigError, DataError, StorageError

if TYPE_CHECKING:
    import pandas as pd
    from pyspark.sql import Column, DataFrame, SparkSession

__all__ = ["SparkEngine"]

_SETTINGS = {
    "spark.sql.ansi.enabled": "true",  # an overflow is an error, not a wrong number
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.caseSensitive": "true",
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.files.ignoreMissingFiles": "false",
    "spark.sql.parquet.binaryAsString": "false",
    "spark.sql.parquet.mergeSchema": "false",
    "spark.sql.parser.escapedStringLiterals": "true",
    "spark.sql.sources.partitionColumnTypeInference.enabled": "false",  # `code=01` is the text 01
}
"""What the counting rests on, set in a session of the gate's own."""
_WILD = re.compile(r"([\[\]*?{}\\])")


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
        self._folder: TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Forget the views and remove what was written."""
        for name in self._views.values():
            self._session.catalog.dropTempView(name)
        self._views.clear()
        if self._folder is not None:
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
        expected, rows = by_footers(self._path_of(location))
        if not set(expected) <= set(names) or len(expected) != len(set(expected)) or (not path.is_dir() and expected != names):
            raise DataError("the columns are read under other names than they have", where=location, next_step="Give every column a plain name.")
        if not rows:
            raise DataError("the table has 0 rows, so there is nothing to judge", where=location, next_step="Give a holdout with rows.")
        columns = {field.name: kind_of(field.dataType.simpleString()) for field in frame.schema.fields}
        refuse_inexact(columns, location)
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

    def placed(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], columns: Sequence[str], *, size: int) -> "Iterator[pa.RecordBatch]":
        """Rows do not come to the driver.

        Raises:
            ConfigError: always.
        """
        del model, labels
        return self.batches(table, columns, size=size)

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
        self._folder = self._folder or TemporaryDirectory(prefix="gate-spark-")
        place = re.sub(r"\W", "_", str(path.resolve()))
        return Path(self._folder.name) / f"csv{place}.parquet"

    def _read(self, location: str) -> "DataFrame":
        path = self._path_of(location).resolve()
        if ":" in str(path) or path.name.startswith(("_", ".")):
            message = "Spark cannot read a path with a colon, or whose name begins with a dot or an underscore"
            raise DataError(message, where=location, next_step="Rename it.")
        from pyspark.errors import PySparkException  # noqa: PLC0415 -- as above

        try:
            return self._session.read.parquet("file:" + _WILD.sub(r"\\\1", str(path)))
        except PySparkException as error:
            raise DataError(f"this file cannot be read: {first_line(error)}", where=location, next_step="Mend the file.") from error

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
        from py4j.protocol import Py4JError  # noqa: PLC0415 -- as above; an Arrow answer that breaks off comes as this
        from pyspark.errors import PySparkException  # noqa: PLC0415

        try:
            return _Answer(self._session.sql(text, args=list(parameters)).toArrow())
        except (PySparkException, Py4JError) as error:
            message = f"Spark could not count these rows: {first_line(error)}"
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


def _as_judged(frame: "DataFrame", name: str, kind: str) -> "Column":
    """No number is no value, and a 32-bit 0.7 is 0.7."""
    from pyspark.sql import functions as f  # noqa: PLC0415 -- as above

    column = frame[sql.backquoted(name)]
    if kind not in {"FLOAT", "DOUBLE"}:
        return column
    exact = f.arrow_udf(_as_written(), "double")(column) if kind == "FLOAT" else column
    return f.when(f.isnan(column), None).otherwise(exact).alias(name)


def _as_written() -> "Callable[[pa.Array], pa.Array]":
    """From 32-bit numbers to the 64-bit ones that the embedded engine writes them as; a closure, so that executors need not have the gate."""

    def as_written(numbers: pa.Array) -> pa.Array:
        connection = duckdb.connect()
        connection.register("numbers", pa.table({"x": numbers}))
        return pa.array(connection.execute("SELECT CAST(CAST(x AS VARCHAR) AS DOUBLE) AS x FROM numbers").fetchnumpy()["x"], pa.float64())

    return as_written


def _written() -> "Callable[[pa.Array], pa.Array]":
    """From numbers to how the embedded engine writes them, which is Python's way; a closure too."""

    def written(numbers: pa.Array) -> pa.Array:
        return pa.array([None if number is None else repr(number) for number in numbers.to_pylist()], pa.string())

    return written
