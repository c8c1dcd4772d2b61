"""What engines that speak SQL have in common: which queries are run, what is refused, and what becomes of their lines.

An engine adds how a table is opened and how a query is run. Everything that a decision rests on is here, once.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from gate.aggregate import attributes as apart
from gate.aggregate import numbers, ranking, sql
from gate.aggregate.classes import roll_up_classes
from gate.aggregate.columns import check_columns, check_features, require, require_columns
from gate.aggregate.dialect import Source
from gate.aggregate.faults import listed, neither, no_numbers, require_all
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

__all__ = ["Lines", "Result", "SqlEngine"]

Lines: TypeAlias = Mapping[str, NDArray[np.int64]]
_NOTHING = ContingencyTable(overall=ConfusionCounts(), groups=())
_MOST_EXAMPLES = 5
_SAMPLED, _FEW = 20_000, 2_000
"""So few distinct lines among so many first rows, and grouping them by value comes first. Either way gives the same counts."""


class Result(Protocol):
    """What a query gives."""

    @property
    def description(self) -> Sequence[Sequence[Any]]:
        """Per column its name, and more."""
        ...

    def fetchall(self) -> Sequence[Sequence[Any]]:
        """Every line."""
        ...

    def fetchone(self) -> Sequence[Any] | None:
        """The first line."""
        ...


class SqlEngine(ABC):
    """Counts by SQL."""

    @abstractmethod
    def _run(self, text: str, parameters: Sequence[Value] = (), *, location: str) -> Result:
        """Execute SQL on a table; what cannot be read is a DataError about its location."""

    @abstractmethod
    def _cells(self, query: sql.Query, *, location: str) -> Lines:
        """The lines of a counting query, by column."""

    @abstractmethod
    def _source(self, table: Table) -> Source:
        """The rows as they stand in the table, and beside them what another one holds for them."""

    @abstractmethod
    def _judged(self, table: Table) -> Source:
        """The rows as they are judged: no number is no value, and a 32-bit 0.7 is 0.7."""

    def labels(self, table: Table, data: DataSource) -> tuple[Value, Value]:
        """The negative and the positive label: as declared, or the two distinct values of the label column.

        Raises:
            DataError: the column is absent, of another type, or does not hold exactly two values.
        """
        require(table, {data.label: data.positive_label}, role="label")
        if data.labels is not None:
            negative = next(label for label in data.labels if label != data.positive_label)
            return negative, data.positive_label
        return self._distinct_labels(table, data)

    def _distinct_labels(self, table: Table, data: DataSource) -> tuple[Value, Value]:
        column = sql.quoted(data.label)
        source = self._judged(table)
        kind = sql.cast(source.dialect, column, data.positive_label)
        text = f"SELECT DISTINCT {kind} AS v FROM {source} WHERE {column} IS NOT NULL ORDER BY v LIMIT 4"  # noqa: S608 -- identifiers quoted
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
        kinds = [apart.require_ids(each, on) for each in (table, attributes)]
        if kinds[0] != kinds[1]:
            raise DataError(
                f"column {on!r} (data.attributes.join_on) holds {kinds[1]}, but {kinds[0]} in {table.location}, so no id would be found",
                where=attributes.location,
                next_step="Write the ids in the same way in both tables; what comes from CSV is text.",
            )
        for each in (table, attributes):
            if twice := self._number(apart.repeated(str(self._source(each)), on), each):
                raise DataError(
                    f"{twice:,} ids in column {on!r} are on more than one row, so rows and attributes cannot be joined one to one",
                    where=each.location,
                    next_step="Keep one row per id.",
                )
        found = self._number(apart.matched(str(self._source(table)), str(self._source(attributes)), on), table)
        return Matches(unmatched=table.rows - found, unused=attributes.rows - found)

    def _number(self, query: str, table: Table) -> int:
        (number,) = self._run(query, location=table.location).fetchone() or (0,)
        return int(number)

    def coded(self, table: Table, model: ModelConfig, labels: tuple[Value, Value]) -> Lines:
        """The code of every feature, `f0`, `f1`, …, and of the `label`, row by row in the table's order: what `count` counts.

        Raises:
            DataError: a column is absent or of another type than declared, or a label is outside the label set.
        """
        check_features(table, model)
        rows = self._cells(sql.coding(self._judged(table), model, labels), location=table.location)
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
        check_columns(table, model, tuple(baselines.values()))
        lines = self._cells(sql.counting_scores(self._judged(table), model, labels, depth=depth), location=table.location) if scores else {}
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
        return {feature.name: self._undeclared(table, feature) for i, feature in enumerate(model.declared_features) if np.any(cells[f"f{i}"] == sql.UNDECLARED)}

    def _count_classes(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, depth: int) -> Counted:
        """Label × prediction where the answer is one of several classes."""
        check_features(table, model)
        require(table, {model.data.label: labels[0]}, role="label")
        require(table, {model.predictions.column: labels[0]}, role="prediction")
        query = sql.counting(self._judged(table), model, labels)
        cells = self._valid(table, model, labels, self._cells(query, location=table.location))
        if wrong := invalid_predictions(cells):
            return Counted(counts=_NOTHING, misbehaviour=self._misbehaviour(table, model, labels, rows=wrong))
        examples = self._undeclared_of(table, model, cells)
        return Counted(counts=roll_up_classes(cells, model, classes=len(labels), depth=depth, examples=examples))

    def _count_numbers(self, table: Table, model: ModelConfig, *, depth: int) -> Counted:
        """Rows and exact sums where labels and predictions are numbers."""
        check_features(table, model)
        require(table, {model.data.label: 0.5}, role="label")
        require(table, {model.predictions.column: 0.5}, role="prediction")
        source = self._judged(table)
        found = self._run(numbers.spread(source, model).text, location=table.location).fetchone() or ()
        extremes = numbers.Spread(**dict(zip(numbers.Spread.__slots__, found, strict=True)))
        numbers.refuse_labels_beyond(extremes, model, where=table.location)
        scale = numbers.scale_of(extremes)
        query = numbers.summing(source, model, scale)
        lines = self._lines(query, table)
        cells = {name: np.array([line[name] for line in lines], dtype=np.int64) for name in lines[0] if name not in numbers.SUMS}
        require_all(table, cells)
        if rows := invalid_labels(cells):
            raise no_numbers(table, model, rows)
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
        check_features(table, model)
        require(table, {model.data.label: 0.5}, role="label")
        require(table, {model.predictions.column: 0.5}, role="prediction")
        require_columns(table, (model.data.query or "",), role="query")
        source = self._judged(table)
        cells = self._cells(ranking.lines(source, model), location=table.location)
        require_all(table, cells)
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

    def _finest_of(self, table: Table, model: ModelConfig, labels: tuple[Value, Value], baselines: tuple[str, ...]) -> Lines:
        """Rows by code of every feature, label, prediction and baseline."""
        source, rows = self._condensed(table, model, baselines)
        return self._cells(sql.counting(source, model, labels, rows=rows, baselines=baselines), location=table.location)

    def _condensed(self, table: Table, model: ModelConfig, baselines: tuple[str, ...]) -> tuple[Source, str]:
        """What to count, and how many rows a line of it stands for: the distinct lines, where a look at the first rows finds few."""
        source, columns = self._judged(table), (*_counted_columns(model), *(name for name in baselines if name not in _counted_columns(model)))
        few = sql.few_values(source, columns, sample=_SAMPLED, most=_FEW)
        found = self._run(few, location=table.location).fetchone() if table.rows > _SAMPLED else None
        return sql.distinct(source, columns) if found and found[0] else (source, "count(*)")

    def _weighted(self, counts: ContingencyTable, table: Table, model: ModelConfig, labels: tuple[Value, Value], *, depth: int) -> ContingencyTable:
        """The counts with the sums of weights and clusters, where gate.yaml names such a column."""
        if model.data.weight is None and model.data.cluster is None:
            return counts

        def run(query: sql.Query) -> Sequence[Sequence[int]]:
            return self._run(query.text, query.parameters, location=table.location).fetchall()

        source = self._judged(table)
        refuse_faults(model, source, run, where=table.location)
        return with_sums(counts, model, labels, source, run, depth=depth)

    def count_labels(self, table: Table, model: ModelConfig, labels: tuple[Value, Value], *, depth: int) -> ContingencyTable:
        """The counts of a table that need not hold predictions: every row counts as not selected.

        Raises:
            DataError: as for `count`.
        """
        check_features(table, model)
        query = sql.counting_labels(self._judged(table), model, labels)
        cells = self._valid(table, model, labels, self._cells(query, location=table.location))
        return roll_up(cells, model.declared_features, model.counted(depth=depth), examples={})

    def _valid(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], cells: Lines) -> Lines:
        """The cells of a counting query, if every row was counted once and all labels are within the label set."""
        require_all(table, cells)
        if invalid_labels(cells):
            self._refuse_labels(table, model, labels, rows=invalid_labels(cells))
        return cells

    def _undeclared(self, table: Table, feature: SensitiveFeature) -> list[str]:
        query = sql.undeclared(self._judged(table), feature, most=_MOST_EXAMPLES)
        return [repr(row[0]) for row in self._run(query.text, query.parameters, location=table.location).fetchall()]

    def _examples(self, table: Table, column: str, labels: tuple[Value, ...]) -> str:
        query = sql.unexpected(self._judged(table), column, labels, most=3)
        return ", ".join(repr(row[0]) for row in self._run(query.text, query.parameters, location=table.location).fetchall())

    def _refuse_labels(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, rows: int) -> None:
        column = model.data.label
        raise DataError(
            f"{rows:,} rows have a label in column {column!r} other than {listed(labels, 'and')}, such as {self._examples(table, column, labels)}",
            where=table.location,
            next_step="Declare data.labels in gate.yaml as the two values that the column holds, or mend the column.",
        )

    def _misbehaviour(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, rows: int) -> Misbehaviour:
        if model.predictions.score is not None:
            return Misbehaviour(check="score", detail=f"{rows:,} scores in column {model.predictions.score!r} are missing or outside [0, 1]")
        column = model.predictions.column
        examples = self._examples(table, column, labels) or "empty"
        return Misbehaviour(check="label", detail=f"{rows:,} predictions in column {column!r} are missing or {neither(labels)}, such as {examples}")


def _counted_columns(model: ModelConfig) -> tuple[str, ...]:
    """The columns that the counting query reads."""
    judged = model.predictions.score or model.predictions.column
    return tuple(dict.fromkeys((*(feature.column for feature in model.declared_features), model.data.label, judged)))


def _finest(lines: Lines) -> Lines:
    """Rows by code of every feature, label and prediction, without the lines that are about scores."""
    scored = lines.get("scored")
    return lines if scored is None else {name: column[scored == 0] for name, column in lines.items()}


def _plain(value: object) -> Value:
    """DuckDB's value as YAML would give it: a whole number is an int."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, str | int | float | bool) else str(value)
