"""Splitting rows and summing their counts is the identity, bit for bit, scores included."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.counts import ContingencyTable, Statistics
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.scores import ScoreCounts
from gate.record.counts_file import read_counts, write_counts

A = SensitiveFeature(name="a", column="a", groups=(DeclaredGroup(name="x", value="x"), DeclaredGroup(name="y", value="y")))
B = SensitiveFeature(name="b", column="b", groups=(DeclaredGroup(name="0", value=0), DeclaredGroup(name="1", value=1)))
MODEL = ModelConfig(
    name="m",
    task=Task.BINARY_CLASSIFICATION,
    data=DataSource(label="label", labels=(0, 1)),
    predictions=PredictionColumns(score="score"),
    sensitive_features=(A, B),
)
ROW = st.tuples(
    st.sampled_from(["x", "y", "z", None]), st.sampled_from([0, 1]), st.sampled_from([0.0, 1.0, None]), st.one_of(st.floats(0, 1), st.sampled_from([0.5, 1.0]))
)


def _counted(rows: list[tuple[str | None, int, float | None, float]], *, scores: bool = True) -> ContingencyTable:
    frame = pd.DataFrame(rows, columns=["a", "b", "label", "score"]).astype({"a": "string", "b": "int64", "label": "float64", "score": "float64"})
    with TemporaryDirectory() as folder:
        path = Path(folder) / "t.parquet"
        frame.to_parquet(path, index=False)
        engine = DuckdbEngine()
        return engine.count(engine.open(str(path)), MODEL, (0, 1), depth=2, scores=scores).counts


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=30), st.integers(1, 29))
def test_the_counts_of_two_parts_are_the_counts_of_the_whole(rows: list[tuple[str | None, int, float | None, float]], place: int) -> None:
    """For all rows, every group and every intersection; and the file gives back what was written."""
    cut = min(place, len(rows) - 1)
    whole, first, second = _counted(rows), _counted(rows[:cut]), _counted(rows[cut:])

    assert first.statistics + second.statistics == whole.statistics
    assert [one.statistics + other.statistics for one, other in zip(first.groups, second.groups, strict=True)] == [e.statistics for e in whole.groups]
    assert read_counts(write_counts(whole)) == whole


@settings(max_examples=15, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=20))
def test_scores_change_no_other_count(rows: list[tuple[str | None, int, float | None, float]]) -> None:
    """Cells, groups and rows without a group are the same with and without histograms, and in any order of the rows."""
    with_scores, without = _counted(rows), _counted(rows, scores=False)

    assert (with_scores.overall, with_scores.unassigned) == (without.overall, without.unassigned)
    assert [entry.counts for entry in with_scores.groups] == [entry.counts for entry in without.groups]
    assert without.statistics == Statistics()
    assert _counted(rows[::-1]).statistics == with_scores.statistics


def test_scores_do_not_add_to_none() -> None:
    """A sum of scores of some rows only would pass for one of all rows."""
    assert Statistics() + Statistics() == Statistics()
    with pytest.raises(ValueError, match="cannot be added to none"):
        Statistics(scores=ScoreCounts()) + Statistics()


def test_a_score_of_one_is_in_the_last_bin() -> None:
    """0 is in the first bin, 1 in the last, and sums are whole numbers of 2⁻⁴⁰."""
    counts = _counted([("x", 0, 1.0, 1.0), ("x", 0, 0.0, 0.0), ("x", 0, None, 0.5)]).statistics.scores

    assert counts == ScoreCounts(cells=(1, 3 * 2048, 3 * 4095 + 2), rows=(1, 1, 1), errors=(0, 2**39, 0), squares=(0, 2**38, 0))
