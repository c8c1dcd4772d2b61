"""The sums of weights and clusters beside the counts: whole numbers of any size, the same for every engine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from gate.aggregate import units
from gate.aggregate.dialect import Source
from gate.aggregate.sql import Query
from gate.core.counts import ContingencyTable, GroupCounts, Statistics
from gate.core.model import Intersection, ModelConfig, Value
from gate.core.sums import CELLS, PAIRS, PATTERNS, CellSums
from gate.errors import DataError

__all__ = ["refuse_faults", "with_sums"]

_Run = Callable[[Query], Sequence[Sequence[int]]]
"""Executes a query."""
_CELL = {5: 0, 3: 1, 2: 2, 4: 3, 1: 4, 0: 5}
"""The place in `CELLS` of 2·(label + 1) + prediction."""


def refuse_faults(model: ModelConfig, source: Source, run: _Run, *, where: str) -> None:
    """Every row has a weight that can be counted and a cluster, and some weight is above zero.

    Raises:
        DataError: otherwise, with the number of rows.
    """
    *wrong, positive = run(units.faults(source, model))[0]
    weight, cluster = f"column {model.data.weight!r} (data.weight)", f"column {model.data.cluster!r} (data.cluster)"
    said = (
        (f"no weight, or none that is a number, in {weight}", "Give every row a weight; 0 leaves a row out of every rate."),
        (f"a negative weight in {weight}", "A weight is 0 or more."),
        (f"a weight above {units.LARGEST:,.0f} in {weight}", "Weights have no unit: divide all of them by one constant."),
        (f"a weight above {model.data.max_weight or 0:g} in {weight}, which data.max_weight rules out", "Declare the largest weight that can occur."),
        (f"a weight above 0 and below {units.SMALLEST:.2g} in {weight}", "Weights have no unit: multiply all of them by one constant, or write 0."),
        (f"no value in {cluster}", "Give every row its cluster: a row that stands for itself has one of its own."),
    )
    for rows, (fault, step) in zip(wrong, said, strict=True):
        if rows:
            raise DataError(f"{rows:,} rows have {fault}", where=where, next_step=step)
    if not positive:
        raise DataError(f"every weight in {weight} is 0, so no row counts", where=where, next_step="Name the column of weights in data.weight.")
    if model.data.cluster is not None and model.data.max_cluster_rows is not None:
        ((largest,),) = run(units.largest_cluster(source, model.data.cluster))
        if largest > model.data.max_cluster_rows:
            fault = f"a cluster in {cluster} has {largest:,} rows, and data.max_cluster_rows allows {model.data.max_cluster_rows:,}"
            raise DataError(fault, where=where, next_step="Declare how many rows a cluster can have at most.")


def with_sums(table: ContingencyTable, model: ModelConfig, labels: tuple[Value, Value], source: Source, run: _Run, *, depth: int) -> ContingencyTable:
    """The table with the sums of weights and clusters of every group and of all rows."""
    crossed = model.counted(depth=depth)
    if model.data.cluster is None:
        found = _by_row(model, crossed, run(units.by_row(source, model, labels)))
    else:
        found = {
            key: sums for crossing in (None, *crossed) for key, sums in _by_cluster(crossing, run(units.by_cluster(source, model, labels, crossing))).items()
        }
    nothing = CellSums.zero(clustered=model.data.cluster is not None)

    def of(feature: str, group: str, known: Statistics) -> Statistics:
        return replace(known, sums=found.get((feature, group), nothing))

    groups: Iterable[GroupCounts] = (replace(entry, statistics=of(entry.feature, entry.group, entry.statistics)) for entry in table.groups)
    return replace(table, groups=tuple(groups), statistics=of("", "", table.statistics))


def _by_row(model: ModelConfig, crossed: Sequence[Intersection], rows: Sequence[Sequence[int]]) -> Mapping[tuple[str, str], CellSums]:
    """Sums of every crossing from those of the finest cells."""
    found: dict[tuple[str, str], CellSums] = {}
    for row in rows:
        *places, kind, total, square = row
        codes = {feature.name: int(code) for feature, code in zip(model.declared_features, places, strict=True)}
        sums = _of_cell(_CELL[int(kind)], int(total), int(square))
        for crossing in (None, *crossed):
            key = _key(crossing, [codes[feature.name] for feature in crossing.parts] if crossing else [])
            if key is not None:
                found[key] = found[key] + sums if key in found else sums
    return found


def _of_cell(cell: int, total: int, square: int) -> CellSums:
    """The sums of rows that are all in one cell: a row has no product between two cells."""
    totals = tuple(total if i == cell else 0 for i in range(len(CELLS)))
    return CellSums(totals=totals, products=tuple(square if pair == (cell, cell) else 0 for pair in PAIRS))


def _by_cluster(crossing: Intersection | None, rows: Sequence[Sequence[int]]) -> Mapping[tuple[str, str], CellSums]:
    features = len(crossing.parts) if crossing else 0
    found: dict[tuple[str, str], CellSums] = {}
    for row in rows:
        places, (pattern, clusters, *sums) = [int(code) for code in row[:features]], [int(number) for number in row[features:]]
        key = _key(crossing, places)
        if key is not None:
            patterns = tuple(clusters if place == pattern else 0 for place in range(PATTERNS))
            more = CellSums(totals=tuple(sums[: len(CELLS)]), products=tuple(sums[len(CELLS) :]), clusters=patterns)
            found[key] = found[key] + more if key in found else more
    return found


def _key(crossing: Intersection | None, places: Sequence[int]) -> tuple[str, str] | None:
    """Feature and group; None for rows that belong to no declared group."""
    if crossing is None:
        return "", ""
    if min(places) < 0:
        return None
    at = 0
    for feature, place in zip(crossing.parts, places, strict=True):
        at = at * len(feature.groups) + place
    return crossing.name, crossing.groups[at]
