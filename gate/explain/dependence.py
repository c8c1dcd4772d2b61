"""Partial dependence and individual conditional expectation: every row answered with every value of an input.

Values are those of real rows, so that categories, moments and missing values need nothing of their own.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gate.core.local_explanation import Dependence, Point
from gate.explain.box import AnswerForm, Box
from gate.explain.mixed import Places, asked, worth
from gate.explain.numbers import measured, rate_of, rounded

__all__ = ["dependences", "grid"]

_ROWS = 300
_FEWEST_ROWS = 30
_POINTS = 9
_CATEGORIES = 8
_SHOWN = 5
_CELLS = 5 * 10**7

Floats = NDArray[np.float64]


def dependences(box: Box, *, random: np.random.Generator, tell: Callable[[str], None]) -> tuple[Dependence, ...]:
    """The five inputs on which the mean answer depends most, the furthest reaching first.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    afforded = _CELLS // (_POINTS * max(len(box.columns), 1) ** 2)
    rows = np.sort(random.choice(box.rows, size=min(box.rows, _ROWS, max(_FEWEST_ROWS, afforded)), replace=False)).astype(np.int64)
    found = []
    for place, column in enumerate(box.columns):
        tell(f"dependence on input {place + 1} of {len(box.columns)}")
        found.append(_dependence(box, column, rows))
    return tuple(sorted(found, key=lambda entry: entry.reach, reverse=True)[:_SHOWN])


def grid(column: pa.ChunkedArray) -> Places:
    """Rows that hold the values to try: deciles of numbers and moments, the most frequent of categories, and one without a value."""
    column = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    missing = np.flatnonzero(column.is_null().to_numpy())[:1]
    present = np.flatnonzero(column.is_valid().to_numpy())
    if not len(present):
        return missing.astype(np.int64)
    values = column.take(pa.array(present))
    if _ordered(column.type):
        order = pc.sort_indices(values).to_numpy()
        places = present[order[np.round(np.linspace(0.05, 0.95, _POINTS) * (len(order) - 1)).astype(np.int64)]]
    else:
        coded = pc.dictionary_encode(values).combine_chunks()
        coded = coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded
        codes, first, counts = np.unique(coded.indices.to_numpy(), return_index=True, return_counts=True)
        places = present[first[np.argsort(-counts[codes.argsort()], kind="stable")[:_CATEGORIES]]]
    seen: dict[object, int] = {}
    for place in places:
        seen.setdefault(column[int(place)].as_py(), int(place))
    return np.array([*seen.values(), *missing], dtype=np.int64)


def _ordered(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_temporal(kind))


def _dependence(box: Box, column: str, rows: Places) -> Dependence:
    tried = grid(box.inputs.column(column))
    place = box.columns.index(column)
    sources = np.repeat(np.tile(rows, len(tried))[:, None], len(box.columns), axis=1)
    sources[:, place] = np.repeat(tried, len(rows))
    own = box.answers[rows]
    curves = np.stack([worth(box, line, own) for line in asked(box, sources).reshape(len(tried), len(rows))])
    means = curves.mean(axis=1)
    high, low = int(np.argmax(means)), int(np.argmin(means))
    moved = curves[high] - curves[low]
    moving = moved[moved != 0] if box.form is not AnswerForm.NUMBER else moved[np.abs(moved) > 1e-9 * max(1.0, float(np.abs(curves).max()))]
    return Dependence(
        feature=column,
        reach=rounded(float(means[high] - means[low])),
        points=tuple(_point(box, column, int(row), curve) for row, curve in zip(tried, curves, strict=True)),
        against=rate_of(moving < 0),
        rows=len(rows),
    )


def _point(box: Box, column: str, row: int, curve: Floats) -> Point:
    value = box.inputs.column(column)[row].as_py()
    error = float(np.std(curve, ddof=1) / np.sqrt(len(curve))) if len(curve) > 1 else 0.0
    low, high = (rounded(float(np.quantile(curve, share))) for share in (0.1, 0.9))
    return Point(value=_words(value), mean=measured(float(curve.mean()), error), low=low, high=high)


def _words(value: object) -> str:
    if value is None or value != value:  # noqa: PLR0124 -- only what is not a number differs from itself
        return "missing"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
