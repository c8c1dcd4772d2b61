"""The counts survive being written and read, and equal counts are equal bytes."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from gate.core.classes import ClassCounts
from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics, Unassigned, UnassignedKind
from gate.core.moments import Moments, MomentScale
from gate.core.paired import Agreement, PairedCells, PairedCounts
from gate.errors import StorageError
from gate.record.counts_file import read_counts, write_counts

cells = st.integers(0, 2**40)
counts = st.builds(ConfusionCounts, tp=cells, fp=cells, tn=cells, fn=cells, unlabelled_selected=cells, unlabelled_rejected=cells, answered=st.just(0) | cells)
names = st.text(max_size=12)
floats = st.floats(allow_nan=False, allow_infinity=False)
scales = st.builds(
    MomentScale, residual=st.integers(-900, 100), label=st.integers(-900, 100), prediction=st.integers(-900, 100), label_centre=floats, prediction_centre=floats
)
moments = st.builds(Moments, scale=scales, **{name: st.integers(-(2**127), 2**127) for name in Moments.__slots__ if name != "scale"})
classes = st.builds(ClassCounts, cells=st.lists(cells, min_size=9, max_size=9).map(tuple), unlabelled=st.lists(cells, min_size=3, max_size=3).map(tuple))
OF_CLASSES = st.builds(
    ContingencyTable,
    overall=counts,
    groups=st.lists(st.builds(GroupCounts, feature=names, group=names, counts=counts, statistics=st.builds(Statistics, classes=classes)), max_size=3).map(
        tuple
    ),
    statistics=st.builds(Statistics, classes=st.none() | classes),
)
answers = st.builds(Agreement, both=cells, lost=cells, gained=cells, neither=cells)
paired = st.lists(
    st.tuples(names, st.builds(PairedCells, positives=answers, negatives=answers, unlabelled=answers)), min_size=1, max_size=2, unique_by=lambda entry: entry[0]
)
statistics = st.builds(Statistics, moments=st.none() | moments, paired=st.none() | paired.map(lambda entries: PairedCounts(baselines=tuple(entries))))
TABLES = st.builds(
    ContingencyTable,
    overall=counts,
    groups=st.lists(st.builds(GroupCounts, feature=names, group=names, counts=counts, statistics=statistics), max_size=6).map(tuple),
    unassigned=st.lists(
        st.builds(Unassigned, feature=names, kind=st.sampled_from(UnassignedKind), rows=cells, examples=st.lists(names, max_size=3).map(tuple)), max_size=3
    ).map(tuple),
    statistics=statistics,
)


@given(TABLES | OF_CLASSES)
def test_counts_come_back_as_they_were(table: ContingencyTable) -> None:
    """Reading what was written gives the same table, in the same order."""
    written = write_counts(table)

    assert read_counts(written) == table


@given(TABLES)
def test_equal_tables_are_equal_bytes(table: ContingencyTable) -> None:
    """The digest of the counts depends on the counts only."""
    again = read_counts(write_counts(table))

    assert write_counts(again) == write_counts(table)


def test_a_file_is_read_like_its_bytes(tmp_path: Path) -> None:
    """Counts on disk and counts in memory are the same counts."""
    table = samples.blocked().counts
    file = tmp_path / "counts.parquet"
    file.write_bytes(write_counts(table))

    assert read_counts(file) == table


def test_the_columns_are_those_of_the_contract() -> None:
    """Anyone can open the file and find the cells by name."""
    columns = pq.ParquetFile(BytesIO(write_counts(samples.blocked().counts))).schema_arrow.names

    assert columns == ["kind", "feature", "group", "tp", "fp", "tn", "fn", "unlabelled_selected", "unlabelled_rejected", "rows", "examples"]


def altered(**changes: object) -> bytes:
    """The file of a small table whose first group says something else."""
    content = pq.ParquetFile(BytesIO(write_counts(samples.blocked().counts))).read()
    rows: list[dict[str, Any]] = content.to_pylist()
    rows[1].update(changes)
    return parquet(rows, content.schema)


def parquet(rows: list[dict[str, Any]], schema: pa.Schema) -> bytes:
    """Any rows as a file."""
    sink = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a file",
        write_counts(samples.blocked().counts)[:-20],
        altered(rows=1),
        altered(tp=-1),
        altered(tp=None),
        altered(kind="overall"),
        altered(kind="rumour"),
        altered(feature=None),
        altered(kind="missing-value", examples=None),
        parquet([], pq.ParquetFile(BytesIO(write_counts(samples.blocked().counts))).schema_arrow),
        parquet([{"tp": 1}], pa.schema([("tp", pa.int64())])),
    ],
    ids=["empty", "text", "cut", "sum", "negative", "null", "two-overall", "unknown-kind", "no-feature", "no-examples", "no-rows", "other-columns"],
)
def test_a_damaged_file_is_refused(data: bytes) -> None:
    """A file that is not a table of counts is an error, never an empty table."""
    with pytest.raises(StorageError, match="counts cannot be read"):
        read_counts(data)


def test_an_absent_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    """Nobody has to guess which file was missing."""
    with pytest.raises(StorageError) as caught:
        read_counts(tmp_path / "none.parquet")

    assert caught.value.where == str(tmp_path / "none.parquet")
