"""MLflow's scoring protocol: rows to JSON, and JSON to the answers that a child would give. Nothing in it is believed."""

import base64
import datetime as dt
import json
import math
from collections.abc import Mapping
from decimal import Decimal

import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.errors import DataError
from gate.predict.answers import checked
from gate.predict.interface import Answer

__all__ = ["answers_in", "question"]


def question(batch: pa.RecordBatch) -> bytes:
    """The rows as `dataframe_split`.

    Raises:
        DataError: a column holds infinity, which JSON cannot say.
    """
    columns = [[_plain(value, name) for value in batch.column(name).to_pylist()] for name in batch.schema.names]
    data = [list(row) for row in zip(*columns, strict=True)]
    return json.dumps({"dataframe_split": {"columns": batch.schema.names, "data": data}}, allow_nan=False).encode()


def _plain(value: object, column: str) -> object:
    """A value as JSON can say it; NaN is missing."""
    match value:
        case float() if math.isnan(value):
            return None
        case float() if math.isinf(value):
            raise DataError("a column holds infinity, which JSON cannot say", where=column, next_step="Mend the holdout, or judge a registered model.")
        case Decimal():
            return float(value)
        case bytes():
            return base64.b64encode(value).decode()
        case dt.date() | dt.datetime() | dt.time():
            return value.isoformat()
        case _:
            return value


def answers_in(body: bytes, answer: Answer, *, rows: int) -> pa.Array | Misbehaviour:
    """One valid answer per row, as `checked` sees to it, or what is wrong with the response."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return _strange("its response is not JSON")
    found = said.get("predictions") if isinstance(said, Mapping) else None
    if not isinstance(found, list):
        return _strange("its response has no list of `predictions`")
    table = [_cells(row, answer.column) for row in found]
    widths = {len(row) for row in table}
    if len(widths) > 1 or not widths <= {1, 2}:
        return Misbehaviour(check="shape", detail=f"the endpoint answered rows of {_listed(widths)} values, none of them under the name {answer.column!r}")
    width = widths.pop() if widths else 1
    flat = [value if isinstance(value, bool | int | float | str) else None for row in table for value in row]
    return checked(b"j" + bytes([width]) + json.dumps(flat).encode(), answer, rows=rows)


def _cells(row: object, name: str | None) -> list[object]:
    """The values of a row: of a mapping, the one of that name before all others."""
    match row:
        case dict():
            return [row[name]] if name is not None and name in row else list(row.values())
        case list():
            return row
        case _:
            return [row]


def _listed(widths: set[int]) -> str:
    return " and ".join(str(width) for width in sorted(widths)[:5])


def _strange(what: str) -> Misbehaviour:
    return Misbehaviour(check="protocol", detail=f"the endpoint does not speak MLflow's scoring protocol: {what}")
