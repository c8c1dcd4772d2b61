"""The embedded engine: DuckDB over Parquet and CSV, one pass, flat memory."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gate.aggregate import attributes as apart
from gate.aggregate import files, numbers, ranking, sql
from gate.aggregate.classes import roll_up_classes
from gate.aggregate.histograms import with_scores
from gate.aggregate.interface import Counted, Matches, Table
from gate.aggregate.pairing import usable_baselines
from gate.aggregate.rollup import invalid_labels, invalid_predictions, roll_up
from gate.aggregate.weighting import refuse_faults, with_sums
from gate.core.counts import ConfusionCounts, ContingencyTable
from gate.core.facts import Misbehaviour
from gate.core.model import DataSource, ModelConfig, SensitiveFeature, Task, Value
from gate.core.moments import LARGEST
from gate.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DuckdbEngine"]

_Lines: TypeAlias = Mapping[str, NDArray[np.int64]]
_NOTHING = ContingencyTable(overall=ConfusionCounts(), groups=())
_MOST_EXAMPLES = 5
_SAMPLED, _FEW = 20_000, 2_000
"""So few distinct lines among so many first rows, and grouping them by value comes first. Either way gives the same counts."""
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


class DuckdbEngine:
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

    def labels(self, table: Table, data: DataSource) -> tuple[Value, Value]:
        """The negative and the positive label: as declared, or the two distinct values of the label column.

        Raises:
            DataError: the column is absent, of another type, or does not hold exactly two values.
        """
        _require(table, {data.label: data.positive_label}, role="label")
        if data.labels is not None:
            negative = next(label for label in data.labels if label != data.positive_label)
            return negative, data.positive_label
        return self._distinct_labels(table, data)

    def _distinct_labels(self, table: Table, data: DataSource) -> tuple[Value, Value]:
        column = sql.quoted(data.label)
        kind = sql.cast(column, data.positive_label)
        text = f"SELECT DISTINCT {kind} AS v FROM {_judged_source(table)} WHERE {column} IS NOT NULL ORDER BY v LIMIT 4"  # noqa: S608 -- identifiers quoted
        found = [row[0] for row in self._run(text, location=table.location).fetchall()]
        values = [_plain(value) for value in found if value is not None]
        if len(values) != 2 or None in found or data.positive_label not in values:
            shown = ", ".join(repr(value) for value in values[:3]) or "nothing that fits"
            raise DataError(
                f"the label column {data.label!r} has to hold two values, one of them {data.positive_label!r}; it holds {shown}",
                where=table.location,
                next_step="Declare data.labels and data.positive_label in gate.yaml, or give a holdout with both outcomes.",
            )
        negative = next(value for value in values if value != data.positive_label)
        return negative, data.positive_label

    def match(self, table: Table, attributes: Table, *, on: str) -> Matches:
        """How the lines of a table of attributes fit the rows of a table, one to one by an id.

        Raises:
            DataError: a table has no usable ids, or an id twice, or the ids of the two are of different kinds.
        """
        self._connection.execute("SET temp_directory = ''")  # a join that does not fit into memory would leave ids in a file
        kinds = [apart.require_ids(each, on) for each in (table, attributes)]
        if kinds[0] != kinds[1]:
            raise DataError(
                f"column {on!r} (data.attributes.join_on) holds {kinds[1]}, but {kinds[0]} in {table.location}, so no id would be found",
                where=attributes.location,
                next_step="Write the ids in the same way in both tables; what comes from CSV is text.",
            )
        for each in (table, attributes):
            if twice := self._number(apart.repeated(_source_of(each), on), each):
                raise DataError(
                    f"{twice:,} ids in column {on!r} are on more than one row, so rows and attributes cannot be joined one to one",
                    where=each.location,
                    next_step="Keep one row per id.",
                )
        found = self._number(apart.matched(_source_of(table), _source_of(attributes), on), table)
        return Matches(unmatched=table.rows - found, unused=attributes.rows - found)

    def _number(self, query: str, table: Table) -> int:
        (number,) = self._run(query, location=table.location).fetchone() or (0,)
        return int(number)

    def batches(self, table: Table, columns: Sequence[str], *, size: int) -> "Iterator[pa.RecordBatch]":
        """The rows of some columns, in the table's order, at most `size` at a time."""
        chosen = ", ".join(sql.quoted(column) for column in columns)
        text = f"SELECT {chosen} FROM {_source_of(table)}"  # noqa: S608 -- identifiers quoted, path escaped
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
        _check_features(table, model)
        _require_columns(table, (*columns, model.data.label), role="model")
        query = sql.placing(_source_of(table), model, labels, columns)
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
        _require_columns(table, columns, role="data check")
        chosen = ", ".join(sql.quoted(column) for column in columns) or "1 AS one"
        return self._run(f"SELECT {chosen} FROM {_source_of(table)}", location=table.location).df()  # noqa: S608 -- as above

    def coded(self, table: Table, model: ModelConfig, labels: tuple[Value, Value]) -> Mapping[str, NDArray[np.int64]]:
        """The code of every feature, `f0`, `f1`, …, and of the `label`, row by row in the table's order: what `count` counts.

        Raises:
            DataError: a column is absent or of another type than declared, or a label is outside the label set.
        """
        _check_features(table, model)
        query = sql.coding(_judged_source(table), model, labels)
        rows = self._cells(query, location=table.location)
        if invalid := int(np.sum(rows["label"] == sql.INVALID)):
            self._refuse_labels(table, model, labels, rows=invalid)
        return rows

    def count(
        self,
        table: Table,
        model: ModelConfig,
        labels: tuple[Value, ...],
        *,
        depth: int,
        scores: bool = False,
        baselines: Mapping[str, str] = MappingProxyType({}),
    ) -> Counted:
        """The counts, in one pass; with `scores`, histograms of the score too, in a pass of their own beside `baselines`.

        Of a regression, whose labels are not a set, in two passes. Only a binary answer has scores and baselines.

        Raises:
            DataError: a column is absent or of another type than declared, or a label is outside the label set.
        """
        if model.task is Task.REGRESSION:
            return self._count_numbers(table, model, depth=depth)
        if model.task is Task.RANKING:
            return self._count_ranking(table, model, depth=depth)
        if model.task is Task.MULTICLASS_CLASSIFICATION:
            return self._count_classes(table, model, labels, depth=depth)
        negative, positive = labels
        return self._count_labels(table, model, (negative, positive), depth=depth, scores=scores, baselines=baselines)

    def _count_labels(
        self, table: Table, model: ModelConfig, labels: tuple[Value, Value], *, depth: int, scores: bool, baselines: Mapping[str, str]
    ) -> Counted:
        _check_columns(table, model, tuple(baselines.values()))
        lines = self._cells(sql.counting_scores(_judged_source(table), model, labels, depth=depth), location=table.location) if scores else {}
        found = _finest(lines) if lines and not baselines else self._finest_of(table, model, labels, tuple(baselines.values()))
        cells = self._valid(table, model, labels, found)
        wrong = invalid_predictions(cells)
        misbehaviour = self._misbehaviour(table, model, labels, rows=wrong) if wrong else None
        valid = cells["prediction"] >= 0
        cells = {name: column[valid] for name, column in cells.items()}
        complete, refused = usable_baselines(cells, tuple(baselines))
        counts = roll_up(cells, model.declared_features, model.counted(depth=depth), examples=self._undeclared_of(table, model, cells), baselines=complete)
        counts = with_scores(counts, lines, model.declared_features, model.counted(depth=depth)) if scores else counts
        counts = counts if misbehaviour else self._weighted(counts, table, model, labels, depth=depth)
        return Counted(counts=counts, misbehaviour=misbehaviour, refused=refused)

    def _undeclared_of(self, table: Table, model: ModelConfig, cells: Mapping[str, NDArray[np.int64]]) -> dict[str, list[str]]:
        return {feature.name: self._undeclared(table, feature) for i, feature in enumerate(model.declared_features) if _any(cells[f"f{i}"])}

    def _count_classes(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, depth: int) -> Counted:
        """Label × prediction where the answer is one of several classes."""
        _check_features(table, model)
        _require(table, {model.data.label: labels[0]}, role="label")
        _require(table, {model.predictions.column: labels[0]}, role="prediction")
        query = sql.counting(_judged_source(table), model, labels)
        cells = self._valid(table, model, labels, self._cells(query, location=table.location))
        if wrong := invalid_predictions(cells):
            return Counted(counts=_NOTHING, misbehaviour=self._misbehaviour(table, model, labels, rows=wrong))
        examples = self._undeclared_of(table, model, cells)
        return Counted(counts=roll_up_classes(cells, model, classes=len(labels), depth=depth, examples=examples))

    def _count_numbers(self, table: Table, model: ModelConfig, *, depth: int) -> Counted:
        """Rows and exact sums where labels and predictions are numbers."""
        _check_features(table, model)
        _require(table, {model.data.label: 0.5}, role="label")
        _require(table, {model.predictions.column: 0.5}, role="prediction")
        source = _judged_source(table)
        found = self._run(numbers.spread(source, model).text, location=table.location).fetchone() or ()
        extremes = numbers.Spread(**dict(zip(numbers.Spread.__slots__, found, strict=True)))
        numbers.refuse_labels_beyond(extremes, model, where=table.location)
        scale = numbers.scale_of(extremes)
        query = numbers.summing(source, model, scale)
        lines = self._lines(query, table)
        cells = {name: np.array([line[name] for line in lines], dtype=np.int64) for name in lines[0] if name not in numbers.SUMS}
        _require_all(table, cells)
        if rows := invalid_labels(cells):
            raise _no_numbers(table, model, rows)
        if wrong := invalid_predictions(cells):
            detail = f"{wrong:,} predictions in column {model.predictions.column!r} are missing, no finite numbers, or beyond {LARGEST:g}"
            return Counted(counts=_NOTHING, misbehaviour=Misbehaviour(check="number", detail=detail))
        if beyond := numbers.predictions_beyond(extremes, model):
            return Counted(counts=_NOTHING, misbehaviour=Misbehaviour(check="range", detail=beyond))
        counts = roll_up(cells, model.declared_features, model.counted(depth=depth), examples=self._undeclared_of(table, model, cells))
        codes = {feature.name: cells[f"f{i}"] for i, feature in enumerate(model.declared_features)}
        return Counted(counts=numbers.with_moments(counts, lines, codes, model, scale, depth=depth))

    def _count_ranking(self, table: Table, model: ModelConfig, *, depth: int) -> Counted:
        """Rows, and places, exposures and gains summed over queries, in a pass for every crossing."""
        _check_features(table, model)
        _require(table, {model.data.label: 0.5}, role="label")
        _require(table, {model.predictions.column: 0.5}, role="prediction")
        _require_columns(table, (model.data.query or "",), role="query")
        source = _judged_source(table)
        cells = self._cells(ranking.lines(source, model), location=table.location)
        _require_all(table, cells)
        ranking.refuse_faults(cells, model, where=table.location)
        if wrong := invalid_predictions(cells):
            detail = f"{wrong:,} predictions in column {model.predictions.column!r} are missing, no finite numbers, or beyond {LARGEST:g}"
            return Counted(counts=_NOTHING, misbehaviour=Misbehaviour(check="number", detail=detail))
        counts = roll_up(cells, model.declared_features, model.counted(depth=depth), examples=self._undeclared_of(table, model, cells))
        found = [(crossing, self._lines(ranking.summing(source, model, crossing), table)) for crossing in model.counted(depth=depth)]
        (whole,) = self._lines(ranking.summing(source, model, None), table)
        return Counted(counts=ranking.with_ranks(counts, model, found, whole))

    def _lines(self, query: sql.Query, table: Table) -> list[dict[str, int]]:
        """The lines of a query whose numbers are whole and of any size."""
        result = self._run(query.text, query.parameters, location=table.location)
        names = [entry[0] for entry in result.description or ()]
        return [dict(zip(names, map(int, row), strict=True)) for row in result.fetchall()]

    def _finest_of(self, table: Table, model: ModelConfig, labels: tuple[Value, Value], baselines: tuple[str, ...]) -> _Lines:
        """Rows by code of every feature, label, prediction and baseline."""
        source, rows = self._condensed(table, model, baselines)
        return self._cells(sql.counting(source, model, labels, rows=rows, baselines=baselines), location=table.location)

    def _condensed(self, table: Table, model: ModelConfig, baselines: tuple[str, ...]) -> tuple[str, str]:
        """What to count, and how many rows a line of it stands for: the distinct lines, where a look at the first rows finds few."""
        source, columns = _judged_source(table), (*_counted_columns(model), *(name for name in baselines if name not in _counted_columns(model)))
        few = sql.few_values(source, columns, sample=_SAMPLED, most=_FEW)
        found = self._run(few, location=table.location).fetchone() if table.rows > _SAMPLED else None
        return sql.distinct(source, columns) if found and found[0] else (source, "count(*)")

    def _weighted(self, counts: ContingencyTable, table: Table, model: ModelConfig, labels: tuple[Value, Value], *, depth: int) -> ContingencyTable:
        """The counts with the sums of weights and clusters, where gate.yaml names such a column."""
        if model.data.weight is None and model.data.cluster is None:
            return counts

        def run(query: sql.Query) -> list[tuple[int, ...]]:
            return self._run(query.text, query.parameters, location=table.location).fetchall()

        source = _judged_source(table)
        refuse_faults(model, source, run, where=table.location)
        return with_sums(counts, model, labels, source, run, depth=depth)

    def count_labels(self, table: Table, model: ModelConfig, labels: tuple[Value, Value], *, depth: int) -> ContingencyTable:
        """The counts of a table that need not hold predictions: every row counts as not selected.

        Raises:
            DataError: as for `count`.
        """
        _check_features(table, model)
        query = sql.counting_labels(_judged_source(table), model, labels)
        cells = self._valid(table, model, labels, self._cells(query, location=table.location))
        return roll_up(cells, model.declared_features, model.counted(depth=depth), examples={})

    def _valid(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], cells: _Lines) -> _Lines:
        """The cells of a counting query, if every row was counted once and all labels are within the label set."""
        _require_all(table, cells)
        if invalid_labels(cells):
            self._refuse_labels(table, model, labels, rows=invalid_labels(cells))
        return cells

    def _cells(self, query: sql.Query, *, location: str) -> Mapping[str, NDArray[np.int64]]:
        columns = self._run(query.text, query.parameters, location=location).fetchnumpy()
        return {name: np.asarray(column, dtype=np.int64) for name, column in columns.items()}

    def _undeclared(self, table: Table, feature: SensitiveFeature) -> list[str]:
        query = sql.undeclared(_judged_source(table), feature, most=_MOST_EXAMPLES)
        return [repr(row[0]) for row in self._run(query.text, query.parameters, location=table.location).fetchall()]

    def _examples(self, table: Table, column: str, labels: tuple[Value, ...]) -> str:
        query = sql.unexpected(_judged_source(table), column, labels, most=3)
        return ", ".join(repr(row[0]) for row in self._run(query.text, query.parameters, location=table.location).fetchall())

    def _refuse_labels(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, rows: int) -> None:
        column = model.data.label
        raise DataError(
            f"{rows:,} rows have a label in column {column!r} other than {_listed(labels, 'and')}, such as {self._examples(table, column, labels)}",
            where=table.location,
            next_step="Declare data.labels in gate.yaml as the two values that the column holds, or mend the column.",
        )

    def _misbehaviour(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, rows: int) -> Misbehaviour:
        if model.predictions.score is not None:
            return Misbehaviour(check="score", detail=f"{rows:,} scores in column {model.predictions.score!r} are missing or outside [0, 1]")
        column = model.predictions.column
        examples = self._examples(table, column, labels) or "empty"
        return Misbehaviour(check="label", detail=f"{rows:,} predictions in column {column!r} are missing or {_neither(labels)}, such as {examples}")


