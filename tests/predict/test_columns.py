"""Arrow columns as the frame that a signature asks for."""

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from mlflow.models import ModelSignature
from mlflow.models.utils import _enforce_schema
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from gate.predict.columns import UnfitError, to_pandas

pytestmark = pytest.mark.mlflow


def _signature(**columns: str) -> ModelSignature:
    return ModelSignature(inputs=Schema([ColSpec(DataType[kind], name) for name, kind in columns.items()]))


@pytest.mark.parametrize(
    ("column", "kind", "expected"),
    [
        (pa.array([1, 2], pa.int64()), "double", [1.0, 2.0]),
        (pa.array([1, 2], pa.int64()), "float", [1.0, 2.0]),
        (pa.array([1, 2], pa.int64()), "integer", [1, 2]),
        (pa.array([1, 2], pa.int8()), "long", [1, 2]),
        (pa.array([1.0, 2.0]), "long", [1, 2]),
        (pa.array([0.1, 0.5], pa.float64()), "float", [pytest.approx(0.1), 0.5]),
        (pa.array([0, 1]), "boolean", [False, True]),
        (pa.array([0.0, 1.0]), "boolean", [False, True]),
        (pa.array(["true", "0"]), "boolean", [True, False]),
        (pa.array([True, False]), "double", [1.0, 0.0]),
        (pa.array([True, False]), "long", [1, 0]),
        (pa.array(["1", "2.0"]), "long", [1, 2]),
        (pa.array(["9007199254740993"]), "long", [9007199254740993]),
        (pa.array(["1.5", "-2"]), "double", [1.5, -2.0]),
        (pa.array([1, 2]), "string", ["1", "2"]),
        (pa.array(["a", "b"]).dictionary_encode(), "string", ["a", "b"]),
        (pa.array(["a", "b"], pa.large_string()), "string", ["a", "b"]),
        (pa.array([dt.date(2020, 1, 1)]), "datetime", [pd.Timestamp("2020-01-01")]),
        (pa.array(["2020-01-01"]), "datetime", [pd.Timestamp("2020-01-01")]),
        (pa.array([b"a"]), "binary", [b"a"]),
    ],
)
def test_a_column_gets_the_type_of_the_signature(column: pa.Array, kind: str, expected: list[Any]) -> None:
    """Whatever width Parquet or CSV gave a column, MLflow's own enforcement accepts it afterwards, with the same values."""
    signature = _signature(x=kind)
    frame = to_pandas(pa.table({"x": column}), signature)

    assert _enforce_schema(frame, signature.inputs)["x"].tolist() == expected


def test_missing_values_stay_missing() -> None:
    """A double, a string and a boolean may be missing."""
    signature = _signature(a="double", b="string", c="boolean")
    table = pa.table({"a": pa.array([1, None]), "b": pa.array(["x", None]), "c": pa.array([True, None])})
    frame = _enforce_schema(to_pandas(table, signature), signature.inputs)

    assert [frame[name].isna().tolist() for name in "abc"] == [[False, True]] * 3


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array([1, None]), "long"),
        (pa.array([1.5]), "long"),
        (pa.array([2**40]), "integer"),
        (pa.array([2]), "boolean"),
        (pa.array(["Smith"]), "double"),
        (pa.array(["Smith"]), "datetime"),
        (pa.array([[1]]), "double"),
    ],
)
def test_what_would_lose_something_is_refused_without_quoting_it(column: pa.Array, kind: str) -> None:
    """A cast that changes a value is no cast; the message names the column, never a value of a row."""
    with pytest.raises(UnfitError, match="'x'") as caught:
        to_pandas(pa.table({"x": column}), _signature(x=kind))

    assert "Smith" not in str(caught.value)


def test_columns_come_in_the_order_of_the_signature() -> None:
    """A model that goes by position gets its columns by name; what it does not take is left out."""
    table = pa.table({"c": [3], "b": [2.0], "a": [1.0]})

    assert to_pandas(table, _signature(a="double", b="double")).columns.tolist() == ["a", "b"]


def test_without_names_columns_go_by_position() -> None:
    """A signature without names takes the columns as they are handed over."""
    signature = ModelSignature(inputs=Schema([ColSpec(DataType.double), ColSpec(DataType.long)]))
    frame = to_pandas(pa.table({"p": [1], "q": [2.0]}), signature)

    assert frame.dtypes.astype(str).to_dict() == {"p": "float64", "q": "int64"}


def test_without_a_signature_the_table_is_handed_over_as_it_is() -> None:
    """There is nothing to fit it to."""
    assert to_pandas(pa.table({"b": [2], "a": ["x"]}), None).to_dict("list") == {"b": [2], "a": ["x"]}


def test_tensors_get_their_type() -> None:
    """A matrix of float32 gets float32 columns."""
    signature = ModelSignature(inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 2))]))
    frame = to_pandas(pa.table({"a": [1, 2], "b": [0.5, 1.0]}), signature)

    assert _enforce_schema(frame, signature.inputs).dtype == np.float32
