"""Counting where labels and predictions are numbers: exact sums instead of a confusion matrix.

Two passes: the first finds the largest values, which fix the scale; the second sums. Every value is rounded to a whole
number of the scale's units before it is summed, so neither threads nor the order of the rows show in the result.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.dialect import Dialect, Source
from gate.aggregate.sql import INVALID, MISSING, Query, finite, group_codes, quoted
from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.model import Intersection, ModelConfig, SensitiveFeature
from gate.core.moments import FRACTION_BITS, LARGEST, Moments, MomentScale
from gate.errors import DataError

__all__ = ["SUMS", "Spread", "answered", "places", "predictions_beyond", "refuse_labels_beyond", "scale_of", "spread", "summing", "with_moments"]

SUMS: Mapping[str, str] = {
    "labelled": "sum(CASE WHEN label = 1 THEN 1 ELSE 0 END)",
    "residual_1": "e",
    "residual_2": "e * e",
    "residual_3": "e * e * e",
    "absolute_1": "abs(e)",
    "absolute_3": "abs(e * e * e)",
    "residual_4": "(e * e) * (e * e)",
    "residual_6": "(e * e) * (e * e) * (e * e)",
    "label_1": "y",
    "label_2": "y * y",
    "prediction_2": "p * p",
}
"""What is summed of the scaled residual e, the centred label y and the centred prediction p, by the name of its field."""
_SMALLEST_EXPONENT = -900
"""Values below 2⁻⁹⁰⁰ count as 0: their scale could not be written as a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The extremes of a table's usable values; None where there are none."""

    residual: float | None
    lowest_label: float | None
    highest_label: float | None
    lowest_prediction: float | None
    highest_prediction: float | None


def spread(source: Source, model: ModelConfig) -> Query:
    """The extremes, as the fields of `Spread` in their order."""
    query = Query(source.dialect)
    query.text = f"SELECT max(abs(p - y)), min(y), max(y), min(p), max(p) FROM (SELECT {_usable(query.dialect, model)} FROM {source})"  # noqa: S608 -- identifiers quoted
    return query


def refuse_labels_beyond(found: Spread, model: ModelConfig, *, where: str) -> None:
    """The labels lie within the declared range.

    Raises:
        DataError: one does not.
    """
    outside = _beyond(found.lowest_label, found.highest_label, model)
    if outside is not None:
        fault = f"column {model.data.label!r} holds the label {outside:.12g}, which data.label_range rules out"
        raise DataError(fault, where=where, next_step="Declare the range in which every label can lie, or mend the column.")


def predictions_beyond(found: Spread, model: ModelConfig) -> str:
    """What a prediction outside the declared range is, in words; empty where there is none."""
    outside = _beyond(found.lowest_prediction, found.highest_prediction, model)
    return "" if outside is None else f"column {model.predictions.column!r} holds the prediction {outside:.12g}, outside the range of labels"


def _beyond(low: float | None, high: float | None, model: ModelConfig) -> float | None:
    """The extreme that lies outside the declared range, which may be 0; None where both lie within, or nothing is declared."""
    if model.data.label_range is None or low is None or high is None:
        return None
    least, most = model.data.label_range
    return low if low < least else high if high > most else None


def scale_of(found: Spread) -> MomentScale:
    """The smallest powers of two that hold every value of the table."""
    label, label_centre = _centred(found.lowest_label, found.highest_label)
    prediction, prediction_centre = _centred(found.lowest_prediction, found.highest_prediction)
    return MomentScale(
        residual=_exponent(found.residual or 0.0), label=label, prediction=prediction, label_centre=label_centre, prediction_centre=prediction_centre
    )


def summing(source: Source, model: ModelConfig, scale: MomentScale) -> Query:
    """Rows and sums by code of every feature, of the label and of the prediction.

    The label's code is 1, missing or invalid, the prediction's 0 or invalid.
    """
    query = Query(source.dialect)
    e, y, p = (2.0**-exponent for exponent in (scale.residual, scale.label, scale.prediction))
    scaled = [
        f"(p - y) * CAST({query.value(e)} AS DOUBLE) AS e",
        f"(y - CAST({query.value(scale.label_centre)} AS DOUBLE)) * CAST({query.value(y)} AS DOUBLE) AS y",
        f"(p - CAST({query.value(scale.prediction_centre)} AS DOUBLE)) * CAST({query.value(p)} AS DOUBLE) AS p",
    ]
    keys = [f"f{i}" for i in range(len(model.declared_features))] + ["label", "prediction"]
    columns = ", ".join([*keys, "count(*) AS n", *(_summed(query.dialect, name, term) for name, term in SUMS.items())])
    codes = group_codes(query, model)  # after the scale: parameters stand in the order of the text
    rows = f"SELECT {', '.join(codes)}, {_codes(query.dialect, model)}, {_usable(query.dialect, model)} FROM {source}"  # noqa: S608 -- identifiers quoted, values are parameters
    query.text = f"SELECT {columns} FROM (SELECT {', '.join(keys + scaled)} FROM ({rows})) GROUP BY ALL"  # noqa: S608 -- as above
    return query


