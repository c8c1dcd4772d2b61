"""Answers are believed only after every value has been looked at."""

import json
import struct

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.facts import Misbehaviour
from gate.predict.answers import checked, column_type
from gate.predict.interface import Answer

LABEL, SCORE = Answer.label((0, 1)), Answer.score()


def _ints(*values: int) -> bytes:
    return b"i\x01" + struct.pack(f"<{len(values)}q", *values)


def _json(*values: object) -> bytes:
    return b"j\x01" + json.dumps(values).encode()


@pytest.mark.parametrize(("labels", "kind"), [((0, 1), pa.int64()), (("a", "b"), pa.string()), ((False, True), pa.bool_()), ((0.0, 1.0), pa.float64())])
def test_the_column_has_the_type_of_the_labels(labels: tuple[int, int], kind: pa.DataType) -> None:
    """Counting compares predictions with labels, so both are of one type."""
    assert column_type(Answer.label(labels)) == kind


def test_labels_other_than_zero_and_one_are_fine() -> None:
    """The declared set is what counts, not 0 and 1."""
    assert checked(_ints(2, 1, 2), Answer.label((1, 2)), rows=3).to_pylist() == [2, 1, 2]


def test_of_two_columns_the_second_is_the_score() -> None:
    """Class order is [negative, positive]."""
    payload = b"f\x02" + struct.pack("<4d", 0.9, 0.1, 0.2, 0.8)

    assert checked(payload, SCORE, rows=2).to_pylist() == [0.1, 0.8]


@pytest.mark.parametrize(
    ("payload", "check"),
    [
        (b"", "protocol"),
        (b"f", "protocol"),
        (b"f\x01" + b"123", "protocol"),
        (b"f\x03" + b"\x00" * 24, "protocol"),
        (b"x\x01[]", "length"),
        (b"j\x01{}", "protocol"),
        (b"j\x01" + b"[" * 4_000, "protocol"),
        (b"j\x01" + b"[" * 100_000, "length"),
        (b"j\x01\xff\xfe", "protocol"),
        (b"j\x01[NaN]", "finite"),
        (_json(None), "type"),
        (_json([0]), "type"),
        (_json(10**400), "score"),
        (_json(-1), "score"),
        (_json("0.5"), "type"),
    ],
)
def test_forged_bytes_are_misbehaviour(payload: bytes, check: str) -> None:
    """Bytes that the candidate wrote itself are no better than wrong predictions."""
    misbehaviour = checked(payload, SCORE, rows=1)

    assert isinstance(misbehaviour, Misbehaviour)
    assert misbehaviour.check == check


def test_text_that_no_valid_answers_could_fill_is_not_even_read() -> None:
    """A hundred rows of two labels take a few kilobytes; a megabyte of braces would take a hundred times that in memory."""
    labels = Answer.label(("no", "yes" * 1_000))
    heavy = b"j\x01[" + b"{}," * 300_000 + b"{}]"
    misbehaviour = checked(heavy, labels, rows=100)

    assert isinstance(misbehaviour, Misbehaviour)
    assert (misbehaviour.check, "bytes of text" in misbehaviour.detail) == ("length", True)
    assert checked(_json(*["yes" * 1_000] * 100), labels, rows=100).to_pylist() == ["yes" * 1_000] * 100


@given(st.binary(max_size=200), st.sampled_from([LABEL, SCORE, Answer.label(("a", "b"))]), st.integers(0, 20))
def test_no_bytes_crash_the_parent(payload: bytes, answer: Answer, rows: int) -> None:
    """Whatever arrives, the result is a column of that many valid answers or misbehaviour."""
    result = checked(payload, answer, rows=rows)

    assert isinstance(result, Misbehaviour) or (len(result) == rows and result.null_count == 0)


@pytest.mark.parametrize(("value", "check"), [(float("nan"), "finite"), (float("inf"), "finite"), (1e300, "number"), (-1e31, "number")])
def test_a_number_is_finite_and_of_a_usable_size(value: float, check: str) -> None:
    """A regression may answer any number whose powers stay finite."""
    found = checked(b"f\x01" + struct.pack("<2d", 0.5, value), Answer.number(limit=1e30), rows=2)

    assert isinstance(found, Misbehaviour)
    assert found.check == check


def test_numbers_come_back_as_they_are() -> None:
    """Negative, large and whole numbers are all answers."""
    assert checked(_json(-2.5, 7, 1e29), Answer.number(limit=1e30), rows=3).to_pylist() == [-2.5, 7.0, 1e29]
    assert checked(_json("a"), Answer.number(limit=1e30), rows=1).check == "type"  # type: ignore[union-attr]
    assert checked(b"f\x02" + struct.pack("<2d", 0.5, 1), Answer.number(limit=1e30), rows=1).check == "shape"  # type: ignore[union-attr]


def test_one_of_several_classes_is_a_label() -> None:
    """As many labels as are declared, by number or by text; any other is the candidate's fault."""
    assert checked(_ints(3, 1, 2), Answer.label((1, 2, 3)), rows=3).to_pylist() == [3, 1, 2]
    assert checked(_json("c", "a"), Answer.label(("a", "b", "c")), rows=2).to_pylist() == ["c", "a"]
    assert checked(_json("d"), Answer.label(("a", "b", "c")), rows=1).check == "label"  # type: ignore[union-attr]
