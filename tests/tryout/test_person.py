"""The made-up case tells no row: every value of it rests on many."""

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from gate.errors import UsageError
from gate.stages.trying import _once_each
from gate.tryout.person import Field, FieldKind, fields_of, read, rows_of


def _numbers(rows: int = 200, seed: int = 0) -> list[float]:
    return [float(value) for value in np.random.default_rng(seed).lognormal(10, 1, rows)]


def _field(values: Any, *, fewest: int = 10) -> Field:  # noqa: ANN401 -- whatever pyarrow takes
    (field,) = fields_of(pa.table({"x": values}), fewest=fewest)
    return field


@pytest.mark.parametrize("rows", [31, 32, 200])
def test_no_row_can_be_told_by_what_is_extreme(rows: int) -> None:
    """The largest and the smallest value may be anything: the case, its range and its curve stay as they are."""
    values = sorted(_numbers(rows))
    other = [-1e12, *values[1:-1], 1e12]

    assert _field(values) == _field(other)


def test_no_number_of_the_case_is_a_value_of_a_row() -> None:
    """Neither the start, nor the range, nor a point of the curve is a value that some row has."""
    values = _numbers()
    field = _field(values)
    shown = {field.start, field.low, field.high, *field.points}

    assert (field.kind, shown & set(values), field.low < float(str(field.start)) < field.high) == (FieldKind.NUMBER, set(), True)


def test_too_few_rows_show_no_number() -> None:
    """Of a column with fewer rows than three shown means need, nothing is shown but that it is a number."""
    assert _field(_numbers(31), fewest=11) == Field(name="x", kind=FieldKind.NUMBER, start=0)


@pytest.mark.parametrize(("fewest", "choices"), [(1, ("a", "b")), (10, ("a", "b")), (11, ("a",)), (41, ())])
def test_rare_categories_are_not_offered(fewest: int, choices: tuple[str, ...]) -> None:
    """A value of fewer rows than the policy's least cell, and never one of fewer than ten, is in the page."""
    field = _field(["a"] * 40 + ["b"] * 10 + ["c"] * 9 + ["Grace Hopper"], fewest=fewest)

    assert (field.choices, field.start) == (choices, choices[0] if choices else "")


def test_a_flag_with_a_rare_side_is_no_choice_of_it() -> None:
    """Whole numbers of few values are a choice only where each has rows enough; else a rare value would be named."""
    assert _field([0] * 90 + [1] * 10).choices == (0, 1)
    assert 1 not in {*_field([0] * 91 + [1] * 9).choices, _field([0] * 91 + [1] * 9).high}


def test_missing_is_offered_only_where_many_miss() -> None:
    """That one row lacks a value is not to be told; and a model that never met a missing value is not asked about one."""
    assert (_field([*_numbers(), *[None] * 9]).optional, _field([*_numbers(), *[None] * 10]).optional) == (False, True)


def test_days_stay_as_they_are() -> None:
    """A day cannot be changed; what the model is asked is the first of a year."""
    field = _field([date(2020, 3, day) for day in range(1, 30)])

    assert (field.kind, field.start, field.points) == (FieldKind.FIXED, date(2020, 1, 1), ())


FIELDS = (
    Field(name="n", kind=FieldKind.NUMBER, start=0.5, high=1.0, step=0.1),
    Field(name="w", kind=FieldKind.WHOLE, start=3, high=9, optional=True),
    Field(name="c", kind=FieldKind.CHOICE, start=1.0, choices=(1.0, 2.0)),
    Field(name="t", kind=FieldKind.TEXT, start=""),
    Field(name="d", kind=FieldKind.FIXED, start=date(2020, 1, 1)),
)
GOOD = [0.25, None, 2, "x", "anything"]


def test_a_case_is_read_as_the_kinds_say() -> None:
    """A browser writes 2.0 as 2; what cannot be changed stays as it is, whatever the page says."""
    assert read(FIELDS, GOOD) == (0.25, None, 2.0, "x", date(2020, 1, 1))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, None),
        (0, True),
        (0, "1"),
        (0, float("inf")),
        (0, float("nan")),
        (0, 1e300),
        (1, 1.5),
        (1, True),
        (2, 3),
        (2, True),
        (2, None),
        (3, 5),
        (3, "x" * 1001),
    ],
)
def test_anything_else_is_refused(place: int, value: object) -> None:
    """A value of another kind never reaches the model."""
    with pytest.raises(UsageError):
        read(FIELDS, [*GOOD[:place], value, *GOOD[place + 1 :]])


@pytest.mark.parametrize("written", [None, "abcde", [], [0.25], {"0": 1}])
def test_no_list_of_values_is_refused(written: object) -> None:
    """One value for every input, no more and no fewer."""
    with pytest.raises(UsageError):
        read(FIELDS, written)


def test_rows_have_the_types_of_the_table() -> None:
    """Whatever the page sends, the model sees its own types; a number that its column cannot hold is refused."""
    schema = pa.schema([("n", pa.float32()), ("w", pa.int8()), ("c", pa.dictionary(pa.int32(), pa.string()))])
    rows = rows_of(schema, [(0.5, 3, "a"), (0.5, None, None)])

    assert (rows.schema, rows.to_pylist()) == (schema, [{"n": 0.5, "w": 3, "c": "a"}, {"n": 0.5, "w": None, "c": None}])
    with pytest.raises(UsageError):
        rows_of(schema, [(0.5, 300, "a")])


def test_a_choice_among_coded_numbers_is_a_row_for_the_model() -> None:
    """A column that pandas holds as categories of numbers is asked about as it is."""
    column = pa.array([3, 5, 3, 5] * 20).dictionary_encode()
    table = pa.table({"x": column})
    (field,) = fields_of(table, fewest=10)

    assert rows_of(table.schema, [(field.start,)]).column(0).to_pylist() == [field.start]


def test_many_rows_of_one_person_are_one() -> None:
    """Where rows belong together, the first row of everybody counts, and nobody's name becomes a choice by being there often."""
    table = pa.table({"name": ["Smith"] * 12 + ["Li"] * 3, "who": [1] * 12 + [2, 3, 4]})

    assert _once_each(table, "who").to_pydict() == {"name": ["Smith", "Li", "Li", "Li"], "who": [1, 2, 3, 4]}
    assert _once_each(table, None) is table
