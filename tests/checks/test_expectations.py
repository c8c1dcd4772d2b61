"""Great Expectations, run for real."""

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from gate.checks.expectations import run_suite
from gate.core.facts import ExpectationResult, ExpectationsFacts
from gate.errors import ConfigError, DataError

ROWS = pd.DataFrame({"income": [1, 2, 300], "debt": [1, 1, 5], "name": ["ann", "bob", None]})
NOT_NULL = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "name"}}


def _suite(folder: Path, *expectations: object) -> Path:
    path = folder / "suite.json"
    path.write_text(json.dumps({"name": "mortgage", "expectations": list(expectations)}), encoding="utf-8")
    return path


def test_results_are_counts_in_the_order_of_the_suite(tmp_path: Path) -> None:
    """Row expectations count the rows that do not meet them; table expectations have no such count."""
    suite = _suite(
        tmp_path,
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "income", "min_value": 0, "max_value": 100}},
        {"expectation_type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 3}},
        NOT_NULL,
        {"type": "expect_column_pair_values_a_to_be_greater_than_b", "kwargs": {"column_A": "income", "column_B": "debt", "or_equal": True}},
        {"type": "expect_column_to_exist", "kwargs": {"column": "income"}},
    )

    expected = ExpectationsFacts(
        suite="mortgage",
        results=(
            ExpectationResult(expectation="expect_column_values_to_be_between", column="income", success=False, unexpected_rows=1),
            ExpectationResult(expectation="expect_table_row_count_to_be_between", column=None, success=True),
            ExpectationResult(expectation="expect_column_values_to_not_be_null", column="name", success=False, unexpected_rows=1),
            ExpectationResult(expectation="expect_column_pair_values_a_to_be_greater_than_b", column="income, debt", success=True, unexpected_rows=0),
            ExpectationResult(expectation="expect_column_to_exist", column="income", success=True),
        ),
    )
    assert expected == run_suite(ROWS, suite)


def test_a_column_that_has_to_exist_and_does_not_is_a_failure(tmp_path: Path) -> None:
    """Presence itself may be expected: then absence is a result, not an error."""
    facts = run_suite(ROWS, _suite(tmp_path, {"type": "expect_column_to_exist", "kwargs": {"column": "age"}}))

    assert [result.success for result in facts.results] == [False]


@pytest.mark.parametrize(
    ("expectation", "message"),
    [
        ({"type": "expect_column_values_to_not_be_nul", "kwargs": {"column": "name"}}, "Did you mean expect_column_values_to_not_be_null"),
        ({"type": "expect_column_values_to_be_between", "kwargs": {"column": "income", "mini": 1}}, "does not take these arguments"),
        ({"type": "expect_column_values_to_be_between", "kwargs": {"column": "income"}}, "does not take these arguments"),
    ],
)
def test_an_expectation_that_does_not_exist_is_a_configuration_error(tmp_path: Path, expectation: object, message: str) -> None:
    """Great Expectations would drop it with a log line; the gate never does."""
    with pytest.raises(ConfigError, match=message):
        run_suite(ROWS, _suite(tmp_path, NOT_NULL, expectation))


def test_a_missing_column_is_a_data_error(tmp_path: Path) -> None:
    """A column that the suite names and the holdout lacks is exit 2, with the columns that there are."""
    with pytest.raises(DataError, match=r"salary.*income"):
        run_suite(ROWS, _suite(tmp_path, {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "salary"}}))


def test_an_empty_table_is_a_data_error(tmp_path: Path) -> None:
    """No rows meet every expectation, so they prove nothing."""
    with pytest.raises(DataError, match="empty"):
        run_suite(ROWS.head(0), _suite(tmp_path, NOT_NULL))


def test_an_exception_inside_an_expectation_is_a_data_error_without_values(tmp_path: Path) -> None:
    """What could not be computed is neither met nor failed, and the message quotes no row."""
    suite = _suite(tmp_path, {"type": "expect_column_mean_to_be_between", "kwargs": {"column": "name", "min_value": 0}})

    with pytest.raises(DataError, match="could not be computed") as caught:
        run_suite(ROWS, suite)

    assert "ann" not in str(caught.value)


def test_nothing_is_printed(tmp_path: Path) -> None:
    """Standard output and error belong to the gate: no progress bars, no log lines, no warnings."""
    suite = _suite(tmp_path, NOT_NULL)
    program = (
        "import pandas; from pathlib import Path; from gate.checks.expectations import run_suite;"
        f"run_suite(pandas.DataFrame({{'name': ['a']}}), Path({str(suite)!r}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
