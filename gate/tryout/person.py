"""A made-up case: for every input a value, and the values that may be tried, each resting on many rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeGuard

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gate.errors import UsageError

__all__ = ["FEWEST", "Field", "FieldKind", "Given", "fields_of", "read", "rows_of"]

FEWEST = 10
"""Rows that a shown value rests on at the least, also where a policy names no `privacy.min_cell`."""
_FEW_VALUES = 12
_MOST_CHOICES = 50
_TAIL = 0.05
_STEPS = 50
_LONGEST = 1000

_LARGEST = 2**53

Given = float | int | str | bool | date | None


class FieldKind(StrEnum):
    """How an input is changed: by a number, a whole number, a choice, any text; or not at all."""

    NUMBER = "number"
    WHOLE = "whole"
    CHOICE = "choice"
    TEXT = "text"
    FIXED = "fixed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input of the model.

    Args:
        name: its column.
        kind: how it is changed.
        start: its value in the made-up case: about the median, or the most frequent one.
        low, high, step: of numbers: about the 5th and the 95th percentile, rounded, and by how much to go.
        choices: of a choice: the values that enough rows have, the most frequent first.
        optional: whether it may be missing, as it is in enough rows.
    """

    name: str
    kind: FieldKind
    start: Given
    low: float = 0.0
    high: float = 0.0
    step: float = 1.0
    choices: tuple[Given, ...] = ()
    optional: bool = False

    @property
    def points(self) -> tuple[Given, ...]:
        """The values at which the dependence on it is drawn; none where it cannot be changed."""
        if self.kind is FieldKind.CHOICE:
            return self.choices
        if self.kind not in {FieldKind.NUMBER, FieldKind.WHOLE} or self.high <= self.low:
            return ()
        found = np.linspace(self.low, self.high, 25)
        return tuple(sorted({round(value) for value in found.tolist()})) if self.kind is FieldKind.WHOLE else tuple(found.tolist())


def fields_of(inputs: pa.Table, *, fewest: int = FEWEST) -> tuple[Field, ...]:
    """The made-up case from the columns that a model takes; a value on which fewer than `fewest` rows rest is not shown."""
    return tuple(_field(name, inputs.column(name), max(fewest, FEWEST)) for name in inputs.column_names)


def rows_of(schema: pa.Schema, rows: Sequence[Sequence[Given]]) -> pa.RecordBatch:
    """Cases as rows of the model's inputs.

    Raises:
        UsageError: a value is none of its column.
    """
    return pa.record_batch([_cast([row[place] for row in rows], field) for place, field in enumerate(schema)], schema=schema.remove_metadata())


def _cast(values: Sequence[Given], field: pa.Field) -> pa.Array:
    if all(value is None for value in values):
        return pa.nulls(len(values), field.type)
    try:
        if pa.types.is_dictionary(field.type):
            return pa.array(values).cast(field.type.value_type).dictionary_encode().cast(field.type)
        return pa.array(values).cast(field.type)
    except (pa.ArrowException, OverflowError) as error:
        raise UsageError("this is no value of its column", where=field.name) from error


def read(fields: Sequence[Field], written: object) -> tuple[Given, ...]:
    """The values of a case as the page sent them.

    Raises:
        UsageError: they are not one value for every field, each of its kind.
    """
    if not isinstance(written, list) or len(written) != len(fields):
        raise UsageError("there has to be one value for every input", where="values")
    return tuple(_value(field, value) for field, value in zip(fields, written, strict=True))


def _value(field: Field, value: object) -> Given:
    if field.kind is FieldKind.FIXED or (value is None and field.optional):
        return field.start if field.kind is FieldKind.FIXED else None
    if field.kind is FieldKind.CHOICE:
        for choice in field.choices:
            if _same(choice, value):
                return choice
        raise UsageError("one of the offered values is needed", where=field.name)
    if field.kind is FieldKind.TEXT:
        if isinstance(value, str) and len(value) <= _LONGEST:
            return value
        raise UsageError(f"a text of at most {_LONGEST} characters is needed", where=field.name)
    return _number(field, value)