def _listed(labels: tuple[Value, ...], joint: str) -> str:
    *others, last = map(repr, labels)
    return f"{', '.join(others)} {joint} {last}"


def _neither(labels: tuple[Value, ...]) -> str:
    return f"neither {_listed(labels, 'nor')}" if len(labels) == 2 else f"none of {_listed(labels, 'and')}"


def _require_all(table: Table, cells: _Lines) -> None:
    """Every row is counted once."""
    if (counted := int(np.sum(cells["n"]))) != table.rows:
        raise DataError(
            f"{counted:,} rows were counted of {table.rows:,}",
            where=table.location,
            next_step="Check again, with a file that nobody writes; if it stays so, this is an error of the gate: please report it.",
        )


def _no_numbers(table: Table, model: ModelConfig, rows: int) -> DataError:
    return DataError(
        f"{rows:,} rows have a label in column {model.data.label!r} that is no finite number, or beyond {LARGEST:g}",
        where=table.location,
        next_step="A regression is judged by numbers: mend the column, or leave the field empty where the label is not known.",
    )


def _counted_columns(model: ModelConfig) -> tuple[str, ...]:
    """The columns that the counting query reads."""
    judged = model.predictions.score or model.predictions.column
    return tuple(dict.fromkeys((*(feature.column for feature in model.declared_features), model.data.label, judged)))


