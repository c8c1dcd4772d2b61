"""Great Expectations suites as files."""

import json
from pathlib import Path

import pytest

from gate.checks.suite import columns_of, read_suite
from gate.errors import ConfigError


def _suite(folder: Path, *expectations: object, name: str = "mortgage") -> Path:
    path = folder / "suite.json"
    path.write_text(json.dumps({"name": name, "expectations": list(expectations)}), encoding="utf-8")
    return path


def test_columns_are_named_once_in_order_of_mention(tmp_path: Path) -> None:
    """Single, paired and listed columns all count."""
    suite = _suite(
        tmp_path,
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "income"}},
        {"type": "expect_column_pair_values_to_be_equal", "kwargs": {"column_A": "income", "column_B": "debt"}},
        {"expectation_type": "expect_compound_columns_to_be_unique", "kwargs": {"column_list": ["debt", "id"]}},
    )

    assert columns_of(suite) == ("income", "debt", "id")


@pytest.mark.parametrize(
    "expectation",
    [
        {"type": "expect_table_columns_to_match_ordered_list", "kwargs": {"column_list": ["a"]}},
        {"type": "expect_table_column_count_to_equal", "kwargs": {"value": 3}},
        {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1}},
        {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "a", "row_condition": 'col("b") > 1'}},
    ],
)
def test_some_suites_need_the_whole_table(tmp_path: Path, expectation: object) -> None:
    """What counts columns or rows, or names columns in free text, cannot be checked on a part of the table."""
    suite = _suite(tmp_path, expectation)

    assert columns_of(suite) is None


def test_the_suite_keeps_its_name(tmp_path: Path) -> None:
    """The name in the file is the name in the facts."""
    suite = read_suite(_suite(tmp_path, {"type": "expect_column_to_exist", "kwargs": {"column": "a"}}))

    assert (suite.name, suite.expectations[0].column) == ("mortgage", "a")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "no expectations"),
        ('{"expectations": []}', "no expectations"),
        ('{"expectations": {}}', "no expectations"),
        ('{"expectations": [], "expectations": [1]}', "twice"),
        ('{"expectations": [3]}', "not a JSON object"),
        ('{"expectations": [{"kwargs": {}}]}', "needs a `type`"),
        ('{"expectations": [{"type": "x", "kwargs": []}]}', "needs a `type`"),
        ('{"expectations": [{"type": "x", "kwarg": {}}]}', "Did you mean 'kwargs'"),
        ('{"expectations": [{"type": "x", "kwargs": {"column_list": "a"}}]}', "has to be a list"),
        ("[" * 100_000, "cannot be understood"),
    ],
)
def test_a_malformed_suite_is_a_configuration_error(tmp_path: Path, content: str, message: str) -> None:
    """Nothing that cannot be a suite is read as one."""
    path = tmp_path / "suite.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError, match=message):
        read_suite(path)


def test_a_missing_or_unreadable_suite_is_a_configuration_error(tmp_path: Path) -> None:
    """The message names the key of `gate.yaml` that points at it."""
    with pytest.raises(ConfigError, match=r"data\.expectations"):
        read_suite(tmp_path / "absent.json")
