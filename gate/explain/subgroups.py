"""Where it goes wrong: subgroups of up to three conditions with a worse error than all other rows.

One half of the rows is searched, which finds something in any data; the few worst are then tested on the other half,
which the search has not seen, at a level corrected for how few they are. So however many are tried, a false subgroup
is confirmed in one of twenty tables at most.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.core.explanation import Subgroup, SubgroupSearch
from gate.explain.box import AnswerForm, Box
from gate.explain.encoding import Encoded
from gate.explain.numbers import rounded

__all__ = ["FEWEST", "searched"]

FEWEST = 200
"""Fewer labelled rows are too few to search one half and to confirm on the other."""
LEVEL = 0.05
_SMALLEST = 20
_MOST_CONDITIONS = 3
_BEAM = 20
_CONFIRMED = 5
_CATEGORIES = 10
_ALIKE = 0.8
"""Two subgroups that share so much of their rows are one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Conditions:
    """(C, n) which rows meet which condition, in words, and the column that it is about."""

    meets: NDArray[np.bool_]
    words: tuple[str, ...]
    columns: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """A subgroup of the searched half: its conditions, how much worse it is in standard errors, and its rows."""

    places: tuple[int, ...]
    worse: float
    rows: NDArray[np.bool_]


def searched(box: Box, inputs: Encoded, *, random: np.random.Generator) -> SubgroupSearch:
    """The worst subgroups, put to confirmation; the box has `FEWEST` labelled rows at least."""
    loss = box.loss(box.answers, box.truth)
    known = random.permutation(np.flatnonzero(~np.isnan(loss)))
    one, other = known[: len(known) // 2], known[len(known) // 2 :]
    conditions = _conditions(_with_groups(box, inputs), one)
    found, tried = _worst(conditions.meets[:, one], conditions.columns, loss[one])
    confirming = [(entry, np.all(conditions.meets[list(entry.places)][:, other], axis=0)) for entry in found]
    return SubgroupSearch(
        tried=tried,
        searched_rows=len(one),
        confirming_rows=len(other),
        subgroups=tuple(_confirmed(box, conditions, entry, rows, loss[other], claims=len(found)) for entry, rows in confirming),
    )


def _with_groups(box: Box, inputs: Encoded) -> Encoded:
    """The inputs, and the sensitive features by their groups instead of their columns."""
    columns = [grouping.column for grouping in box.groupings]
    plain = inputs.only([name for name in inputs.names if name not in columns])
    codes = [np.where(grouping.codes >= 0, grouping.codes, np.nan) for grouping in box.groupings]
    return Encoded(
        names=(*plain.names, *(grouping.name for grouping in box.groupings)),
        matrix=np.column_stack([plain.matrix, *codes]),
        categories=(*plain.categories, *(grouping.groups for grouping in box.groupings)),
    )


def _conditions(columns: Encoded, seen: NDArray[np.int64]) -> _Conditions:
    """Below and above the quartiles of what was seen, each frequent category, and missing."""
    listed = [
        (meets, words, place)
        for place, name in enumerate(columns.names)
        for meets, words in _of_column(columns.matrix[:, place], name, columns.categories[place], seen)
        if _SMALLEST <= meets[seen].sum() <= len(seen) - _SMALLEST
    ]
    meets = np.array([entry[0] for entry in listed], dtype=bool).reshape(len(listed), len(columns.matrix))
    return _Conditions(meets=meets, words=tuple(entry[1] for entry in listed), columns=np.array([entry[2] for entry in listed], dtype=np.int64))


def _of_column(column: NDArray[np.float64], name: str, categories: tuple[str, ...] | None, seen: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.bool_], str]]:
    empty = np.isnan(column)
    yield empty, f"{name} is missing"
    if categories is not None:
        yield from ((column == code, f"{name} is {category!r}") for code, category in enumerate(categories[:_CATEGORIES]))
        return
    present = column[seen][~empty[seen]]
    for edge in np.unique(np.quantile(present, (0.25, 0.5, 0.75), method="lower")) if len(present) else ():
        yield ~empty & (column <= edge), f"{name} ≤ {edge:.6g}"
        yield ~empty & (column > edge), f"{name} > {edge:.6g}"


