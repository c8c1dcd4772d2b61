"""Canonical JSON, by which policies, configurations and decisions are bound."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.canonical import canonical, digest
from gate.core.policy import Burden

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(values)
def test_reading_and_writing_again_changes_nothing(value: object) -> None:
    """Law: canonical JSON is a fixed point, so that a record can be checked from its own text."""
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_there_is_one_way_to_write_a_value() -> None:
    """Order of keys, kinds of sequence, enumerations and digits beyond the twelfth make no difference."""
    written = canonical({"b": (1, 2.0, -0.0), "a": 0.1 + 0.2, "é": Burden.GATE, "c": [True, None]})

    assert written.decode() == '{"a":0.3,"b":[1,2.0,0.0],"c":[true,null],"é":"gate"}'


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        ("\ud800", ValueError),
        ({1: "a"}, TypeError),
        ({"a": {1, 2}}, TypeError),
        (b"bytes", TypeError),
    ],
)
def test_what_json_cannot_hold_is_refused(value: object, error: type[Exception]) -> None:
    """Nothing is dropped or rounded into something else without a word."""
    with pytest.raises(error):
        canonical(value)


def test_a_digest_names_its_algorithm() -> None:
    """A digest is SHA-256, and says so."""
    assert digest(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
