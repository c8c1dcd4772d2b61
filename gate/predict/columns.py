"""Arrow columns as the pandas frame that a model's signature asks for.

MLflow refuses a long where it wants a double and an int64 where it wants an int32. Which width a column happens to have
depends on whether the holdout came as Parquet or CSV, and that is the gate's business, not the model's. Values never
change: a cast that would lose something is refused. Runs in the child only.
"""

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from mlflow.types import DataType, Schema

__all__ = ["UnfitError", "to_pandas"]

_TARGETS = {
    DataType.boolean: pa.bool_(),
    DataType.integer: pa.int32(),
    DataType.long: pa.int64(),
    DataType.float: pa.float32(),
    DataType.double: pa.float64(),
    DataType.string: pa.string(),
    DataType.binary: pa.binary(),
    DataType.datetime: pa.timestamp("ns"),
}


class UnfitError(ValueError):
    """The rows do not fit the model's signature, or its answer is no answer. Never leaves the child."""


def to_pandas(table: pa.Table, signature: Any) -> pd.DataFrame:
    """The table with the signature's columns, order and types; as it is where there is no signature."""
    schema: Schema | None = signature.inputs if signature is not None else None
    if schema is None:
        return table.to_pandas()
    if schema.is_tensor_spec():
        return _for_tensors(table, schema)
    specs = [(spec, spec.name or table.column_names[place]) for place, spec in enumerate(schema.inputs) if spec.name or place < table.num_columns]
    chosen = [(spec, name) for spec, name in specs if name in table.column_names]
    return pa.table({name: _fitted(table[name], name, spec.type) for spec, name in chosen}).to_pandas(date_as_object=False)


def _for_tensors(table: pa.Table, schema: Schema) -> pd.DataFrame:
    """Every column in the type of its tensor, or all in the type of the only one."""
    kinds = schema.input_dict() if schema.has_input_names() else dict.fromkeys(table.column_names, schema.inputs[0])
    frame = table.to_pandas()
    return frame[list(kinds)].astype({name: spec.type for name, spec in kinds.items()})


def _fitted(column: pa.ChunkedArray, name: str, wanted: Any) -> pa.ChunkedArray:
    target = _TARGETS.get(wanted)
    if target is None:
        return column
    if pa.types.is_integer(target) and column.null_count:
        raise UnfitError(f"column {name!r} has {column.null_count} missing values, but the model's signature takes it as {wanted}, which has no missing value")
    try:
        return _cast(_plain(column), target)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # its text would quote a row
        message = f"column {name!r} is {column.type}, and some value of it cannot be read as {wanted}, which the model's signature asks for"
        raise UnfitError(message) from None


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _cast(column: pa.ChunkedArray, target: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_boolean(target) and not pa.types.is_boolean(column.type) and not _is_text(column.type):
        if not pc.all(pc.is_in(pc.drop_null(column), value_set=pa.array([0, 1], pa.int64()).cast(column.type))).as_py():
            raise pa.ArrowInvalid
        return column.cast(target)
    if pa.types.is_integer(target) and _is_text(column.type):
        column = _number(column)  # "1.0" is an integer too
    return column.cast(target, safe=not pa.types.is_floating(target))


def _number(column: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.float64())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
