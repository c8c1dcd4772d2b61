"""The one query that turns rows into counts, for every engine.

Groups, labels and predictions become small codes inside the query, so that what comes back is bounded by the
declaration and not by the data. Names are quoted as identifiers, values are parameters: no user text becomes SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gate.core.model import ModelConfig, SensitiveFeature, Value

__all__ = ["INVALID", "MISSING", "UNDECLARED", "Query", "cast", "counting", "counting_labels", "group_codes", "quoted", "undeclared", "unexpected"]

MISSING = -1
"""No value."""
UNDECLARED = -2
"""A value that no declared group has."""
INVALID = -3
"""A label or prediction outside the label set."""


@dataclass(slots=True)
class Query:
    """SQL text with its parameters, built piece by piece."""

    parameters: list[Value] = field(default_factory=list)
    text: str = ""

    def value(self, value: Value) -> str:
        """A placeholder for a value."""
        self.parameters.append(value)
        return "?"


def quoted(column: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def counting(source: str, model: ModelConfig, labels: tuple[Value, ...]) -> Query:
    """Rows by code of every feature, of the label and of the prediction; the last column is their number.

    Args:
        source: SQL of the table, written by the engine.
        model: which columns mean what.
        labels: the negative and the positive label, or the classes.
    """
    query = Query()
    keys = _keys(query, model, labels)
    return _grouped(query, [*keys, f"{_prediction_code(query, model, labels)} AS prediction"], source)


def counting_labels(source: str, model: ModelConfig, labels: tuple[Value, ...]) -> Query:
    """The same of a table that holds no predictions: every row counts as not selected."""
    query = Query()
    return _grouped(query, [*_keys(query, model, labels), "0 AS prediction"], source)


def _keys(query: Query, model: ModelConfig, labels: tuple[Value, ...]) -> list[str]:
    """The codes of every feature and of the label. Parameters stand in the order of the text, so these come first."""
    return [*group_codes(query, model), f"{_label_code(query, model.data.label, labels, empty=MISSING)} AS label"]


def group_codes(query: Query, model: ModelConfig) -> list[str]:
    """The code of every feature, under the names `f0`, `f1`, …."""
    return [f"{_group_code(query, feature)} AS f{i}" for i, feature in enumerate(model.sensitive_features)]


def _grouped(query: Query, keys: Sequence[str], source: str) -> Query:
    query.text = f"SELECT {', '.join(keys)}, count(*) AS n FROM {source} GROUP BY ALL"  # noqa: S608 -- identifiers quoted, values are parameters
    return query


def undeclared(source: str, feature: SensitiveFeature, *, most: int) -> Query:
    """The most frequent values that belong to no declared group."""
    query = Query()
    column = quoted(feature.column)
    code = _group_code(query, feature)
    query.text = (
        f"SELECT left(CAST({column} AS VARCHAR), 60) AS example, count(*) AS n FROM {source} "  # noqa: S608 -- as above
        f"WHERE {code} = {UNDECLARED} GROUP BY ALL ORDER BY n DESC, example LIMIT {most:d}"
    )
    return query


def unexpected(source: str, column: str, allowed: tuple[Value, ...], *, most: int) -> Query:
    """Some values of a label column that are outside the label set."""
    query = Query()
    code = _label_code(query, column, allowed, empty=MISSING)
    query.text = (
        f"SELECT DISTINCT left(CAST({quoted(column)} AS VARCHAR), 60) AS example FROM {source} "  # noqa: S608 -- as above
        f"WHERE {code} = {INVALID} ORDER BY example LIMIT {most:d}"
    )
    return query


def cast(column: str, value: Value) -> str:
    """The column, cast to the type of a declared value."""
    match value:
        case bool():
            return f"TRY_CAST(CAST({column} AS VARCHAR) AS BOOLEAN)"
        case int() | float():
            return f"TRY_CAST({column} AS DOUBLE)"
        case str():
            return f"CAST({column} AS VARCHAR)"


def _equals(query: Query, column: str, value: Value) -> str:
    return f"{cast(column, value)} = {query.value(value)}"


def _group_code(query: Query, feature: SensitiveFeature) -> str:
    """The place of a row's group in the declaration."""
    column = quoted(feature.column)
    if feature.bins:
        return _bin_code(query, column, feature.bins)
    cases = " ".join(f"WHEN {_equals(query, column, group.value)} THEN {i:d}" for i, group in enumerate(feature.groups) if group.value is not None)
    return f"CASE {cases} WHEN {column} IS NULL THEN {MISSING} ELSE {UNDECLARED} END"


def _bin_code(query: Query, column: str, edges: Sequence[float]) -> str:
    """The place of a row's bin: below the first edge, between two, at or above the last."""
    number = f"TRY_CAST({column} AS DOUBLE)"
    cases = " ".join(f"WHEN {number} < {query.value(edge)} THEN {i:d}" for i, edge in enumerate(edges))
    return f"CASE WHEN {column} IS NULL THEN {MISSING} WHEN {number} IS NULL OR NOT isfinite({number}) THEN {UNDECLARED} {cases} ELSE {len(edges):d} END"


def _label_code(query: Query, name: str, labels: tuple[Value, ...], *, empty: int) -> str:
    """The place of the label in the label set: of two, 1 is the positive one, 0 the negative one."""
    column = quoted(name)
    known = " ".join(f"WHEN {_equals(query, column, label)} THEN {i:d}" for i, label in enumerate(labels))
    return f"CASE {known} WHEN {column} IS NULL THEN {empty} ELSE {INVALID} END"


def _prediction_code(query: Query, model: ModelConfig, labels: tuple[Value, ...]) -> str:
    """1 for selected, 0 for not; a missing prediction is as invalid as a wrong one."""
    predictions = model.predictions
    if predictions.score is None:
        return _label_code(query, predictions.column, labels, empty=INVALID)
    score = f"TRY_CAST({quoted(predictions.score)} AS DOUBLE)"
    selected = f"WHEN {score} >= {query.value(predictions.threshold)} THEN 1"
    return f"CASE WHEN {score} IS NULL OR NOT ({score} BETWEEN 0 AND 1) THEN {INVALID} {selected} ELSE 0 END"
