"""Columns of any type as numbers, for the models that this room fits itself; the candidate never sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["Encoded", "encoded"]

_MOST_CATEGORIES = 30
OTHER = "any other value"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Encoded:
    """Columns as numbers.

    Args:
        names: the columns.
        matrix: (n, d); NaN where there is no value. A column of categories holds their places, the most frequent first.
        categories: per column, the categories in words; None for a column of numbers.
    """

    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    categories: tuple[tuple[str, ...] | None, ...]

    @property
    def categorical(self) -> NDArray[np.bool_]:
        """Per column: does it hold categories?"""
        return np.array([entry is not None for entry in self.categories], dtype=bool)

    def without(self, column: str) -> "Encoded":
        """All columns but one."""
        return self.only([name for name in self.names if name != column])

    def only(self, columns: Sequence[str]) -> "Encoded":
        """Some of the columns, in their order here."""
        kept = [place for place, name in enumerate(self.names) if name in columns]
        return Encoded(names=tuple(self.names[i] for i in kept), matrix=self.matrix[:, kept], categories=tuple(self.categories[i] for i in kept))


def encoded(table: pa.Table) -> Encoded:
    """The columns of a table as numbers."""
    columns = [_column(column) for column in table.columns]
    matrix = np.column_stack([values for values, _ in columns]) if columns else np.empty((table.num_rows, 0))
    return Encoded(names=tuple(table.column_names), matrix=matrix, categories=tuple(categories for _, categories in columns))


def _column(column: pa.ChunkedArray) -> tuple[NDArray[np.float64], tuple[str, ...] | None]:
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(), dtype=np.float64)
        return np.where(np.isfinite(values), values, np.nan), None
    if pa.types.is_temporal(kind):
        moments = pc.cast(pc.cast(column, pa.string()), pa.string())
        return _places(moments, ordered=True)
    return _places(pc.cast(column.cast(kind.value_type) if pa.types.is_dictionary(kind) else column, pa.string()), ordered=False)


def _places(texts: pa.ChunkedArray, *, ordered: bool) -> tuple[NDArray[np.float64], tuple[str, ...] | None]:
    """Moments by their order; categories by how frequent they are, the rare ones together."""
    values = np.array(texts.to_pylist(), dtype=object)
    present = np.array([value is not None for value in values], dtype=bool)
    found, inverse, counts = np.unique(values[present].astype(str), return_inverse=True, return_counts=True)
    places = np.full(len(values), np.nan)
    if ordered:
        places[present] = inverse
        return places, None
    order = np.argsort(-counts, kind="stable")
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    most = min(len(found), _MOST_CATEGORIES)
    places[present] = np.minimum(rank[inverse], most)
    return places, (*(str(found[i]) for i in order[:most]), *((OTHER,) if len(found) > most else ()))
