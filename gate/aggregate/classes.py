"""Counting where the answer is one of several classes: label × prediction of every group."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.numbers import answered, places
from gate.aggregate.rollup import roll_up
from gate.core.classes import ClassCounts
from gate.core.counts import ContingencyTable, Statistics
from gate.core.model import ModelConfig

__all__ = ["roll_up_classes"]

_Cells = Mapping[str, NDArray[np.int64]]


def roll_up_classes(cells: _Cells, model: ModelConfig, *, classes: int, depth: int, examples: Mapping[str, list[str]]) -> ContingencyTable:
    """The table of counts.

    Args:
        cells: columns of the counting query; label and prediction are places of declared labels, a missing label is negative.
        model: whose features are counted.
        classes: how many labels are declared.
        depth: how many features are crossed at most.
        examples: feature → undeclared values, most frequent first.
    """
    known = {**cells, "label": np.where(cells["label"] >= 0, 1, -1), "prediction": np.zeros_like(cells["prediction"])}
    table = roll_up(known, model.declared_features, model.counted(depth=depth), examples=examples)
    codes = {feature.name: cells[f"f{i}"] for i, feature in enumerate(model.declared_features)}
    counted = [
        entry for crossing in model.counted(depth=depth) for entry in _of_places(cells, places(crossing, codes), groups=len(crossing.groups), classes=classes)
    ]
    groups = tuple(
        replace(entry, counts=answered(entry.counts), statistics=Statistics(classes=counts)) for entry, counts in zip(table.groups, counted, strict=True)
    )
    (overall,) = _of_places(cells, np.zeros_like(cells["n"]), groups=1, classes=classes)
    return replace(table, overall=answered(table.overall), groups=groups, statistics=Statistics(classes=overall))


def _of_places(cells: _Cells, at: NDArray[np.int64], *, groups: int, classes: int) -> list[ClassCounts]:
    """Label × prediction by place; the row after the last label holds the rows without one."""
    sums = np.zeros((groups, classes + 1, classes), dtype=np.int64)
    placed = at >= 0
    label = np.where(cells["label"] >= 0, cells["label"], classes)
    np.add.at(sums, (at[placed], label[placed], cells["prediction"][placed]), cells["n"][placed])
    return [ClassCounts(cells=tuple(map(int, group[:-1].ravel())), unlabelled=tuple(map(int, group[-1]))) for group in sums]
