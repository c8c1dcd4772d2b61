"""Canonical JSON: one value, one sequence of bytes, one digest."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

__all__ = ["canonical", "digest"]

_Plain: TypeAlias = "bool | int | float | str | list[_Plain] | dict[str, _Plain] | None"

_SIGNIFICANT = 12
"""Digits kept of a float: enough for any count or rate here, few enough that two platforms agree."""


def canonical(value: object) -> bytes:
    """The UTF-8 bytes of `value` as JSON: keys sorted, no spaces, floats at 12 significant digits, −0.0 as 0.0.

    The same value gives the same bytes, however its mappings are ordered, and reading the bytes back and writing
    them again changes nothing: `canonical(json.loads(canonical(value))) == canonical(value)`.

    Args:
        value: None, booleans, integers, floats, text (`StrEnum` members too), sequences, and mappings with text keys.

    Raises:
        ValueError: for NaN, infinity, and text that UTF-8 cannot hold.
        TypeError: for a key that is not text, and any other type.
    """
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def digest(data: bytes) -> str:
    """`sha256:` and the hexadecimal SHA-256 of `data`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def _plain(value: object) -> _Plain:
    """The value in the types that `json` writes in exactly one way."""
    match value:
        case None | bool():
            return value
        case str():
            return str.__str__(value)
        case int():
            return int(value)
        case float():
            return _rounded(value)
        case Mapping():
            return {_key(key): _plain(entry) for key, entry in value.items()}
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return [_plain(entry) for entry in value]
        case _:
            raise TypeError(f"canonical JSON has no {type(value).__name__}")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"a key of canonical JSON is text, not {type(key).__name__}")
    return str.__str__(key)


def _rounded(value: float) -> float:
    """The float at 12 significant digits; adding 0.0 makes one zero of both."""
    if not math.isfinite(value):
        raise ValueError(f"canonical JSON has no {value}")
    return float(f"{value:.{_SIGNIFICANT}g}") + 0.0