def _finest(lines: _Lines) -> _Lines:
    """Rows by code of every feature, label and prediction, without the lines that are about scores."""
    scored = lines.get("scored")
    return lines if scored is None else {name: column[scored == 0] for name, column in lines.items()}


def _any(codes: NDArray[np.int64]) -> bool:
    return bool(np.any(codes == sql.UNDECLARED))


def _source_of(table: Table) -> str:
    """The rows as they stand in the file, and beside them what another one holds for them."""
    rows = files.scan(table.location, table.own, numbers=table.numbers)
    return rows if table.beside is None else apart.widened(rows, _source_of(table.beside.table), table.beside)


def _judged_source(table: Table) -> str:
    """The rows as they are judged."""
    return files.judged(_source_of(table), table.columns)


def _plain(value: object) -> Value:
    """DuckDB's value as YAML would give it: a whole number is an int."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else str(value)


def _check_columns(table: Table, model: ModelConfig, baselines: Sequence[str]) -> None:
    """Every column that the configuration names is there and has the declared type."""
    _check_features(table, model)
    _check_weights(table, model)
    predictions = model.predictions
    if predictions.score is not None:
        _require(table, {predictions.score: 0.5}, role="score")
    else:
        _require(table, {predictions.column: model.data.positive_label}, role="prediction")
    example = model.data.positive_label if predictions.score is None else 0.5
    for column in baselines:
        _require(table, {column: example}, role="prediction of a baseline")


def _check_weights(table: Table, model: ModelConfig) -> None:
    if model.data.weight is not None:
        _require(table, {model.data.weight: 1.0}, role="weight")
    if model.data.cluster is not None:
        _require_columns(table, (model.data.cluster,), role="cluster")


def _check_features(table: Table, model: ModelConfig) -> None:
    for feature in model.declared_features:
        example: Value = 0.0 if feature.bins else next(group.value for group in feature.groups if group.value is not None)
        _require(table, {feature.column: example}, role=f"{'sensitive' if feature in model.sensitive_features else 'control'} feature {feature.name}")


def _require(table: Table, columns: Mapping[str, Value], *, role: str) -> None:
    _require_columns(table, tuple(columns), role=role)
    for column, example in columns.items():
        kind = table.columns[column]
        if not table.holds_text(column) and not _fits(kind, example):
            raise DataError(
                f"column {column!r} ({role}) holds {kind.lower()}, but gate.yaml declares values such as {example!r}",
                where=table.location,
                next_step="Write the values in gate.yaml with the column's type: numbers bare, text in quotes, true and false for booleans.",
            )


def _require_columns(table: Table, columns: Sequence[str], *, role: str) -> None:
    for column in columns:
        if column not in table.columns:
            present = ", ".join(list(table.columns)[:20])
            raise DataError(
                f"there is no column {column!r} ({role}); the columns are {present}", where=table.location, next_step="Mend gate.yaml or the table."
            )


def _fits(kind: str, example: Value) -> bool:
    """Does a column of this type hold values such as this one? Booleans count as the numbers 0 and 1, as everywhere in Python."""
    base = kind if kind.endswith("]") else kind.partition("(")[0]
    match example:
        case bool():
            return base == "BOOLEAN"
        case int() | float():
            return base == "BOOLEAN" or base in _NUMBERS
        case str():
            return base in ("VARCHAR", "ENUM")


def _unreadable(error: Exception, location: str) -> DataError:
    """What DuckDB says in its first line, which names the place and not the row."""
    reason = str(error).strip().split("\n", 1)[0][:200]
    return DataError(f"this file cannot be read: {reason}", where=location, next_step="Mend the file; CSV is comma-separated UTF-8 with one header line.")
