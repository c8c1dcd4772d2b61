"""Moments and classes in the counts file: columns that are there only when a table has them.

Sums are whole numbers of up to 128 bits, which no number of Parquet holds exactly, so they are written as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import pyarrow as pa

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.moments import Moments, MomentScale

__all__ = ["ANSWERED", "FIELDS", "read_moments", "written_moments"]

ANSWERED = ("answered", "unlabelled_answered")
"""The cells of rows that have no positive answer."""
_SUMS = tuple(entry.name for entry in fields(Moments) if entry.name != "scale")
_EXPONENTS = ("residual", "label", "prediction")
_CENTRES = ("label_centre", "prediction_centre")
FIELDS: Sequence[pa.Field] = (
    *(pa.field(cell, pa.int64()) for cell in ANSWERED),
    *(pa.field(f"scale_{name}", pa.int64()) for name in _EXPONENTS),
    *(pa.field(f"scale_{name}", pa.float64()) for name in _CENTRES),
    *(pa.field(f"sum_{name}", pa.string()) for name in _SUMS),
)


def written_moments(counts: ConfusionCounts, statistics: Statistics) -> dict[str, object]:
    """The columns of one line; those that its counts do not need are null."""
    answered = {cell: getattr(counts, cell) for cell in ANSWERED}
    moments = statistics.moments
    if moments is None:
        return dict(answered) if any(answered.values()) else {}
    scale = {f"scale_{name}": getattr(moments.scale, name) for name in (*_EXPONENTS, *_CENTRES)}
    return {**answered, **scale, **{f"sum_{name}": str(getattr(moments, name)) for name in _SUMS}}


def read_moments(row: Mapping[str, Any]) -> Moments | None:
    """The moments of one line; None where it has none.

    Raises:
        ValueError: it has some of the columns only, or a sum that is no whole number.
    """
    written = [row.get(entry.name) for entry in FIELDS[len(ANSWERED) :]]
    if all(value is None for value in written):
        return None
    if any(value is None for value in written):
        raise ValueError(f"the moments of {row['feature']!r}, {row['group']!r} are not complete.")
    scale = MomentScale(**{name: row[f"scale_{name}"] for name in (*_EXPONENTS, *_CENTRES)})
    return Moments(scale=scale, **{name: int(row[f"sum_{name}"]) for name in _SUMS})
