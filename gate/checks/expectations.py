"""Data checks by Great Expectations: quiet, offline, and never passing for want of something to check."""

import difflib
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from gate.checks.suite import Expected, Suite, columns_of, read_suite
from gate.core.facts import ExpectationResult, ExpectationsFacts
from gate.errors import ConfigError, DataError

os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")  # read while it is being imported

with warnings.catch_warnings():  # it imports modules that Python has deprecated
    warnings.simplefilter("ignore", DeprecationWarning)
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.registry import get_expectation_impl, list_registered_expectation_implementations

__all__ = ["columns_of", "run_suite"]

_REFUSALS = (GreatExpectationsError, ValueError, TypeError, KeyError, AttributeError)
_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}  # counts, no values of rows
_PLACE = "gate_place"


def run_suite(frame: pd.DataFrame, suite: Path) -> ExpectationsFacts:
    """What every expectation of the suite found, in the suite's order.

    Args:
        frame: the columns that `columns_of` names, all rows.
        suite: path of the suite's JSON file.

    Raises:
        ConfigError: the suite is absent, malformed, empty, or asks for something that does not exist.
        DataError: the table is empty, lacks a column, or an expectation could not be computed on it.
    """
    stated = read_suite(suite)
    _require_rows(frame, stated)
    with _quietly():
        results = _validate(frame, stated, _configured(stated, suite))
    if len(results) != len(stated.expectations):
        raise ConfigError("Great Expectations did not answer every expectation", where=str(suite), next_step="Remove what it does not know.")
    places = sorted(results, key=lambda result: result.expectation_config.meta[_PLACE])
    return ExpectationsFacts(suite=stated.name, results=tuple(_result(*pair, suite) for pair in zip(stated.expectations, places, strict=True)))


def _require_rows(frame: pd.DataFrame, stated: Suite) -> None:
    if len(frame) == 0:
        raise DataError("The holdout is empty, so no expectation means anything", where=stated.name, next_step="Check data.uri in gate.yaml.")
    absent = {column for expected in stated.expectations for column in _needed(expected)} - set(frame.columns)
    if absent:
        known = ", ".join(str(column) for column in frame.columns[:50])
        raise DataError("The expectation suite names columns that the holdout lacks", where=", ".join(sorted(absent)), next_step=f"It has: {known}.")


def _needed(expected: Expected) -> Sequence[str]:
    """The columns without which the expectation has no meaning; some expectations are about absence itself."""
    is_about_presence = expected.type.startswith("expect_table_column") or expected.type == "expect_column_to_exist"
    return () if is_about_presence else expected.columns


def _configured(stated: Suite, path: Path) -> gx.ExpectationSuite:
    """The suite as Great Expectations holds it, every expectation known to it and numbered."""
    suite = gx.ExpectationSuite(name=stated.name)
    for place, expected in enumerate(stated.expectations, 1):
        where = f"{path}: expectation {place}"
        _require_known(expected.type, where)
        try:
            suite.add_expectation_configuration(ExpectationConfiguration(type=expected.type, kwargs=dict(expected.kwargs), meta={_PLACE: place}))
        except _REFUSALS as error:
            reason = " ".join(str(error).split())[:300]
            raise ConfigError(f"{expected.type} does not take these arguments: {reason}", where=where, next_step="See its page in the gallery.") from error
    return suite


def _require_known(kind: str, where: str) -> None:
    try:
        get_expectation_impl(kind)
    except GreatExpectationsError as error:
        near = difflib.get_close_matches(kind, list_registered_expectation_implementations(), n=1)
        raise ConfigError(f"There is no expectation {kind!r}", where=where, next_step=f"Did you mean {near[0]}?" if near else "Remove it.") from error


def _validate(frame: pd.DataFrame, stated: Suite, suite: gx.ExpectationSuite) -> list[Any]:
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    asset = context.data_sources.add_pandas("holdout").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": frame})
    try:
        return list(batch.validate(suite, result_format=_FORMAT).results)
    except _REFUSALS as error:
        raise DataError("The expectation suite could not be run", where=stated.name, next_step="Check the suite against the data.") from error


def _result(expected: Expected, result: Any, suite: Path) -> ExpectationResult:  # noqa: ANN401  its class has no types
    reason = _exception(result.exception_info or {})
    if reason is not None:
        message = f"{expected.type} could not be computed ({reason}), so nothing is known about {expected.column or 'the table'}"
        raise DataError(message, where=str(suite), next_step="Check the column's type and the expectation's arguments.")
    unexpected = (result.result or {}).get("unexpected_count")
    return ExpectationResult(
        expectation=expected.type,
        column=expected.column,
        success=result.success is True,
        unexpected_rows=None if unexpected is None else int(unexpected),
    )


def _exception(info: dict[str, Any]) -> str | None:
    """The kind of exception that an expectation met; its text stays away, since it may quote a row."""
    entries = [info] if "raised_exception" in info else [entry for entry in info.values() if isinstance(entry, dict)]
    for entry in entries:
        if entry.get("raised_exception"):
            lines = str(entry.get("exception_traceback") or "").strip().splitlines() or [""]
            return lines[-1].partition(":")[0].rpartition(".")[2] or "an exception"
    return None


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep the library's log lines and deprecations from the user; neither changes a result."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"great_expectations\.")
            warnings.filterwarnings("ignore", category=DeprecationWarning)
            warnings.filterwarnings("ignore", category=FutureWarning)
            yield
    finally:
        logger.setLevel(level)
