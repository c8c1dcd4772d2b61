"""The scores of a group as columns of `counts.parquet`: lists of whole numbers, of the cells that have rows."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from gate.core.scores import ScoreCounts

__all__ = ["SCORE_FIELDS", "score_columns", "scores_of"]

_LISTS = ("score_cells", "score_rows", "score_errors_high", "score_errors_low", "score_squares_high", "score_squares_low")
SCORE_FIELDS = tuple(pa.field(name, pa.list_(pa.field("element", pa.int64()))) for name in _LISTS)
"""Present only where scores were counted. A sum is 2³² times its high part plus its low part."""
_SHIFT = 32


def score_columns(scores: ScoreCounts | None) -> dict[str, object]:
    """The columns of one line; none where there are no scores."""
    if scores is None:
        return {}
    columns = (list(scores.cells), list(scores.rows), *_split(scores.errors), *_split(scores.squares))
    return dict(zip(_LISTS, columns, strict=True))


def scores_of(row: Mapping[str, Any]) -> ScoreCounts | None:
    """The scores of one line; None where there are none.

    Raises:
        ValueError: the columns are not ones that rows could have given.
    """
    columns = [row.get(name) for name in _LISTS]
    if all(column is None for column in columns):
        return None
    if any(column is None or not all(isinstance(number, int) for number in column) for column in columns):
        raise ValueError("a line has scores in some columns only.")
    cells, rows, errors_high, errors_low, squares_high, squares_low = ([*map(int, column or ())] for column in columns)
    scores = ScoreCounts(cells=tuple(cells), rows=tuple(rows), errors=_joined(errors_high, errors_low), squares=_joined(squares_high, squares_low))
    if scores.impossible is not None:
        raise ValueError(f"{scores.impossible}.")
    return scores


def _split(sums: tuple[int, ...]) -> tuple[list[int], list[int]]:
    return [number >> _SHIFT for number in sums], [number & (2**_SHIFT - 1) for number in sums]


def _joined(high: list[int], low: list[int]) -> tuple[int, ...]:
    return tuple((upper << _SHIFT) + lower for upper, lower in zip(high, low, strict=True))
