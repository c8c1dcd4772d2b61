"""Arrow columns as the pandas frame that a model's signature asks for.

MLflow refuses a long where it wants a double and an int64 where it wants an int32. Which width a column happens to have
depends on whether the holdout came as Parquet or CSV, and that is the gate's business, not the model's. Values never
change: a cast that would lose something is refused. Runs in the child only.
"""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from mlflow.models import ModelSignature
from mlflow.types import DataType, Schema

__all__ = ["UnfitError", "to_pandas"]

_TARGETS: dict[object, pa.DataType] = {
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
    """The rows do not fit the model's signature, or its answer is no answer: `check` says which. Never leaves the child."""

    def __init__(self, message: str, *, check: str = "inputs") -> None:
        super().__init__(message)
        self.check = check


def to_pandas(table: pa.Table, signature: ModelSignature | None) -> pd.DataFrame:
    """The table with the signature's columns, order and types; as it is where there is no signature."""
    schema = signature.inputs if signature is not None else None
    if schema is not None and schema.is_tensor_spec():
        return _for_tensors(table, schema)
    frame: pd.DataFrame = (table if schema is None else _for_columns(table, schema)).to_pandas()
    return frame


def _for_columns(table: pa.Table, schema: Schema) -> pa.Table:
    """Every column that the signature names and the table has, in the signature's order and types."""
    specs = [(spec, spec.name or table.column_names[place]) for place, spec in enumerate(schema.inputs) if spec.name or place < table.num_columns]
    chosen = [(spec, name) for spec, name in specs if name in table.column_names]
    return pa.table({name: _fitted(table[name], name, spec.type) for spec, name in chosen})


def _for_tensors(table: pa.Table, schema: Schema) -> pd.DataFrame:
    """Every column in the type of its tensor, or all in the type of the only one."""
    specs = schema.input_dict() if schema.has_input_names() else dict.fromkeys(table.column_names, schema.inputs[0])
    kinds = {name: spec.type for name, spec in specs.items() if isinstance(spec.type, np.dtype)}
    frame: pd.DataFrame = table.select(list(kinds)).to_pandas()
    return frame.astype(kinds)


def _fitted(column: pa.ChunkedArray, name: str, wanted: object) -> pa.ChunkedArray:
    target = _TARGETS.get(wanted)
    if target is None:
        return column
    if pa.types.is_integer(target) and column.null_count:
        where = f"column {name!r} has missing values ({column.null_count} among the rows asked at once)"
        raise UnfitError(f"{where}, but the model's signature takes it as {wanted}, which has no missing value")
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
