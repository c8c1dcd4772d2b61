"""From the lines of the counting query to the histograms of scores of every group: the same for every engine."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.sql import SHIFT
from gate.core.counts import ContingencyTable
from gate.core.model import Intersection, SensitiveFeature
from gate.core.scores import ScoreCounts

__all__ = ["with_scores"]

_Lines = Mapping[str, NDArray[np.int64]]


def with_scores(table: ContingencyTable, lines: _Lines, features: tuple[SensitiveFeature, ...], crossed: Sequence[Intersection]) -> ContingencyTable:
    """The table with the scores of all rows and of every group.

    Args:
        table: the counts of the same rows, of every one of `crossed`.
        lines: columns of the counting query; those with `scored` above 0 are read.
        features: the declared features, in the order of `f0`, `f1`, ….
        crossed: what is counted of them.
    """
    lines = _where(lines, (lines["scored"] > 0) & (lines["cell"] >= 0))
    found: dict[tuple[str, str], ScoreCounts] = {}
    for number, crossing in enumerate(crossed, start=2):
        found.update(_crossed(crossing, _where(lines, lines["scored"] == number), features))
    groups = tuple(
        replace(entry, statistics=replace(entry.statistics, scores=found.get((entry.feature, entry.group), ScoreCounts()))) for entry in table.groups
    )
    overall = _summed(_where(lines, lines["scored"] == 1))
    return replace(table, groups=groups, statistics=replace(table.statistics, scores=overall))


def _where(lines: _Lines, kept: NDArray[np.bool_]) -> _Lines:
    return {name: column[kept] for name, column in lines.items()}


def _crossed(crossing: Intersection, lines: _Lines, features: tuple[SensitiveFeature, ...]) -> Mapping[tuple[str, str], ScoreCounts]:
    """The declared groups of one crossing; rows that some feature does not place are left out."""
    place, placed = np.zeros_like(lines["n"]), np.ones(lines["n"].shape, dtype=bool)
    for feature in crossing.parts:
        codes = lines[f"f{features.index(feature)}"]
        place = place * len(feature.groups) + codes
        placed &= codes >= 0
    kept, places = _where(lines, placed), place[placed]
    order = np.argsort(places, kind="stable")
    edges = np.searchsorted(places[order], np.arange(len(crossing.groups) + 1))
    return {
        (crossing.name, group): _summed({name: column[order[start:stop]] for name, column in kept.items()})
        for group, start, stop in zip(crossing.groups, edges[:-1], edges[1:], strict=True)
    }


def _summed(lines: _Lines) -> ScoreCounts:
    errors, squares = (_joined(lines[f"{name}_high"], lines[f"{name}_low"]) for name in ("error", "square"))
    return ScoreCounts.of(zip(lines["cell"].tolist(), lines["n"].tolist(), errors, squares, strict=True))


def _joined(high: NDArray[np.int64], low: NDArray[np.int64]) -> list[int]:
    """The sums of which the query gives two parts, as Python's integers: they do not overflow."""
    return [(upper << SHIFT) + lower for upper, lower in zip(high.tolist(), low.tolist(), strict=True)]
