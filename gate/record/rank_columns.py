"""Sums of a ranking in the counts file: columns that are there only when a table has them, whole numbers of any size as digits."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa

from gate.core.ranks import RankSums

__all__ = ["RANK_FIELDS", "rank_columns", "ranks_of"]

_NAMES = tuple(entry.name for entry in fields(RankSums))
RANK_FIELDS: Sequence[pa.Field] = tuple(pa.field(f"rank_{name}", pa.string()) for name in _NAMES)


def rank_columns(ranks: RankSums | None) -> dict[str, object]:
    """The columns of one line; none where there are no sums."""
    return {} if ranks is None else {f"rank_{name}": str(getattr(ranks, name)) for name in _NAMES}


def ranks_of(row: Mapping[str, Any]) -> RankSums | None:
    """The sums of one line; None where it has none.

    Raises:
        ValueError: it has some of the columns only, or one that is no whole number.
    """
    written = {name: row.get(f"rank_{name}") for name in _NAMES}
    if all(value is None for value in written.values()):
        return None
    if not all(isinstance(value, str) and value.isascii() and value.isdigit() and str(int(value)) == value for value in written.values()):
        raise ValueError(f"the places of {row['feature']!r}, {row['group']!r} are not complete.")
    return RankSums(**{name: int(str(value)) for name, value in written.items()})
