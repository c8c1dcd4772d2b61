"""From the finest cells to the counts of every feature and intersection: numpy, the same for every engine."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.pairing import pair_codes, paired
from gate.aggregate.sql import INVALID, MISSING, UNDECLARED
from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics, Unassigned, UnassignedKind
from gate.core.model import Intersection, SensitiveFeature

__all__ = ["invalid_labels", "invalid_predictions", "roll_up"]

_CELLS = ("unlabelled_rejected", "unlabelled_selected", "tn", "fp", "fn", "tp")
"""The cell of label code l (−1, 0, 1) and prediction code p (0, 1) stands at 2·(l + 1) + p."""


def invalid_labels(cells: Mapping[str, NDArray[np.int64]]) -> int:
    """Rows whose label is outside the label set."""
    return int(np.sum(cells["n"][cells["label"] == INVALID]))


def invalid_predictions(cells: Mapping[str, NDArray[np.int64]]) -> int:
    """Rows whose prediction is missing or outside the label set."""
    return int(np.sum(cells["n"][cells["prediction"] == INVALID]))


def roll_up(
    cells: Mapping[str, NDArray[np.int64]],
    features: tuple[SensitiveFeature, ...],
    crossed: Sequence[Intersection],
    *,
    examples: Mapping[str, Sequence[str]],
    baselines: Mapping[str, str] = MappingProxyType({}),
) -> ContingencyTable:
    """The table of counts.

    Args:
        cells: columns of the counting query: `f0`, `f1`, …, `label`, `prediction`, `n`; all codes valid.
        features: the declared features, in the order of `f0`, `f1`, ….
        crossed: what is counted of them.
        examples: feature → undeclared values, most frequent first.
        baselines: name → the column of codes of what that model predicts, all valid.
    """
    kind = 2 * (cells["label"] + 1) + cells["prediction"]
    pairs = {name: pair_codes(cells, column) for name, column in baselines.items()}
    codes = {feature.name: cells[f"f{i}"] for i, feature in enumerate(features)}
    groups = [entry for crossing in crossed for entry in _crossed(crossing, codes, kind, cells["n"], pairs)]
    nowhere = np.zeros_like(kind)
    return ContingencyTable(
        overall=_tallied(nowhere, kind, cells["n"], groups=1)[0],
        groups=tuple(groups),
        unassigned=tuple(_unassigned(features, codes, cells["n"], examples)),
        statistics=Statistics(paired=paired(nowhere, pairs, cells["n"], groups=1)[0]),
    )


def _crossed(
    crossing: Intersection, codes: Mapping[str, NDArray[np.int64]], kind: NDArray[np.int64], n: NDArray[np.int64], pairs: Mapping[str, NDArray[np.int64]]
) -> list[GroupCounts]:
    """The declared groups of one feature or intersection; rows that some feature does not place are left out."""
    place, placed = np.zeros_like(kind), np.ones(kind.shape, dtype=bool)
    for feature in crossing.parts:
        place = place * len(feature.groups) + codes[feature.name]
        placed &= codes[feature.name] >= 0
    names = crossing.groups
    counts = _tallied(place[placed], kind[placed], n[placed], groups=len(names))
    compared = paired(place[placed], {name: code[placed] for name, code in pairs.items()}, n[placed], groups=len(names))
    return [
        GroupCounts(feature=crossing.name, group=name, counts=count, statistics=Statistics(paired=pair))
        for name, count, pair in zip(names, counts, compared, strict=True)
    ]


def _tallied(place: NDArray[np.int64], kind: NDArray[np.int64], n: NDArray[np.int64], *, groups: int) -> list[ConfusionCounts]:
    """Confusion counts by place. Integer sums: exact for any number of rows."""
    sums = np.zeros(groups * len(_CELLS), dtype=np.int64)
    np.add.at(sums, place * len(_CELLS) + kind, n)
    return [ConfusionCounts(**dict(zip(_CELLS, map(int, row), strict=True))) for row in sums.reshape(groups, len(_CELLS))]


def _unassigned(
    features: tuple[SensitiveFeature, ...], codes: Mapping[str, NDArray[np.int64]], n: NDArray[np.int64], examples: Mapping[str, Sequence[str]]
) -> list[Unassigned]:
    """Per feature, the rows without a value and the rows with an undeclared one; kinds without rows are left out."""
    kinds = ((MISSING, UnassignedKind.MISSING_VALUE), (UNDECLARED, UnassignedKind.UNDECLARED_VALUE))
    found = []
    for feature in features:
        for code, kind in kinds:
            rows = int(np.sum(n[codes[feature.name] == code]))
            shown = tuple(examples.get(feature.name, ())) if code == UNDECLARED else ()
            if rows:
                found.append(Unassigned(feature=feature.name, kind=kind, rows=rows, examples=shown))
    return found
