"""The surrogate: a small decision tree that imitates the candidate, measured on rows that it has not seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.core.explanation import GroupRate, Leaf, Surrogate
from gate.explain.box import AnswerForm, Box
from gate.explain.encoding import Encoded
from gate.explain.numbers import rate_of, rounded

__all__ = ["FEWEST", "imitated"]

FEWEST = 100
"""Fewer rows are too few to fit on one half and to measure on the other."""
_LEAF = 20
_CATEGORIES = 10
_WITHIN = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Columns:
    """Columns that a tree can split in two: numbers as they are, and a yes or no for every frequent category."""

    matrix: NDArray[np.float64]
    says: tuple[tuple[str, str | None], ...]

    def condition(self, column: int, edge: float, *, above: bool, missing: bool) -> str:
        """The condition of one side of a split, in words."""
        name, category = self.says[column]
        if category is not None:
            return f"{name} is {category}" if above else f"{name} is not {category}"
        return f"{name} {'>' if above else '≤'} {edge:.6g}" + (" or missing" if missing else "")


def imitated(box: Box, inputs: Encoded, *, depth: int, random: np.random.Generator) -> Surrogate:
    """A tree of `depth`, fitted on one half of the rows and measured on the other; the box has `FEWEST` rows at least."""
    columns = _columns(inputs)
    order = random.permutation(box.rows)
    seen, held = order[: box.rows // 2], order[box.rows // 2 :]
    target = box.decisions(box.answers)
    tree = _fitted(columns.matrix[seen], target[seen], depth=depth, number=box.form is AnswerForm.NUMBER, seed=int(random.integers(2**31)))
    said = np.asarray(tree.predict(columns.matrix[held]), dtype=np.float64)
    within = _WITHIN * float(np.std(target[seen])) if box.form is AnswerForm.NUMBER else None
    agreeing = _agreeing(said, target[held], within)
    fidelity, plain = rate_of(agreeing), rate_of(_agreeing(np.full(len(held), _constant(target[seen], within)), target[held], within))
    if fidelity is None or plain is None:
        raise ValueError("a box has rows")
    return Surrogate(
        depth=depth,
        fidelity=fidelity,
        plain=plain,
        groups=tuple(
            GroupRate(feature=grouping.name, group=name, rate=rate_of(agreeing[grouping.of(place)[held]]))
            for grouping in box.groupings
            for place, name in enumerate(grouping.groups)
        ),
        leaves=tuple(_leaves(box, tree, columns, held, agreeing)),
        tolerance=None if within is None else rounded(within),
    )


def _fitted(matrix: NDArray[np.float64], target: NDArray[np.float64], *, depth: int, number: bool, seed: int) -> Any:  # noqa: ANN401 -- scikit-learn has no types
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # noqa: PLC0415 -- seconds to import

    kind = DecisionTreeRegressor if number else DecisionTreeClassifier
    return kind(max_depth=depth, min_samples_leaf=min(_LEAF, max(1, len(target) // 10)), random_state=seed).fit(matrix, target)


def _constant(target: NDArray[np.float64], within: float | None) -> float:
    """The best answer that knows nothing of the row."""
    if within is not None:
        return float(np.median(target))
    values, counts = np.unique(target, return_counts=True)
    return float(values[np.argmax(counts)])


def _agreeing(said: NDArray[np.float64], answered: NDArray[np.float64], within: float | None) -> NDArray[np.bool_]:
    return said == answered if within is None else np.abs(said - answered) <= within


def _columns(inputs: Encoded) -> _Columns:
    parts: list[NDArray[np.float64]] = []
    says: list[tuple[str, str | None]] = []
    for place, (name, categories) in enumerate(zip(inputs.names, inputs.categories, strict=True)):
        column = inputs.matrix[:, place]
        if categories is None:
            parts.append(column)
            says.append((name, None))
            continue
        for code, category in enumerate(categories[:_CATEGORIES]):
            parts.append((column == code).astype(float))
            says.append((name, repr(category)))
        if np.isnan(column).any():
            parts.append(np.isnan(column).astype(float))
            says.append((name, "missing"))
    if not parts:
        return _Columns(matrix=np.zeros((len(inputs.matrix), 1)), says=(("nothing", None),))
    return _Columns(matrix=np.column_stack(parts), says=tuple(says))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """Conditions, what is then answered, and the leaves that are meant: several where both sides of a split answer the same."""

    conditions: tuple[str, ...]
    value: float
    leaves: frozenset[int]


def _leaves(box: Box, tree: Any, columns: _Columns, held: NDArray[np.int64], agreeing: NDArray[np.bool_]) -> Iterator[Leaf]:  # noqa: ANN401 -- as above
    at = tree.apply(columns.matrix[held])
    for rule in _rules(tree, columns, 0, ()):
        here = np.isin(at, list(rule.leaves))
        yield Leaf(conditions=rule.conditions, answer=_words(box, rule.value), rows=int(np.sum(here)), agreeing=int(np.sum(agreeing[here])))


def _rules(tree: Any, columns: _Columns, node: int, conditions: tuple[str, ...]) -> list[_Rule]:  # noqa: ANN401 -- as above
    inner = tree.tree_
    left, right = int(inner.children_left[node]), int(inner.children_right[node])
    if left == right:
        shares = inner.value[node][0]
        value = tree.classes_[int(np.argmax(shares))] if hasattr(tree, "classes_") else shares[0]
        return [_Rule(conditions=conditions, value=float(value), leaves=frozenset([node]))]
    column, edge = int(inner.feature[node]), float(inner.threshold[node])
    missing = bool(np.isnan(columns.matrix[:, column]).any())
    to_left = missing and bool(inner.missing_go_to_left[node])
    below = _rules(tree, columns, left, (*conditions, columns.condition(column, edge, above=False, missing=to_left)))
    above = _rules(tree, columns, right, (*conditions, columns.condition(column, edge, above=True, missing=missing and not to_left)))
    if len(below) == len(above) == 1 and below[0].value == above[0].value:
        return [_Rule(conditions=conditions, value=below[0].value, leaves=below[0].leaves | above[0].leaves)]
    return [*below, *above]


def _words(box: Box, value: float) -> str:
    """What the tree answers, in words."""
    match box.form:
        case AnswerForm.NUMBER:
            return f"{value:.6g}"
        case AnswerForm.SCORE:
            return f"score ≥ {box.threshold:g}" if value else f"score < {box.threshold:g}"
        case AnswerForm.LABEL | AnswerForm.CLASS:
            return box.labels[int(value)]
