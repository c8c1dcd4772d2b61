"""Proxies: how well inputs and answers reveal a sensitive feature, and which inputs do.

What the inputs reveal is measured by a model that is fitted here and asked only about rows that it has not seen
(cross-fitted), so that its area is no flattery. It is a floor: a better model may reveal more.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from gate.core.explanation import Area, Carrier, Proxy, Revealed
from gate.explain.box import AnswerForm, Box, Grouping
from gate.explain.encoding import OTHER, Encoded
from gate.explain.numbers import SIDE, area_of, areas_of_folds, rounded

__all__ = ["FEWEST", "Fitted", "cross_fitted", "proxy"]

Floats = NDArray[np.float64]
_NONE = np.empty(0, dtype=np.int64)

FEWEST = 50
"""So many rows of a group, and so many others, are needed to say how well it is revealed."""
_FOLDS = 5
_TREES, _LEAVES = 40, 8
_MOST_DROPS = 30
"""Of so many inputs, the strongest by themselves, it is measured what the others cannot make up for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fitted:
    """Scores of rows by models that have not seen them, and by how much the area drops without what a column tells."""

    area: Area
    drops: Floats


def proxy(box: Box, grouping: Grouping, inputs: Encoded, *, random: np.random.Generator) -> Proxy:
    """How well inputs and answers reveal a sensitive feature; the column itself is left out of the inputs."""
    known = grouping.codes >= 0
    others = inputs.without(grouping.column)
    useful = others.only([name for name, column in zip(others.names, others.matrix.T, strict=True) if len(np.unique(column)) > 1])
    alone = np.array([_alone(useful, place, known, grouping) for place in range(len(useful.names))])
    strongest = np.argsort(-alone, kind="stable")[:_MOST_DROPS]
    groups, drops, short = [], np.zeros(len(alone)), []
    for place, name in enumerate(grouping.groups[:1] if len(grouping.groups) == 2 else grouping.groups):
        member = grouping.of(place)[known]
        if min(member.sum(), (~member).sum()) < FEWEST:
            short.append(name)
            groups.append(Revealed(group=name, rows=int(member.sum())))
            continue
        fitted = cross_fitted(useful.matrix[known], member, useful.categorical, shuffled=strongest, random=random)
        drops[strongest] = np.maximum(drops[strongest], fitted.drops)
        groups.append(Revealed(group=name, rows=int(member.sum()), inputs=fitted.area, answers=_of_answers(box, known, member, random=random)))
    return Proxy(
        feature=grouping.name,
        is_input=grouping.column in box.columns,
        groups=tuple(groups),
        carriers=tuple(_carriers(useful, alone, drops, noise=_noise(grouping, known, len(alone)))),
        reason="; ".join(_reasons(short, useful)),
    )


def _reasons(short: Sequence[str], useful: Encoded) -> Iterator[str]:
    """Why the area says less than it seems to."""
    if short:
        yield f"fewer than {FEWEST} rows of {', '.join(short)}, or of all others"
    lumped = [name for name, words in zip(useful.names, useful.categories, strict=True) if words and words[-1] == OTHER]
    if lumped:
        yield f"{', '.join(lumped)} has too many values, of which the rarer ones were taken as one, so that more may be revealed than is seen here"


def cross_fitted(
    matrix: Floats, member: NDArray[np.bool_], categorical: NDArray[np.bool_], *, shuffled: NDArray[np.int64] = _NONE, random: np.random.Generator
) -> Fitted:
    """The area of boosted trees on rows that they have not seen, and its drop for every column that is shuffled there.

    Args:
        matrix: (n, d) the inputs.
        member: (n,) what is to be told; both kinds at least `FEWEST` times.
        categorical: (d,) the columns of categories.
        shuffled: the columns whose drop is measured.
        random: folds and shuffles are drawn from it.
    """
    import sklearn.ensemble  # noqa: F401, PLC0415 -- seconds to import; only threads of libraries that are there can be limited
    from threadpoolctl import threadpool_limits  # noqa: PLC0415

    if not matrix.shape[1]:
        return Fitted(area=area_of(np.zeros(len(member)), member), drops=np.zeros(len(shuffled)))
    matrix = _filled(matrix, categorical)
    with threadpool_limits(1):  # the tables are small, and threads that wait for one another on a busy machine take a hundred times as long
        scores, without, folds = _scores(matrix, member, categorical, shuffled, random)
    area = areas_of_folds(scores, member, folds)
    return Fitted(area=area, drops=np.array([area.value - areas_of_folds(line, member, folds).value for line in without]))


