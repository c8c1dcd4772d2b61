"""A Great Expectations suite as a file: read strictly, without Great Expectations, which takes seconds to import."""

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from gate.core.document import Json
from gate.errors import ConfigError

__all__ = ["Expected", "Suite", "columns_of", "read_suite"]

Kwargs: TypeAlias = Mapping[str, Json]

_SIZE_LIMIT = 10_000_000
_KEYS = {"type", "expectation_type", "kwargs", "meta", "id", "notes", "description", "severity", "rendered_content", "expectation_context"}
_COLUMN_KEYS = ("column", "column_A", "column_B")
_LIST_KEYS = ("column_list", "column_set")
_FREE_TEXT_KEYS = {"row_condition", "unexpected_rows_query", "comparison_query", "query", "template_dict"}
_NEXT = "Export the suite again from Great Expectations, or correct the file."


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """One expectation as the file states it."""

    type: str
    kwargs: Kwargs

    @property
    def column(self) -> str | None:
        """The columns that it is about, for people; None when it is about the table."""
        return ", ".join(self.columns) or None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that its arguments name."""
        single = (self.kwargs.get(key) for key in _COLUMN_KEYS)
        several = (entry for key in _LIST_KEYS for entry in cast("list[Json]", self.kwargs.get(key) or []))
        return tuple(dict.fromkeys(name for name in (*single, *several) if isinstance(name, str)))

    @property
    def needs_whole_table(self) -> bool:
        """Whether it counts or lists the table's columns, or names columns in free text."""
        return self.type.startswith("expect_table_column") or not _FREE_TEXT_KEYS.isdisjoint(self.kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A named suite of at least one expectation."""

    name: str
    expectations: tuple[Expected, ...]


def columns_of(suite: Path) -> tuple[str, ...] | None:
    """The columns that the suite needs, each once, in order of mention; None when it needs the table itself.

    None also stands for a suite that names no column at all, since rows cannot be counted without one.

    Raises:
        ConfigError: the file is absent, malformed or empty.
    """
    expectations = read_suite(suite).expectations
    if any(expected.needs_whole_table for expected in expectations):
        return None
    return tuple(dict.fromkeys(column for expected in expectations for column in expected.columns)) or None


def read_suite(path: Path) -> Suite:
    """The suite in the file; an expectation is never dropped silently.

    Raises:
        ConfigError: the file is absent, malformed or empty.
    """
    document = _document(path)
    entries = document.get("expectations")
    if not isinstance(entries, list) or not entries:
        raise ConfigError("The suite has no expectations, so it would pass on any data", where=str(path), next_step="Add an expectation, or remove the suite.")
    name = document.get("name") or document.get("expectation_suite_name") or path.stem
    return Suite(name=str(name), expectations=tuple(_expected(entry, f"{path}: expectation {place}") for place, entry in enumerate(entries, 1)))


def _document(path: Path) -> dict[str, Json]:
    try:
        if path.stat().st_size > _SIZE_LIMIT:
            raise ConfigError("The suite is larger than 10 MB", where=str(path), next_step=_NEXT)
        document = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except OSError as error:
        message = f"The expectation suite cannot be read: {error.strerror or error}"
        raise ConfigError(message, where=str(path), next_step="Check data.expectations in gate.yaml.") from error
    except json.JSONDecodeError as error:
        raise ConfigError(f"The expectation suite is not JSON: {error.msg}", where=f"{path}:{error.lineno}:{error.colno}", next_step=_NEXT) from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"The expectation suite cannot be understood: {error}", where=str(path), next_step=_NEXT) from error
    if not isinstance(document, dict):
        raise ConfigError("The expectation suite is not a JSON object", where=str(path), next_step=_NEXT)
    return document


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} appears twice in one object")
    return result


def _expected(entry: Json, where: str) -> Expected:
    if not isinstance(entry, dict):
        raise ConfigError("An expectation is not a JSON object", where=where, next_step=_NEXT)
    for key in sorted(entry.keys() - _KEYS):
        near = difflib.get_close_matches(key, _KEYS, n=1)
        raise ConfigError(f"An expectation has no key {key!r}", where=where, next_step=f"Did you mean {near[0]!r}?" if near else _NEXT)
    kind, kwargs = entry.get("type", entry.get("expectation_type")), entry.get("kwargs", {})
    if not isinstance(kind, str) or not isinstance(kwargs, dict):
        raise ConfigError("An expectation needs a `type` that is a string and `kwargs` that are an object", where=where, next_step=_NEXT)
    _require_lists(kwargs, where)
    return Expected(type=kind, kwargs=kwargs)


def _require_lists(kwargs: Kwargs, where: str) -> None:
    for key in _LIST_KEYS:
        if not isinstance(kwargs.get(key, []), list):
            raise ConfigError(f"`{key}` has to be a list of column names", where=where, next_step=_NEXT)