def with_moments(
    table: ContingencyTable, rows: Sequence[Mapping[str, int]], codes: Mapping[str, NDArray[np.int64]], model: ModelConfig, scale: MomentScale, *, depth: int
) -> ContingencyTable:
    """The table of counts with the moments of every group, and its rows under `answered`."""
    crossed = [(crossing, places(crossing, codes)) for crossing in model.counted(depth=depth)]
    moments = [entry for crossing, at in crossed for entry in _of_places(rows, at, len(crossing.groups), scale)]
    groups = tuple(_answered_group(entry, moment) for entry, moment in zip(table.groups, moments, strict=True))
    everywhere = np.zeros(len(rows), dtype=np.int64)
    (overall,) = _of_places(rows, everywhere, 1, scale)
    return replace(table, overall=answered(table.overall), groups=groups, statistics=Statistics(moments=overall))


def _usable(dialect: Dialect, model: ModelConfig) -> str:
    """Label and prediction as numbers, NULL where they are none that can be summed."""
    return f"{_number(dialect, model.data.label)} AS y, {_number(dialect, model.predictions.column)} AS p"


def _number(dialect: Dialect, name: str) -> str:
    number = dialect.number(quoted(name))
    return f"CASE WHEN {finite(number)} AND abs({number}) <= {LARGEST!r} THEN {number} END"


def _codes(dialect: Dialect, model: ModelConfig) -> str:
    label, prediction = _number(dialect, model.data.label), _number(dialect, model.predictions.column)
    known = f"CASE WHEN {quoted(model.data.label)} IS NULL THEN {MISSING} WHEN {label} IS NULL THEN {INVALID} ELSE 1 END AS label"
    return f"{known}, CASE WHEN {prediction} IS NULL THEN {INVALID} ELSE 0 END AS prediction"


def _summed(dialect: Dialect, name: str, term: str) -> str:
    if name == "labelled":
        return f"{term} AS {name}"
    return f"coalesce(sum({dialect.whole(f'round(({term}) * {float(2**FRACTION_BITS)!r})')}), 0) AS {name}"


def _exponent(largest: float) -> int:
    """The smallest power of two above a number; that of 1 for 0."""
    return max(math.frexp(largest)[1], _SMALLEST_EXPONENT) if largest > 0 else 0


def _centred(low: float | None, high: float | None) -> tuple[int, float]:
    """The power of two that holds the distances to the middle, and the middle."""
    if low is None or high is None:
        return 0, 0.0
    centre = low if low == high else (low + high) / 2
    return _exponent(max(high - centre, centre - low)), centre


def places(crossing: Intersection, codes: Mapping[str, NDArray[np.int64]]) -> NDArray[np.int64]:
    """The place of every line's group; −1 where some feature does not place it."""

    def code(feature: SensitiveFeature) -> NDArray[np.int64]:
        return codes[feature.name]

    place = np.zeros_like(code(crossing.parts[0]))
    for feature in crossing.parts:
        place = np.where((place < 0) | (code(feature) < 0), -1, place * len(feature.groups) + code(feature))
    return place


def _of_places(rows: Sequence[Mapping[str, int]], at: NDArray[np.int64], groups: int, scale: MomentScale) -> list[Moments]:
    """Whole numbers of any size, summed by place."""
    sums = [dict.fromkeys(SUMS, 0) for _ in range(groups)]
    for place, row in zip(at.tolist(), rows, strict=True):
        if place >= 0:
            for name in SUMS:
                sums[place][name] += row[name]
    return [Moments(scale=scale, **entry) for entry in sums]


def answered(counts: ConfusionCounts) -> ConfusionCounts:
    """Rows by label alone: the counting query has no positive answer."""
    return ConfusionCounts(answered=counts.labelled, unlabelled_answered=counts.rows - counts.labelled)


def _answered_group(entry: GroupCounts, moments: Moments) -> GroupCounts:
    return replace(entry, counts=answered(entry.counts), statistics=Statistics(moments=moments))
