"""`counts.parquet`: the contingency table as a file.

Law: `read_counts(write_counts(table)) == table` for every table, and equal tables give equal bytes under one version
of pyarrow. The version writes its name into the file, so a replay compares the digest of the file that it was given
and never writes the counts anew.
"""

from collections.abc import Mapping
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from gate.core.classes import ClassCounts
from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics, Unassigned, UnassignedKind
from gate.core.paired import Agreement, PairedCells, PairedCounts
from gate.core.sums import CellSums
from gate.errors import StorageError
from gate.record.moments_columns import ANSWERED, FIELDS, read_moments, written_moments
from gate.record.rank_columns import RANK_FIELDS, rank_columns, ranks_of
from gate.record.score_columns import SCORE_FIELDS, score_columns, scores_of

__all__ = ["read_counts", "write_counts"]

_CELLS = ("tp", "fp", "tn", "fn", "unlabelled_selected", "unlabelled_rejected")
_OVERALL, _GROUP = "overall", "group"
_SCHEMA = pa.schema(
    [
        pa.field("kind", pa.string()),
        pa.field("feature", pa.string()),
        pa.field("group", pa.string()),
        *(pa.field(cell, pa.int64()) for cell in _CELLS),
        pa.field("rows", pa.int64()),
        pa.field("examples", pa.list_(pa.field("element", pa.string()))),
    ]
)
_CLASSES = ("class_cells", "class_unlabelled")
_CLASS_FIELDS = tuple(pa.field(name, pa.list_(pa.field("element", pa.int64()))) for name in _CLASSES)
"""Of several classes: label × prediction, one label after the other."""
_PAIRED_CELLS = tuple(f"{kind.name}_{cell.name}" for kind in fields(PairedCells) for cell in fields(Agreement))
_PAIRED = pa.field("paired", pa.list_(pa.field("element", pa.struct([("baseline", pa.string()), *((cell, pa.int64()) for cell in _PAIRED_CELLS)]))))
"""Only where something was compared: files without it keep their bytes."""
_SUMS = {"weights": "totals", "weight_products": "products", "clusters": "clusters"}
"""Columns of weights and clusters, only there when used: lists of whole numbers of any size, as digits."""
_SUM_FIELDS = tuple(pa.field(name, pa.list_(pa.field("element", pa.string()))) for name in _SUMS)
_Row = Mapping[str, Any]
"""One line of the file: strings, whole numbers, a list of strings, or nulls, as the schema says."""


def write_counts(table: ContingencyTable) -> bytes:
    """The table as Parquet: the overall counts, then every group, then the rows that no group took."""
    rows: list[dict[str, object]] = [
        _counted(table.overall, table.statistics, kind=_OVERALL),
        *(_counted(entry.counts, entry.statistics, kind=_GROUP, feature=entry.feature, group=entry.group) for entry in table.groups),
        *(_untaken(entry) for entry in table.unassigned),
    ]
    sink = BytesIO()
    content = pa.Table.from_pylist(rows, schema=_schema({name for row in rows for name in row}))
    pq.write_table(content, sink, compression="none", use_dictionary=False, write_statistics=False, store_schema=False, version="2.6")
    return sink.getvalue()


def read_counts(data: bytes | Path) -> ContingencyTable:
    """The table that `write_counts` wrote.

    Args:
        data: the file's bytes, or where it is.

    Raises:
        StorageError: the file cannot be read, or is not a table of counts.
    """
    where = str(data) if isinstance(data, Path) else "counts.parquet"
    try:
        content = pq.ParquetFile(BytesIO(data.read_bytes() if isinstance(data, Path) else data)).read()
        return _table(content.cast(_schema(set(content.column_names))).to_pylist())
    except (pa.ArrowException, OSError, ValueError, TypeError) as problem:
        what = f"The counts cannot be read: {str(problem).splitlines()[0] if str(problem) else type(problem).__name__}"
        raise StorageError(what, where=where, next_step="Fetch the file again, and compare its digest with the record.") from problem


def _untaken(entry: Unassigned) -> dict[str, object]:
    return {"kind": entry.kind.value, "feature": entry.feature, "rows": entry.rows, "examples": list(entry.examples)}


def _schema(names: set[str]) -> pa.Schema:
    """The columns of every file, and those of the statistics that stand in this one."""
    return pa.schema([*_SCHEMA, *(field for field in (*FIELDS, *_CLASS_FIELDS, *SCORE_FIELDS, *RANK_FIELDS, _PAIRED, *_SUM_FIELDS) if field.name in names)])


def _counted(counts: ConfusionCounts, statistics: Statistics, *, kind: str, feature: str | None = None, group: str | None = None) -> dict[str, object]:
    """One line: its counts, and the columns of whatever else was summed over its rows."""
    cells = {cell: getattr(counts, cell) for cell in _CELLS}
    return {"kind": kind, "feature": feature, "group": group, "rows": counts.rows, **cells, **_summed(counts, statistics)}


