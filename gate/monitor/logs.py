"""Prediction logs, read once per run: rows to counts per window. The only place that sees a row.

Whatever a file's types are, columns are compared as text that is cast to what `gate.yaml` declares, as a CSV is. A row
is known by its id: the same row twice counts once, and two rows of one id that differ are refused. Times without a zone
are UTC. DuckDB's own guesses are switched off, as for a holdout (`gate.aggregate.files`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from gate.aggregate import files, sql
from gate.aggregate.dialect import DuckdbDialect
from gate.aggregate.sql import INVALID, quoted
from gate.core.model import ModelConfig, Value
from gate.errors import DataError
from gate.monitor.sources import LogFile
from gate.monitor.store import Counted, Kind, source_of

__all__ = ["LogColumns", "Logs", "Rows", "columns_of", "labels_of"]

_MONDAY = date(1970, 1, 5)
_DAY = 86_400_000_000
"""Microseconds of a day."""
_ID, _TIME, _LABEL = quoted("gate id"), quoted("gate time"), quoted("gate label")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogColumns:
    """The columns of a log that `gate.yaml` does not name: the id of a prediction, and when it was made."""

    id: str = "id"
    time: str = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a log holds of a window: rows, those with a label, and a digest of the rows and of their labels."""

    rows: int
    labelled: int
    selections: str
    outcomes: str


