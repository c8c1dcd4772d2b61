"""JSON values, and documents that a decision binds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Document", "Json"]

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
"""A value that JSON can hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document that a decision binds: what it says after defaults, and the digest of exactly that."""

    digest: str
    effective: Json