def _summed(counts: ConfusionCounts, statistics: Statistics) -> dict[str, object]:
    """The columns of every statistic that is there."""
    of_answers = {**written_moments(counts, statistics), **_of_classes(statistics), **score_columns(statistics.scores), **rank_columns(statistics.ranks)}
    return {**of_answers, **_paired_column(statistics.paired), **_sum_columns(statistics.sums)}


def _sum_columns(sums: CellSums | None) -> dict[str, object]:
    """The sums of weights and clusters, where there are any."""
    known = {} if sums is None else {name: getattr(sums, field) for name, field in _SUMS.items()}
    return {name: [str(number) for number in numbers] for name, numbers in known.items() if numbers is not None}


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdigit() and str(int(text)) == text):
        raise ValueError("a sum is no whole number.")
    return int(text)


def _of_classes(statistics: Statistics) -> dict[str, object]:
    if statistics.classes is None:
        return {}
    return dict(zip(_CLASSES, (list(statistics.classes.cells), list(statistics.classes.unlabelled)), strict=True))


def _statistics(row: _Row) -> Statistics:
    """What a line holds besides its counts."""
    cells, unlabelled = (row.get(name) for name in _CLASSES)
    if (cells is None) != (unlabelled is None):
        raise ValueError(f"the classes of {row['feature']!r}, {row['group']!r} are not complete.")
    classes = None if cells is None or unlabelled is None else ClassCounts(cells=tuple(map(int, cells)), unlabelled=tuple(map(int, unlabelled)))
    written = row.get(_PAIRED.name)
    names = [_text({**entry, "kind": "paired"}, "baseline") for entry in written or ()]
    paired = None if written is None else PairedCounts(baselines=tuple(zip(names, map(_paired, written), strict=True)))
    found = {field: tuple(map(_digits, row[name])) for name, field in _SUMS.items() if row.get(name) is not None}
    sums = CellSums(**found) if found else None
    return Statistics(moments=read_moments(row), classes=classes, scores=scores_of(row), paired=paired, sums=sums, ranks=ranks_of(row))


def _paired_column(paired: PairedCounts | None) -> dict[str, object]:
    """The cells against every baseline, where there is one."""
    return {} if paired is None else {_PAIRED.name: [{"baseline": name, **_flat(cells)} for name, cells in paired.baselines]}


def _flat(cells: PairedCells) -> dict[str, int]:
    return {f"{kind.name}_{cell.name}": getattr(getattr(cells, kind.name), cell.name) for kind in fields(PairedCells) for cell in fields(Agreement)}


def _table(rows: list[dict[str, Any]]) -> ContingencyTable:
    kinds = {row["kind"] for row in rows} - {_OVERALL, _GROUP, *UnassignedKind}
    overall = [_counts(row) for row in rows if row["kind"] == _OVERALL]
    if kinds or len(overall) != 1:
        raise ValueError(f"expected one overall line and no unknown kind, found {len(overall)} and {sorted(map(str, kinds))}.")
    return ContingencyTable(
        overall=overall[0],
        groups=tuple(
            GroupCounts(feature=_text(row, "feature"), group=_text(row, "group"), counts=_counts(row), statistics=_statistics(row))
            for row in rows
            if row["kind"] == _GROUP
        ),
        unassigned=tuple(_unassigned(row) for row in rows if row["kind"] in list(UnassignedKind)),
        statistics=next(_statistics(row) for row in rows if row["kind"] == _OVERALL),
    )


def _paired(entry: _Row) -> PairedCells:
    """The cells of one comparison, each a whole number."""
    whole = {cell: _whole({**entry, "kind": "paired"}, cell) for cell in _PAIRED_CELLS}
    kinds = {kind.name: Agreement(**{cell.name: whole[f"{kind.name}_{cell.name}"] for cell in fields(Agreement)}) for kind in fields(PairedCells)}
    return PairedCells(**kinds)


def _counts(row: _Row) -> ConfusionCounts:
    """The counts of one line, whose `rows` has to be their sum: a cheap check against a mended file."""
    counts = ConfusionCounts(**{cell: _whole(row, cell) for cell in (*_CELLS, *(cell for cell in ANSWERED if row.get(cell) is not None))})
    if counts.rows != _whole(row, "rows"):
        raise ValueError(f"the cells of {row['feature']!r}, {row['group']!r} do not add up to its rows.")
    return counts


def _unassigned(row: _Row) -> Unassigned:
    return Unassigned(
        feature=_text(row, "feature"), kind=UnassignedKind(row["kind"]), rows=_whole(row, "rows"), examples=tuple(str(value) for value in row["examples"])
    )


def _text(row: _Row, column: str) -> str:
    if not isinstance(row[column], str):
        raise ValueError(f"a {row['kind']} line has no {column}.")  # noqa: TRY004  # the file is wrong, not the caller
    return str(row[column])


def _whole(row: _Row, column: str) -> int:
    if not isinstance(row[column], int) or row[column] < 0:
        raise ValueError(f"a {row['kind']} line has no usable {column}.")
    return int(row[column])
