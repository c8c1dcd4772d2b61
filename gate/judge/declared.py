"""Recorded moments beside the range that gate.yaml declares: rows beyond it would have been refused, so no record has their sums."""

from collections.abc import Iterator

from gate.core.counts import ContingencyTable
from gate.core.model import ModelConfig
from gate.core.moments import FRACTION_BITS, Moments

__all__ = ["beyond_range"]

_ROOM = 1e-9
"""Of the width of the range: sums are exact to 2⁻⁸⁰ of their scale, and what is compared here is rounded to floats."""


def beyond_range(table: ContingencyTable, model: ModelConfig, *, predictions: bool) -> str:
    """Why no rows within `data.label_range` have these sums; empty when some have, or nothing is declared.

    Args:
        table: the counts.
        model: whose range it is.
        predictions: whether predictions have to lie in it too; those of a candidate that misbehaved do not.
    """
    if model.data.label_range is None:
        return ""
    named = (("all rows", table.statistics.moments), *((f"{entry.feature}={entry.group}", entry.statistics.moments) for entry in table.groups))
    faults = (f"{where}: {fault}" for where, moments in named if moments is not None for fault in _faults(moments, *model.data.label_range, predictions))
    return next(faults, "")


def _faults(moments: Moments, least: float, most: float, predictions: bool) -> Iterator[str]:  # noqa: FBT001 -- the caller's word
    scale, rows, room = moments.scale, moments.labelled, (most - least) * _ROOM
    if not least - room <= scale.label_centre <= most + room:
        yield "the middle of the labels lies outside data.label_range"
    if rows:
        mean = scale.label_centre + _unscaled(moments.label_1, scale.label) / rows
        if not least - room <= mean <= most + room:
            yield f"the mean of the labels, {mean:.12g}, lies outside data.label_range"
        if _root(moments.label_2, scale.label, rows) > _farthest(scale.label_centre, least, most) + room:
            yield "the labels are spread beyond data.label_range"
    if predictions and not least - room <= scale.prediction_centre <= most + room:
        yield "the middle of the predictions lies outside data.label_range"
    if predictions and rows and _root(moments.residual_2, scale.residual, rows) > most - least + room:
        yield "the errors are larger than any within data.label_range"


def _unscaled(total: int, power: int) -> float:
    """A sum in the unit of the label."""
    return total / 2**FRACTION_BITS * 2.0**power


def _root(total: int, power: int, rows: int) -> float:
    """The root of a mean of squares, in the unit of the label."""
    return float((max(total, 0) / rows / 2**FRACTION_BITS) ** 0.5 * 2.0**power)


def _farthest(centre: float, least: float, most: float) -> float:
    return max(abs(centre - least), abs(most - centre))
