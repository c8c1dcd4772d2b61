"""Every column that `gate.yaml` names is there, and holds what it declares: the same demands for every engine."""

from collections.abc import Mapping, Sequence

from gate.aggregate.interface import Table
from gate.core.model import ModelConfig, Value
from gate.errors import DataError

__all__ = ["check_columns", "check_features", "require", "require_columns"]

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL")


def check_columns(table: Table, model: ModelConfig, baselines: Sequence[str]) -> None:
    """Every column that the configuration names is there and has the declared type."""
    check_features(table, model)
    _check_weights(table, model)
    predictions = model.predictions
    if predictions.score is not None:
        require(table, {predictions.score: 0.5}, role="score")
    else:
        require(table, {predictions.column: model.data.positive_label}, role="prediction")
    example = model.data.positive_label if predictions.score is None else 0.5
    for column in baselines:
        require(table, {column: example}, role="prediction of a baseline")


def _check_weights(table: Table, model: ModelConfig) -> None:
    if model.data.weight is not None:
        require(table, {model.data.weight: 1.0}, role="weight")
    if model.data.cluster is not None:
        require_columns(table, (model.data.cluster,), role="cluster")


def check_features(table: Table, model: ModelConfig) -> None:
    """Every declared feature has its column, of its type."""
    for feature in model.declared_features:
        example: Value = 0.0 if feature.bins else next(group.value for group in feature.groups if group.value is not None)
        require(table, {feature.column: example}, role=f"{'sensitive' if feature in model.sensitive_features else 'control'} feature {feature.name}")


def require(table: Table, columns: Mapping[str, Value], *, role: str) -> None:
    """These columns are there, and hold values such as these.

    Raises:
        DataError: one is absent, or of another type.
    """
    require_columns(table, tuple(columns), role=role)
    for column, example in columns.items():
        kind = table.columns[column]
        if not table.holds_text(column) and not _fits(kind, example):
            raise DataError(
                f"column {column!r} ({role}) holds {kind.lower()}, but gate.yaml declares values such as {example!r}",
                where=table.location,
                next_step="Write the values in gate.yaml with the column's type: numbers bare, text in quotes, true and false for booleans.",
            )


def require_columns(table: Table, columns: Sequence[str], *, role: str) -> None:
    """These columns are there.

    Raises:
        DataError: one is absent.
    """
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
