"""What an unquoted YAML scalar means: YAML 1.2's core schema, less the numbers that people and readers misread."""

import math
import re
from types import MappingProxyType
from typing import TypeAlias

from gate.policy.problems import quoted

__all__ = ["MisreadError", "Scalar", "plain_scalar"]

Scalar: TypeAlias = str | int | float | bool

_MAX_INTEGER = 2**63 - 1
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = MappingProxyType({word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")})
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]")
_OTHER_BASE = re.compile(r"[-+]?0(?:o[0-7]+|x[0-9a-fA-F]+)")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class MisreadError(ValueError):
    """A plain scalar that is easily misread: what is wrong with it, and what to write instead."""

    def __init__(self, message: str, next_step: str) -> None:
        super().__init__(message)
        self.next_step = next_step


def plain_scalar(text: str) -> Scalar | None:
    """What an unquoted scalar means under YAML 1.2's core schema.

    Raises:
        ValueError: for a number that is easily misread or cannot be recorded exactly.
    """
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _NOT_FINITE.fullmatch(text):
        raise MisreadError(f"{text} is not a finite number", "Write a finite number, or quote it if it is text.")
    if _OTHER_BASE.fullmatch(text):
        raise MisreadError(f"{text} is a number in another base", "Write it in decimal, or quote it if it is text.")
    if _FLOAT.fullmatch(text):
        return _number(text)
    return text


def _number(text: str) -> int | float:
    if _LEADING_ZERO.match(text):
        raise MisreadError(f"{text} begins with a zero, which some readers take as octal", "Drop the zero, or quote it if it is text.")
    if _INTEGER.fullmatch(text):
        return _integer(text)
    number = float(text)
    if not math.isfinite(number):
        raise MisreadError(f"{quoted(text)} is too large for a number", "Write a smaller one, or quote it if it is text.")
    if float(f"{number:.12g}") != number:
        raise MisreadError(f"{quoted(text)} has more than 12 significant digits, which is what a record keeps", f"Write {number:.12g}.")
    return number


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > _MAX_INTEGER:
        raise MisreadError(f"{quoted(text)} does not fit into 64 bits", "Write a smaller number, or quote it if it is text.")
    return int(text)