def _filled(matrix: Floats, categorical: NDArray[np.bool_]) -> Floats:
    """The inputs with a missing value as a value of its own, where the trees would not split by it: beside categories, or beside one number."""
    filled = matrix.copy()
    for place in range(matrix.shape[1]):
        present = matrix[~np.isnan(matrix[:, place]), place]
        if len(present) and (categorical[place] or len(np.unique(present)) == 1):
            filled[:, place] = np.nan_to_num(matrix[:, place], nan=float(present.max()) + 1)
    return filled


def _scores(
    matrix: Floats, member: NDArray[np.bool_], categorical: NDArray[np.bool_], shuffled: NDArray[np.int64], random: np.random.Generator
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """(n,) scores by models that have not seen the row, (s, n) the same with a column shuffled, and (n,) the folds."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415 -- seconds to import
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415

    scores, folds, without = np.zeros(len(member)), np.zeros(len(member), dtype=np.int64), np.zeros((len(shuffled), len(member)))
    seed = int(random.integers(2**31))
    for fold, (seen, held) in enumerate(StratifiedKFold(_FOLDS, shuffle=True, random_state=seed).split(matrix, member)):
        model = HistGradientBoostingClassifier(
            max_iter=_TREES, max_leaf_nodes=_LEAVES, categorical_features=categorical, early_stopping=False, random_state=seed
        ).fit(matrix[seen], member[seen])
        scores[held], folds[held] = model.predict_proba(matrix[held])[:, 1], fold
        for line, column in enumerate(shuffled):
            blind = matrix[held].copy()
            blind[:, column] = random.permutation(blind[:, column])
            without[line, held] = model.predict_proba(blind)[:, 1]
    return scores, without, folds


def _of_answers(box: Box, known: NDArray[np.bool_], member: NDArray[np.bool_], *, random: np.random.Generator) -> Area:
    """How well the answers reveal a group. Classes have no order, so what they reveal is fitted like inputs."""
    answers = box.answers[known]
    if box.form is AnswerForm.CLASS:
        return cross_fitted(answers[:, np.newaxis], member, np.array([True]), random=random).area
    return area_of(answers, member)


def _carriers(inputs: Encoded, alone: Floats, drops: Floats, *, noise: float) -> Iterator[Carrier]:
    """The inputs that are shown to reveal it, by themselves or beside the others, the strongest first."""
    strength = np.maximum(alone - 0.5, drops)
    for place in np.argsort(-strength, kind="stable"):
        if strength[place] > noise:
            yield Carrier(feature=inputs.names[place], alone=rounded(float(alone[place])), drop=rounded(float(drops[place])))


def _noise(grouping: Grouping, known: NDArray[np.bool_], inputs: int) -> float:
    """What an area is beyond one half by chance, at 95 % over all inputs, groups and both directions; of the smallest group that counts."""
    sizes = [(int(grouping.of(place)[known].sum()), int((~grouping.of(place))[known].sum())) for place in range(len(grouping.groups))]
    spreads = [math.sqrt((m + n + 1) / (12 * m * n)) for m, n in sizes if min(m, n) >= FEWEST]
    return NormalDist().inv_cdf(1 - SIDE / (max(inputs, 1) * len(grouping.groups) * 2)) * max(spreads, default=1.0)


def _alone(inputs: Encoded, place: int, known: NDArray[np.bool_], grouping: Grouping) -> float:
    """The largest area that one column has for a group, in either direction; of categories, by how often the group has them.

    That a value is missing may tell it too.
    """
    column = inputs.matrix[known, place]
    found = [0.5]
    for group in range(len(grouping.groups)):
        member = grouping.of(group)[known]
        if min(member.sum(), (~member).sum()) < FEWEST:
            continue
        if inputs.categories[place] is not None:
            found.append(areas_of_folds(_ranked(column, member), member, np.arange(len(column)) % 2).value)
            continue
        shown = (np.nan_to_num(column, nan=float(np.nanmedian(column))), np.isnan(column).astype(float))
        areas = [area_of(scores, member).value for scores in shown]
        found.extend(max(area, 1 - area) for area in areas)
    return max(found)


def _ranked(column: Floats, member: NDArray[np.bool_]) -> Floats:
    """Every category as the share of the group among its rows in the other half; shrunk, so that rare ones say little."""
    places = np.nan_to_num(column, nan=-1).astype(np.int64) + 1
    half, most = np.arange(len(places)) % 2 == 0, int(places.max()) + 1
    scores = np.empty(len(places))
    for here in (half, ~half):
        rows, hits = np.bincount(places[~here], minlength=most), np.bincount(places[~here], weights=member[~here], minlength=most)
        scores[here] = ((hits + 10 * member[~here].mean()) / (rows + 10))[places[here]]
    return scores
