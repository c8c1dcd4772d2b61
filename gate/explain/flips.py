"""The behavioural audit: every row is answered as one of every group, with nothing else changed.

The value of a group is the most usual one that its rows really have: the one in the middle of a bin. Every row stands
in for every group, so the groups are balanced by construction.
"""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from gate.core.explanation import FlipAudit, FlipPair, GroupRate
from gate.explain.box import Box, Grouping
from gate.explain.numbers import rate_of, rounded

__all__ = ["audit"]

_NOT_AN_INPUT = "it is no input, so that changing it changes no answer; what other inputs tell of it, the proxies say"


def audit(box: Box, grouping: Grouping) -> FlipAudit:
    """Whether answers change with a sensitive feature.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    if grouping.column not in box.columns:
        return FlipAudit(feature=grouping.name, is_input=False, reason=_NOT_AN_INPUT)
    rows = [_example(box, grouping, place) for place in range(len(grouping.groups))]
    absent = [name for name, row in zip(grouping.groups, rows, strict=True) if row is None]
    if absent:
        return FlipAudit(feature=grouping.name, is_input=True, reason=f"no row is of {', '.join(absent)}, so that its value is not known")
    answers = {name: _as_group(box, grouping, row) for name, row in zip(grouping.groups, rows, strict=True) if row is not None}
    any_change = np.any([box.changed(answers[one], answers[other]) for one, other in combinations(answers, 2)], axis=0)
    return FlipAudit(
        feature=grouping.name,
        is_input=True,
        any=rate_of(any_change),
        pairs=tuple(_pair(box, one, other, answers) for one, other in combinations(answers, 2)),
        groups=tuple(GroupRate(feature=grouping.name, group=name, rate=rate_of(any_change[grouping.of(place)])) for place, name in enumerate(grouping.groups)),
    )


def _example(box: Box, grouping: Grouping, place: int) -> int | None:
    """A row with the middle one of the values that the rows of a group have; None where there is no such row."""
    rows = np.flatnonzero(grouping.of(place))
    if not len(rows):
        return None
    column = box.inputs.column(grouping.column).take(pa.array(rows))
    column = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    order = pc.sort_indices(column).to_numpy()
    return int(rows[order[(len(order) - 1) // 2]])


def _as_group(box: Box, grouping: Grouping, row: int) -> NDArray[np.float64]:
    return box.of(box.with_column(box.inputs, grouping.column, np.full(box.rows, row)))


def _pair(box: Box, one: str, other: str, answers: dict[str, NDArray[np.float64]]) -> FlipPair:
    from scipy.stats import binomtest  # noqa: PLC0415 -- only an explanation needs it

    changed = box.changed(answers[one], answers[other])
    difference = box.favour(answers[one]) - box.favour(answers[other])
    higher, lower = int(np.sum(changed & (difference > 0))), int(np.sum(changed & (difference < 0)))
    p_value = float(binomtest(higher, higher + lower).pvalue) if higher + lower else 1.0
    rate = rate_of(changed)
    if rate is None:
        raise ValueError("a box has rows")
    return FlipPair(first=one, second=other, rate=rate, first_higher=higher, second_higher=lower, p_value=rounded(p_value))