class Logs:
    """The rows of some logs, and the labels that have arrived for them, each row once."""

    def __init__(
        self,
        model: ModelConfig,
        logs: Sequence[LogFile],
        labels: Sequence[LogFile],
        *,
        columns: LogColumns,
        window_days: int,
        workspace: Path,
        more: Sequence[str] = (),
    ) -> None:
        self._model = model
        self._names = columns
        self._days = window_days
        self._more = tuple(more)
        self._connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute(f"SET temp_directory = {files.literal(str(workspace))}")
        self._connection.execute("SET disabled_optimizers = 'type_pushdown'")  # as in the engine: a cast would fail inside the reader
        self._read(logs)
        self.labels_found = self._read_labels(logs, labels)

    # --------------------------------------------------------------------------------------------------- reading

    def _read(self, logs: Sequence[LogFile]) -> None:
        """The table `log`: id, day, and every column that is counted, as text; each row once."""
        wanted = tuple(dict.fromkeys((*self._columns(), *self._more)))
        parts = []
        for log in logs:
            kinds = self._kinds(log, (self._names.id, self._names.time, *wanted))
            moment = f"TRY_CAST({_text(self._names.time, kinds)} AS TIMESTAMPTZ)"
            chosen = [f"{_text(self._names.id, kinds)} AS {_ID}", f"epoch_us({moment}) AS {_TIME}"]
            parts.append((log, f"SELECT {', '.join([*chosen, *(f'{_text(name, kinds)} AS {quoted(name)}' for name in wanted)])} FROM {_scan(log.path)}"))  # noqa: S608 -- names are quoted, paths escaped
        self._create("log", parts, (_ID, _TIME, *map(quoted, wanted)))
        where = _where(logs)
        nameless, timeless = self._row(f"SELECT count(*) FILTER (WHERE {_ID} IS NULL), count(*) FILTER (WHERE {_TIME} IS NULL) FROM log", where)  # noqa: S608 -- ours
        if nameless:
            raise DataError(f"{nameless:,} rows have no id in column {self._names.id!r}", where=where, next_step="Give every prediction an id of its own.")
        if timeless:
            raise DataError(
                f"{timeless:,} rows have no time in column {self._names.time!r} that can be read",
                where=where,
                next_step="Write times as 2026-08-01T09:30:00+00:00.",
            )
        self._refuse_twice("log", where, "Give every prediction an id of its own; the same row twice does no harm.")

    def _read_labels(self, logs: Sequence[LogFile], labels: Sequence[LogFile]) -> bool:
        """The table `labels`: id and label, from the logs themselves and from files beside them. Whether there is any source of labels."""
        name, parts = self._model.data.label, []
        for file in (*logs, *labels):
            if file in logs and name not in files.column_names(str(file.path)):
                continue
            kinds = self._kinds(file, (self._names.id, name))
            text = f"SELECT {_text(self._names.id, kinds)} AS {_ID}, {_text(name, kinds)} AS {_LABEL} FROM {_scan(file.path)}"  # noqa: S608 -- as above
            parts.append((file, f"SELECT * FROM ({text}) WHERE {_LABEL} IS NOT NULL"))  # noqa: S608 -- as above
        if not parts:
            self._connection.execute(f"CREATE TEMP TABLE labels ({_ID} VARCHAR, {_LABEL} VARCHAR)")
            return False
        self._create("labels", parts, (_ID, _LABEL))
        where = _where(labels or logs)
        (nameless,) = self._row(f"SELECT count(*) FROM labels WHERE {_ID} IS NULL", where)  # noqa: S608 -- ours
        if nameless:
            raise DataError(f"{nameless:,} labels have no id in column {self._names.id!r}", where=where, next_step="Give every label the id of its prediction.")
        self._refuse_twice("labels", where, "A prediction has one label: keep the one that is right.")
        return True

    def _columns(self) -> tuple[str, ...]:
        """The columns that are counted, without the label."""
        return columns_of(self._model)

    def _kinds(self, file: LogFile, wanted: Sequence[str]) -> Mapping[str, str]:
        """The types of a file's columns.

        Raises:
            DataError: one that is needed is not there.
        """
        names = files.column_names(str(file.path))
        for name in wanted:
            if name not in names:
                present = ", ".join(names[:20])
                raise DataError(
                    f"there is no column {name!r}; the columns are {present}", where=file.where, next_step="Mend gate.yaml, the options or the log."
                )
        described = self._all(f"DESCRIBE SELECT * FROM {_scan(file.path)}", file.where)  # noqa: S608 -- as above
        return {str(name): str(kind) for name, kind, *_ in described}

    def _create(self, table: str, parts: Sequence[tuple[LogFile, str]], columns: Sequence[str]) -> None:
        kept = ", ".join(f"{name} {'BIGINT' if name == _TIME else 'VARCHAR'}" for name in columns)
        self._connection.execute(f"CREATE TEMP TABLE every_{table} ({kept})")
        for file, text in parts:
            self._all(f"INSERT INTO every_{table} {text}", file.where)
        self._all(f"CREATE TEMP TABLE {table} AS SELECT DISTINCT * FROM every_{table}", table)  # noqa: S608 -- ours
        self._connection.execute(f"DROP TABLE every_{table}")

    def _refuse_twice(self, table: str, where: str, step: str) -> None:
        (twice,) = self._row(f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY {_ID} HAVING count(*) > 1)", where)  # noqa: S608 -- ours
        if twice:
            raise DataError(f"{twice:,} ids stand on {'rows' if table == 'log' else 'labels'} that differ", where=where, next_step=step)

    def _all(self, text: str, where: str, parameters: Sequence[Value] = ()) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(text, list(parameters)).fetchall()
        except duckdb.Error as error:
            reason = str(error).strip().split("\n", 1)[0][:200]
            raise DataError(f"this log cannot be read: {reason}", where=where, next_step="Mend the file, or wait until it is written to its end.") from error

    def _row(self, text: str, where: str) -> tuple[int, ...]:
        (found,) = self._all(text, where)
        return tuple(int(str(number)) for number in found)

    # -------------------------------------------------------------------------------------------------- answering

    def windows(self) -> Mapping[date, Rows]:
        """What there is of every window, in their order."""
        line = " || chr(31) || ".join(f"coalesce({column}, chr(30))" for column in (f"l.{_ID}", *(f"l.{quoted(name)}" for name in self._columns())))
        hashed, known = (f"CAST(sum(CAST(md5_number_lower({text}) AS HUGEINT)) AS VARCHAR)" for text in (line, f"{line} || chr(31) || coalesce({_LABEL}, '')"))
        text = f"SELECT {self._window()} AS w, count(*), count({_LABEL}), {hashed}, {known} FROM {_JOINED} GROUP BY w ORDER BY w"  # noqa: S608 -- names are quoted
        return {
            self._starts(int(str(w))): Rows(rows=int(str(n)), labelled=int(str(known_rows)), selections=str(first), outcomes=str(second))
            for w, n, known_rows, first, second in self._all(text, "log")
        }

    def values(self, column: str, windows: Sequence[date]) -> Mapping[str | None, int]:
        """The values of a column in some windows, as text, with their rows; no value is None."""
        chosen = ", ".join(str((starts - _MONDAY).days) for starts in windows)
        text = f"SELECT l.{quoted(column)}, count(*) FROM log AS l WHERE {self._window()} IN ({chosen}) GROUP BY ALL"  # noqa: S608 -- names are quoted
        return {None if value is None else str(value): int(str(n)) for value, n in self._all(text, "log")}

    def reference(self, path: Path, columns: Sequence[str]) -> Mapping[str, Mapping[str | None, int]]:
        """The same of some columns of a table that they are compared with.

        Raises:
            DataError: it cannot be read, or lacks a column.
        """
        kinds, found = self._kinds(LogFile(path=path, where=str(path)), columns), {}
        for column in columns:
            text = f"SELECT {_text(column, kinds)} AS v, count(*) FROM {_scan(path)} GROUP BY v"  # noqa: S608 -- as above
            found[column] = {None if value is None else str(value): int(str(n)) for value, n in self._all(text, str(path))}
        return found

    def unmatched_labels(self) -> int:
        """Labels whose id is on no row of these logs."""
        (found,) = self._row(f"SELECT count(*) FROM labels AS b ANTI JOIN log AS l ON l.{_ID} = b.{_ID}", "labels")  # noqa: S608 -- ours
        return found

    def counted(self, kind: Kind, windows: Sequence[date], sources: Mapping[date, Rows], *, declaration: str) -> Iterator[Counted]:
        """The counts of some windows, in their order.

        Raises:
            DataError: a prediction is missing or no answer, or a label is outside the declared ones.
        """
        if not windows:
            return
        cells = self._cells(kind, windows)
        for starts in windows:
            source = sources[starts].selections if kind is Kind.SELECTIONS else sources[starts].outcomes
            yield Counted(kind=kind, starts=starts, source=source_of(kind, source), declaration=declaration, cells=cells[starts])

    def _cells(self, kind: Kind, windows: Sequence[date]) -> dict[date, dict[tuple[tuple[int, ...], int, int], int]]:
        query = sql.Query(DuckdbDialect())
        label = quoted(self._model.data.label)
        given = f"SELECT l.*, {_LABEL if kind is Kind.OUTCOMES else 'CAST(NULL AS VARCHAR)'} AS {label} FROM {_JOINED}"  # noqa: S608 -- as above
        groups, known, answered = sql.codes(query, self._model, labels_of(self._model), self._model.declared_features)
        chosen = ", ".join(str((starts - _MONDAY).days) for starts in windows)
        coded = [*groups, known, answered]
        names = [f"c{i}" for i in range(len(coded))]
        chosen_columns = ", ".join(f"{code} AS {name}" for code, name in zip(coded, names, strict=True))
        inner = f"SELECT {self._window()} AS w, {chosen_columns} FROM ({given}) AS l"  # noqa: S608 -- names are quoted, values are parameters
        text = f"SELECT w, {', '.join(names)}, count(*) FROM ({inner}) WHERE w IN ({chosen}) GROUP BY ALL"  # noqa: S608 -- as above
        found: dict[date, dict[tuple[tuple[int, ...], int, int], int]] = {starts: {} for starts in windows}
        for w, *codes, n in self._all(text, "log", query.parameters):
            *places, true, selected = (int(str(code)) for code in codes)
            starts = self._starts(int(str(w)))
            if INVALID in {selected, true}:
                raise self._invalid(starts, int(str(n)), label=true == INVALID)
            found[starts][tuple(places), true, selected] = int(str(n))
        return found

    def _invalid(self, starts: date, rows: int, *, label: bool) -> DataError:
        judged = self._model.predictions.score or self._model.predictions.column
        what = (
            f"labels in column {self._model.data.label!r} that are not declared" if label else f"predictions in column {judged!r} that are missing or no answer"
        )
        return DataError(
            f"the window of {starts.isoformat()} has {rows:,} {what}", where="log", next_step="Mend the log, or gate.yaml; nothing of this run was counted."
        )

    def _window(self) -> str:
        """SQL of the first day of a row's window, in days since a Monday."""
        width = self._days * _DAY
        return f"CAST(floor((l.{_TIME} - {(_MONDAY - date(1970, 1, 1)).days * _DAY:d}) / {width:d}) * {self._days:d} AS BIGINT)"

    @staticmethod
    def _starts(days: int) -> date:
        try:
            return _MONDAY + timedelta(days=days)
        except OverflowError as error:
            raise DataError("a row has a time outside of all calendars", where="log", next_step="Mend the column of times.") from error


