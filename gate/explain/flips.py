"""The behavioural audit: every row is answered as one of every group, with nothing else changed.

The value of a group is one that a row of it really has, drawn anew for every row. Every row stands in for every
group, so the groups are balanced by construction.

A model may remember what it was asked, or look at its neighbours in a question, and answer rows alike that differ in
the group alone. So every audit is asked in a process of its own, which has seen nothing before; all variants of a row
stand in one shuffled question, and nothing in it says which of them is the row as it is. Whoever answers them alike
answers some rows as they are otherwise than when it was judged, and that is looked at: beyond a tolerance it is
misbehaviour, and within it the row counts as one whose answer changes.
"""

from collections.abc import Callable
from contextlib import nullcontext
from itertools import combinations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gate.core.explanation import FlipAudit, FlipPair, GroupRate
from gate.explain.box import Box, Grouping, OutOfTimeError
from gate.explain.numbers import rate_of, rounded

__all__ = ["Changed", "audit", "audited", "no_row_of"]

Floats = NDArray[np.float64]
Changed = Callable[[NDArray[np.int64], int], pa.Table]
"""Some rows of the box, made into rows of the group at a place."""

_NOT_AN_INPUT = "it is no input, so that changing it changes no answer; what other inputs tell of it, the proxies say"
_AT_ONCE = 30_000
"""The most rows of one question: the sandbox asks half of 65,536 undivided."""


def audit(box: Box, grouping: Grouping, *, random: np.random.Generator) -> FlipAudit:
    """Whether answers change with a sensitive feature.

    Raises:
        OutOfTimeError: the budget was used up first.
        MisbehavedError: in a process of its own the candidate answers otherwise than when it was judged.
    """
    if grouping.column not in box.columns:
        return FlipAudit(feature=grouping.name, is_input=False, reason=_NOT_AN_INPUT)
    if reason := no_row_of(grouping):
        return FlipAudit(feature=grouping.name, is_input=True, reason=reason)
    members = [np.flatnonzero(grouping.of(place)) for place in range(len(grouping.groups))]

    def as_one_of(rows: NDArray[np.int64], place: int) -> pa.Table:
        return box.with_column(box.inputs.take(pa.array(rows)), grouping.column, random.choice(members[place], size=len(rows)))

    return audited(box, grouping, as_one_of, random=random, is_input=True)


def no_row_of(grouping: Grouping) -> str:
    """Why nobody knows what a row of some group looks like; empty where every group has rows."""
    absent = [name for place, name in enumerate(grouping.groups) if not grouping.of(place).any()]
    return f"no row is of {', '.join(absent)}, so that its value is not known" if absent else ""


def audited(box: Box, grouping: Grouping, changed: Changed, *, random: np.random.Generator, is_input: bool) -> FlipAudit:
    """How often the answer is not the same as one of every group."""
    answers, otherwise = _as_groups(box, grouping, changed, random=random)
    any_change = np.any([otherwise, *(box.changed(answers[one], answers[other]) for one, other in combinations(answers, 2))], axis=0)
    return FlipAudit(
        feature=grouping.name,
        is_input=is_input,
        any=rate_of(any_change),
        pairs=tuple(_pair(box, one, other, answers) for one, other in combinations(answers, 2)),
        groups=tuple(GroupRate(feature=grouping.name, group=name, rate=rate_of(any_change[grouping.of(place)])) for place, name in enumerate(grouping.groups)),
    )


def _as_groups(box: Box, grouping: Grouping, changed: Changed, *, random: np.random.Generator) -> tuple[dict[str, Floats], NDArray[np.bool_]]:
    """Per group the (n,) answers of every row as one of it, and per row whether, as it is, it was judged otherwise."""
    others = [np.flatnonzero(~grouping.of(place)) for place in range(len(grouping.groups))]
    rows = pa.concat_tables([box.inputs, *(changed(chosen, place) for place, chosen in enumerate(others))])
    own, *variants = np.split(_asked(box, rows, np.concatenate([np.arange(box.rows), *others]), random), np.cumsum([box.rows, *map(len, others)])[:-1])
    answers = {}
    for name, chosen, said in zip(grouping.groups, others, variants, strict=True):
        answers[name] = own.copy()
        answers[name][chosen] = said
    return answers, box.otherwise(own)


def _asked(box: Box, rows: pa.Table, owners: NDArray[np.int64], random: np.random.Generator) -> Floats:
    """One answer per row, in a process of its own; all rows of an owner stand in the same question."""
    order = np.lexsort((random.random(len(owners)), owners))
    starts = np.flatnonzero(np.diff(owners[order], prepend=-1))
    answers = np.empty(len(owners))
    with nullcontext(box.ask) if box.afresh is None else box.afresh() as ask:
        begin = 0
        while begin < len(order):
            if box.time_left() <= 0:
                raise OutOfTimeError
            ends = starts[(starts > begin) & (starts <= begin + _AT_ONCE)]
            end = len(order) if len(order) - begin <= _AT_ONCE or not len(ends) else int(ends[-1])
            (batch,) = rows.take(pa.array(order[begin:end])).combine_chunks().to_batches(max_chunksize=None)
            answers[order[begin:end]] = ask(batch)
            box.asked += end - begin
            begin = end
    return answers


def _pair(box: Box, one: str, other: str, answers: dict[str, Floats]) -> FlipPair:
    from scipy.stats import binomtest  # noqa: PLC0415 -- only an explanation needs it

    changed = box.changed(answers[one], answers[other])
    difference = box.favour(answers[one]) - box.favour(answers[other])
    higher, lower = int(np.sum(changed & (difference > 0))), int(np.sum(changed & (difference < 0)))
    p_value = float(binomtest(higher, higher + lower).pvalue) if higher + lower else 1.0
    rate = rate_of(changed)
    if rate is None:
        raise ValueError("a box has rows")
    return FlipPair(first=one, second=other, rate=rate, first_higher=higher, second_higher=lower, p_value=rounded(p_value))
