"""Strict YAML: what scalars mean, where values stand, and that writing is undone by reading."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.policy.problems import FaultyFileError, Mark, spelled
from gate.policy.yaml_loader import Plain, Tree, load
from gate.policy.yaml_writer import dump

FILE = Path("file.yaml")

SCALARS = {
    "no": "no",
    "yes": "yes",
    "on": "on",
    "Off": "Off",
    "y": "y",
    "true": True,
    "FALSE": False,
    "tRue": "tRue",
    "null": None,
    "~": None,
    "Null": None,
    "": None,
    "1": 1,
    "-7": -7,
    "+7": 7,
    "0": 0,
    "1e3": 1000.0,
    "1.5E-2": 0.015,
    ".5": 0.5,
    "5.": 5.0,
    "1_000": "1_000",
    "12:30:45": "12:30:45",
    "2026-08-01": "2026-08-01",
    "nan": "nan",
    "inf": "inf",
    "=": "=",
    "1.2.3": "1.2.3",
    "0b1": "0b1",
    "'010'": "010",
    '"1e3"': "1e3",
    "'true'": "true",
    '""': "",
}


def tree(text: str) -> Tree:
    """The document of this text."""
    return load(text.encode(), path=FILE, error=FaultyFileError)


@pytest.mark.parametrize(("written", "meant"), SCALARS.items())
def test_scalars_mean_what_yaml_1_2_says(written: str, meant: Plain) -> None:
    """No scalar is a boolean, number or date that only YAML 1.1 knows."""
    value = tree(f"a: {written}\n").value

    assert value == {"a": meant}
    assert isinstance(value, dict)
    assert type(value["a"]) is type(meant)


def test_every_value_and_key_has_its_place() -> None:
    """A path leads to the line and column where its value, or its key, is written."""
    read = tree("rules:\n  - id: a\n    max: 0.1\n")

    assert read.mark(("rules", 0, "max")) == Mark(line=3, column=10)
    assert read.mark(("rules", 0, "max"), at_key=True) == Mark(line=3, column=5)


def test_a_path_that_leads_nowhere_has_the_place_of_what_encloses_it() -> None:
    """A missing key is shown where its mapping begins."""
    read = tree("rules:\n  - id: a\n")

    assert read.mark(("rules", 0, "metric", "x")) == Mark(line=2, column=5)


def test_paths_are_spelled_as_people_write_them() -> None:
    """Keys that are not plain words are quoted, places in lists are in brackets."""
    spellings = [spelled(("rules", 2, "max")), spelled(("models", "a b", "burden-of-proof")), spelled(("groups", True)), spelled(())]

    assert spellings == ["rules[2].max", "models['a b'].burden-of-proof", "groups[true]", ""]


def test_a_byte_order_mark_at_the_beginning_is_no_text() -> None:
    """Editors that begin files with a byte-order mark do no harm."""
    value = load(b"\xef\xbb\xbfa: 1\n", path=FILE, error=FaultyFileError).value

    assert value == {"a": 1}


def test_several_problems_are_found_in_one_reading() -> None:
    """What does not break the syntax does not hide what follows."""
    with pytest.raises(FaultyFileError) as refused:
        tree("a: 010\nb: &x 1\nc: *x\na: .nan\n")

    assert [problem.line for problem in refused.value.problems] == [1, 2, 3, 4, 4]


def test_scalar_keys_are_read_only_where_the_caller_wants_them() -> None:
    """`{0: female}` has the number 0 as key where groups are declared, and nowhere else."""
    value = load(b"groups: {0: female, true: male}\n", path=FILE, error=FaultyFileError, scalar_keys=lambda path: path == ("groups",)).value

    assert value == {"groups": {0: "female", True: "male"}}


texts = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.sampled_from([0.1, 1e-7, 1e300, -2.5, 1000.0])
    | texts
    | st.sampled_from([*SCALARS, "010", "0x1F", ".nan", "1e999"])
)
plain = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8)


@given(plain)
def test_reading_undoes_writing(value: Plain) -> None:
    """What `gate policy show` prints means exactly what it was printed from."""
    assert load(dump(value).encode(), path=FILE, error=FaultyFileError).value == value  # type: ignore[arg-type]
