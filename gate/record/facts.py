"""Facts to JSON and back. Law: `facts_from_json(facts_json(facts)) == facts`, for every `Facts`."""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from gate.core.document import Json
from gate.core.facts import Facts
from gate.errors import StorageError

__all__ = ["facts_from_json", "facts_json", "plain"]

_T = TypeVar("_T")

_LEFT_OUT = frozenset(
    {
        "look",
        "attributes",
        "development",
        "baselines",
        "model_files",
        "card",
        "env_manager",
        "confinement",
        "differing",
        "endpoint",
        "user_metrics",
        "inheriting",
        "lowered",
        "alarms",
        "withheld",
        "explanation",
        "proxy_flips",
        "lineage",
        "shapley",
        "dependences",
        "local_reasons",
        "counterfactuals",
    }
)
"""Facts that are not written where there are none, so that records from before they were known keep their bytes."""


def facts_json(facts: Facts) -> dict[str, Json]:
    """Every fact, under the names that the core gives them; those of `_LEFT_OUT` only where there are some."""
    return cast("dict[str, Json]", plain(facts))


def facts_from_json(value: Json) -> Facts:
    """The facts that `facts_json` wrote.

    Raises:
        StorageError: something is missing, unknown or of another type; the message names the place.
    """
    return _dataclass(Facts, value, where="facts")


def plain(value: object) -> object:
    """A core value as JSON: dataclasses become objects, tuples arrays, enumerations their words."""
    if is_dataclass(value):
        items = {field.name: getattr(value, field.name) for field in fields(value)}
        return {key: plain(item) for key, item in items.items() if key not in _LEFT_OUT or item not in (None, False, ())}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value.value if isinstance(value, StrEnum) else value


def _dataclass(kind: type[_T], value: object, *, where: str) -> _T:
    """One frozen value from a JSON object: unknown keys are refused, absent ones take the default if they have one."""
    if not isinstance(value, Mapping):
        raise _malformed(where, "an object", value)
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]  # only dataclasses come here
    absent = {name for name, field in known.items() if field.default is MISSING and field.default_factory is MISSING} - value.keys()
    if absent or value.keys() - known.keys():
        raise _malformed(where, f"the keys {', '.join(known)}", sorted(value))
    hints = get_type_hints(kind)
    return kind(**{name: _value(hints[name], item, where=f"{where}.{name}") for name, item in value.items()})


def _value(kind: Any, value: object, *, where: str) -> object:  # noqa: ANN401  # a type hint, which has no better type
    """A JSON value as the type that the core declares."""
    if get_origin(kind) is UnionType:
        (wanted,) = (part for part in get_args(kind) if part is not NoneType)
        return None if value is None else _value(wanted, value, where=where)
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind)[0], value, where=where)
    if is_dataclass(kind):
        return _dataclass(cast("type[object]", kind), value, where=where)
    return _scalar(kind, value, where=where)


def _tuple(kind: object, value: object, *, where: str) -> tuple[object, ...]:
    if not isinstance(value, list | tuple):
        raise _malformed(where, "an array", value)
    return tuple(_value(kind, item, where=f"{where}[{place}]") for place, item in enumerate(value))


def _scalar(kind: type, value: object, *, where: str) -> object:
    if issubclass(kind, StrEnum):
        if value not in [member.value for member in kind]:
            raise _malformed(where, f"one of {', '.join(kind)}", value)
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise _malformed(where, kind.__name__, value)
    return value


def _malformed(where: str, expected: str, value: object) -> StorageError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"{shown[:80]}…"
    return StorageError(f"The recorded facts are malformed: expected {expected}, found {shown}.", where=where, next_step="Fetch the record again.")