_JOINED = f"log AS l LEFT JOIN labels AS b ON l.{_ID} = b.{_ID}"


def _where(sources: Sequence[LogFile]) -> str:
    """What people call them, each once."""
    return ", ".join(dict.fromkeys(file.where for file in sources))


def _scan(path: Path) -> str:
    return files.scan(str(path), files.column_names(str(path)), numbers={})


def _text(name: str, kinds: Mapping[str, str]) -> str:
    """A column as text; no number, and an empty text, are no value."""
    column = quoted(name)
    plain = f"NULLIF(CAST({column} AS VARCHAR), '')"
    return f"CASE WHEN isnan({column}) THEN NULL ELSE {plain} END" if kinds[name] in {"FLOAT", "DOUBLE"} else plain


def columns_of(model: ModelConfig) -> tuple[str, ...]:
    """The columns of a log that are counted, without the label."""
    judged = model.predictions.score or model.predictions.column
    return tuple(dict.fromkeys((*(feature.column for feature in model.declared_features), judged)))


def labels_of(model: ModelConfig) -> tuple[Value, Value]:
    """The negative and the positive label: a log may hold one of them only, so that they are declared, or 0 and 1.

    Raises:
        DataError: they are not declared, and cannot be 0 and 1.
    """
    positive = model.data.positive_label
    if model.data.labels is not None:
        return next(label for label in model.data.labels if label != positive), positive
    if isinstance(positive, bool):
        return not positive, positive
    if positive in {0, 1} and not isinstance(positive, str):
        return 1 - int(positive), positive
    raise DataError(
        "which labels there are is not declared", where="data.labels", next_step="Declare data.labels in gate.yaml: a log may hold one of them only."
    )