def _number(field: Field, value: object) -> float | int:
    if _is_number(value) and math.isfinite(value) and abs(value) < _LARGEST and (field.kind is FieldKind.NUMBER or value == int(value)):
        return float(value) if field.kind is FieldKind.NUMBER else int(value)
    raise UsageError(f"a {'whole number' if field.kind is FieldKind.WHOLE else 'number'} is needed", where=field.name)


def _same(choice: Given, value: object) -> bool:
    """Whether a page means this choice: a browser writes the number 1.0 as 1, but never as true."""
    return choice == value and (type(choice) is type(value) or (_is_number(choice) and _is_number(value)))


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _field(name: str, column: pa.ChunkedArray, fewest: int) -> Field:
    optional = column.null_count >= fewest
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    whole = pa.types.is_integer(kind)
    if pa.types.is_temporal(kind) or pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_null(kind):
        return Field(name=name, kind=FieldKind.FIXED, start=_year(column.drop_null()))
    present = column.drop_null().cast(kind)
    textual = not (whole or pa.types.is_floating(kind) or pa.types.is_decimal(kind))
    choices = _common(present, fewest, few=not textual)
    if choices:
        return Field(name=name, kind=FieldKind.CHOICE, start=choices[0], choices=choices, optional=optional)
    if textual:
        return Field(name=name, kind=FieldKind.TEXT, start="", optional=optional)
    return _numbers(name, present.cast(pa.float64(), safe=False).to_numpy(), fewest, whole=whole, optional=optional)


def _year(present: pa.ChunkedArray) -> date | None:
    """The first day of the year in which the middle of all days lies; None where they are no days."""
    if not (pa.types.is_date(present.type) or pa.types.is_timestamp(present.type)) or not len(present):
        return None
    days = np.sort(present.cast(pa.timestamp("s"), safe=False).to_numpy())
    year: date = days[len(days) // 2].astype("datetime64[Y]").astype("datetime64[D]").item()
    return year


def _common(present: pa.ChunkedArray, fewest: int, *, few: bool) -> tuple[Given, ...]:
    """The values that enough rows have, the most frequent first; of numbers, only where they have few values and no others."""
    if pa.types.is_decimal(present.type):
        return ()
    found = sorted(((entry["counts"].as_py(), entry["values"].as_py()) for entry in pc.value_counts(present)), key=lambda entry: (-entry[0], str(entry[1])))
    common = tuple(value for rows, value in found if rows >= fewest and value == value)  # NaN is no value  # noqa: PLR0124
    if few and (len(found) > _FEW_VALUES or len(common) < len(found)):
        return ()
    return common[:_MOST_CHOICES]


def _numbers(name: str, values: NDArray[np.float64], fewest: int, *, whole: bool, optional: bool) -> Field:
    """A number: the middle and both ends are means over `fewest` rows, rounded, and the utmost rows are in none; nothing where there are too few."""
    kind = FieldKind.WHOLE if whole else FieldKind.NUMBER
    ordered = np.sort(values[np.isfinite(values)])
    rows, tail = len(ordered), max(1, int(len(ordered) * _TAIL))
    if rows < 3 * fewest + 2:
        return Field(name=name, kind=kind, start=0, optional=optional)
    places = (tail, (rows - fewest) // 2, rows - tail - fewest)
    low, start, high = (float(ordered[place : place + fewest].mean()) for place in places)
    step = 10.0 ** math.floor(math.log10((high - low) / _STEPS)) if high > low else 1.0
    step = max(1.0, step) if whole else step
    low, start, high = (round(round(value / step) * step, 12) for value in (low, start, high))
    return Field(name=name, kind=kind, start=int(start) if whole else start, low=low, high=high, step=step, optional=optional)
