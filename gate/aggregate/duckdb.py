"""The embedded engine: DuckDB over Parquet and CSV, one pass, flat memory."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from gate.aggregate import attributes as apart
from gate.aggregate import files, sql
from gate.aggregate.columns import check_features, require_columns
from gate.aggregate.dialect import DuckdbDialect, Source
from gate.aggregate.engine import Lines, SqlEngine
from gate.aggregate.interface import Matches, Table
from gate.core.model import ModelConfig, Value
from gate.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DuckdbEngine"]

_DIALECT = DuckdbDialect()


class DuckdbEngine(SqlEngine):
    """Counts with DuckDB, in this process. Fetches no extension and follows no address."""

    def __init__(self) -> None:
        self._connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
        self._connection.execute("SET enable_progress_bar = false")  # it would be printed into what a script reads
        self._connection.execute("SET disabled_optimizers = 'type_pushdown'")  # it turns TRY_CAST into a cast that fails inside the CSV reader

    def open(self, location: str, *, text: Sequence[str] | None = None) -> Table:
        """The table's columns and size.

        Raises:
            DataError: it is absent, empty, no table, or has names that cannot be told apart.
        """
        names, textual = files.column_names(location), files.is_csv(location)
        numbers = self._numbers(location, names, text=text) if textual and text is not None else {}
        source = files.scan(location, names, numbers=numbers)
        described = self._run(f"DESCRIBE SELECT * FROM {source}", location=location).fetchall()  # noqa: S608 -- path and names are escaped
        if tuple(name for name, *_ in described) != names:
            raise DataError("the columns are read under other names than they have", where=location, next_step="Give every column a plain name.")
        (rows,) = self._run(f"SELECT count(*) FROM {source}", location=location).fetchone() or (0,)  # noqa: S608 -- as above
        if not rows:
            raise DataError("the table has 0 rows, so there is nothing to judge", where=location, next_step="Give a holdout with rows.")
        columns = {name: str(kind) for name, kind, *_ in described}
        return Table(location=location, columns=columns, rows=int(rows), textual=textual, numbers=numbers)

    def _numbers(self, location: str, names: Sequence[str], *, text: Sequence[str]) -> Mapping[str, str]:
        """The columns of a CSV, other than `text`, that hold nothing but numbers."""
        asked = [name for name in names if name not in text]
        if not asked:
            return {}
        source = files.scan(location, names, numbers={})
        row = self._run(f"SELECT {files.numeric(asked)} FROM {source}", location=location).fetchone() or ()  # noqa: S608 -- names are quoted
        kinds = zip(asked, row[::2], row[1::2], strict=True)
        return {name: "BIGINT" if whole else "DOUBLE" for name, whole, number in kinds if number}

    def _run(self, text: str, parameters: Sequence[Value] = (), *, location: str) -> duckdb.DuckDBPyConnection:
        """Execute SQL on a file; what DuckDB cannot read is the file's fault, and is said without its rows."""
        try:
            return self._connection.execute(text, list(parameters))
        except duckdb.Error as error:
            raise _unreadable(error, location) from error

    def match(self, table: Table, attributes: Table, *, on: str) -> Matches:
        """How the lines of a table of attributes fit the rows of a table; see `SqlEngine.match`."""
        self._connection.execute("SET temp_directory = ''")  # a join that does not fit into memory would leave ids in a file
        return super().match(table, attributes, on=on)

    def batches(self, table: Table, columns: Sequence[str], *, size: int) -> "Iterator[pa.RecordBatch]":
        """The rows of some columns, in the table's order, at most `size` at a time."""
        chosen = ", ".join(sql.quoted(column) for column in columns)
        text = f"SELECT {chosen} FROM {self._source(table)}"  # noqa: S608 -- identifiers quoted, path escaped
        try:
            reader: pa.RecordBatchReader = self._connection.cursor().sql(text).to_arrow_reader(size)
            yield from reader
        except (duckdb.Error, pa.ArrowException) as error:
            raise _unreadable(error, table.location) from error

    def placed(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], columns: Sequence[str], *, size: int) -> "Iterator[pa.RecordBatch]":
        """The rows of some columns with the codes of their groups and of their label, at most `size` at a time.

        Raises:
            DataError: a column is absent or of another type than declared.
        """
        check_features(table, model)
        require_columns(table, (*columns, model.data.label), role="model")
        rows = files.judged(sql.raw(_rows(table), columns), table.columns)
        query = sql.placing(Source(text=rows, dialect=_DIALECT), model, labels, columns)
        try:
            reader: pa.RecordBatchReader = self._connection.cursor().sql(query.text, params=query.parameters).to_arrow_reader(size)
            yield from reader
        except (duckdb.Error, pa.ArrowException) as error:
            raise _unreadable(error, table.location) from error

    def frame(self, table: Table, columns: Sequence[str]) -> "pd.DataFrame":
        """Some columns as a frame.

        Raises:
            DataError: a column is absent.
        """
        require_columns(table, columns, role="data check")
        chosen = ", ".join(sql.quoted(column) for column in columns) or "1 AS one"
        return self._run(f"SELECT {chosen} FROM {self._source(table)}", location=table.location).df()  # noqa: S608 -- as above

    def _cells(self, query: sql.Query, *, location: str) -> Lines:
        columns = self._run(query.text, query.parameters, location=location).fetchnumpy()
        return {name: np.asarray(column, dtype=np.int64) for name, column in columns.items()}

    def _source(self, table: Table) -> Source:
        return Source(text=_rows(table), dialect=_DIALECT)

    def _judged(self, table: Table) -> Source:
        return Source(text=files.judged(_rows(table), table.columns), dialect=_DIALECT)


def _rows(table: Table) -> str:
    rows = files.scan(table.location, table.own, numbers=table.numbers)
    return rows if table.beside is None else apart.widened(rows, _rows(table.beside.table), table.beside)


def _unreadable(error: Exception, location: str) -> DataError:
    """What DuckDB says in its first line, which names the place and not the row."""
    reason = str(error).strip().split("\n", 1)[0][:200]
    return DataError(f"this file cannot be read: {reason}", where=location, next_step="Mend the file; CSV is comma-separated UTF-8 with one header line.")