def _worst(meets: NDArray[np.bool_], columns: NDArray[np.int64], loss: NDArray[np.float64]) -> tuple[list[_Found], int]:
    """The worst subgroups that are not all the same rows, and how many were tried: a beam that grows by one condition at a time."""
    flags, beam, tried = meets.astype(np.float32), [_Found(places=(), worse=0.0, rows=np.ones(len(loss), dtype=bool))], 0
    best: dict[frozenset[int], _Found] = {}
    for _ in range(_MOST_CONDITIONS if len(meets) else 0):
        if not beam:
            break
        grown = _grown(beam, flags, meets, columns, loss)
        tried += len(beam) * len(meets)
        beam = sorted(grown, key=lambda entry: (-entry.worse, entry.places))[:_BEAM]
        best.update({frozenset(entry.places): entry for entry in beam})
    chosen: list[_Found] = []
    for entry in sorted(best.values(), key=lambda entry: (-entry.worse, len(entry.places), entry.places)):
        if len(chosen) < _CONFIRMED and not any(_alike(entry.rows, other.rows) for other in chosen):
            chosen.append(entry)
    return chosen, tried


def _grown(beam: list[_Found], flags: NDArray[np.float32], meets: NDArray[np.bool_], columns: NDArray[np.int64], loss: NDArray[np.float64]) -> list[_Found]:
    """Every subgroup of the beam with one condition more, about another column; the worst of each."""
    inside = np.stack([entry.rows for entry in beam]).astype(np.float32)
    rows, sums = inside @ flags.T, (inside * loss.astype(np.float32)) @ flags.T
    others = len(loss) - rows
    with np.errstate(divide="ignore", invalid="ignore"):
        worse = (sums / rows - (loss.sum() - sums) / others) / (np.std(loss) * np.sqrt(1 / rows + 1 / others))
    worse[(rows < _SMALLEST) | (others < _SMALLEST) | ~np.isfinite(worse)] = -np.inf
    for line, entry in enumerate(beam):
        worse[line, np.isin(columns, columns[list(entry.places)])] = -np.inf
    found: dict[frozenset[int], _Found] = {}
    for flat in np.argsort(-worse, axis=None, kind="stable")[: _BEAM * 4]:
        line, place = divmod(int(flat), len(meets))
        if worse[line, place] <= 0:
            break
        places = (*beam[line].places, place)
        found.setdefault(frozenset(places), _Found(places=places, worse=float(worse[line, place]), rows=beam[line].rows & meets[place]))
    return list(found.values())


def _alike(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    return float(np.sum(one & other)) > _ALIKE * float(np.sum(one | other))


def _confirmed(box: Box, conditions: _Conditions, entry: _Found, rows: NDArray[np.bool_], loss: NDArray[np.float64], *, claims: int) -> Subgroup:
    inside, outside = loss[rows], loss[~rows]
    p_value = min(1.0, claims * _p_value(box, inside, outside)) if len(inside) and len(outside) else 1.0
    return Subgroup(
        conditions=tuple(conditions.words[place] for place in entry.places),
        rows=len(inside),
        loss=rounded(float(inside.mean())) if len(inside) else 0.0,
        others=rounded(float(outside.mean())) if len(outside) else 0.0,
        p_value=rounded(p_value),
        confirmed=p_value <= LEVEL,
    )


def _p_value(box: Box, inside: NDArray[np.float64], outside: NDArray[np.float64]) -> float:
    """One-sided: Fisher's exact test of two shares of wrong labels; of numbers, the rank test of Mann and Whitney."""
    from scipy.stats import hypergeom, mannwhitneyu  # noqa: PLC0415 -- only an explanation needs it

    if box.form in (AnswerForm.LABEL, AnswerForm.CLASS):
        wrong = int(inside.sum())
        return float(hypergeom.sf(wrong - 1, len(inside) + len(outside), wrong + int(outside.sum()), len(inside)))
    return float(mannwhitneyu(inside, outside, alternative="greater").pvalue)
