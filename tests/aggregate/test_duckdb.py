"""The embedded engine: what counts as which group, label and prediction, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.interface import Counted
from gate.core.counts import ConfusionCounts, UnassignedKind
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task, Value
from gate.core.paired import Agreement, PairedCells, PairedCounts
from gate.errors import DataError


def _feature(*values: Value, column: str = "g") -> SensitiveFeature:
    return SensitiveFeature(name=column, column=column, groups=tuple(DeclaredGroup(name=str(value), value=value) for value in values))


def _model(
    *features: SensitiveFeature, labels: tuple[Value, Value] | None = None, positive: Value = 1, score: str | None = None, threshold: float = 0.5
) -> ModelConfig:
    return ModelConfig(
        name="m",
        task=Task.BINARY_CLASSIFICATION,
        data=DataSource(label="y", labels=labels, positive_label=positive),
        predictions=PredictionColumns(column="p", score=score, threshold=threshold),
        sensitive_features=features,
    )


def _count(path: Path, model: ModelConfig, *, depth: int = 1) -> Counted:
    engine = DuckdbEngine()
    table = engine.open(str(path))
    return engine.count(table, model, engine.labels(table, model.data), depth=depth)


def _csv(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


def _parquet(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "t.parquet"
    frame.to_parquet(path, index=False)
    return path


def test_rows_become_cells(tmp_path: Path) -> None:
    """Every combination of label and prediction lands in its cell, of its group."""
    counted = _count(_csv(tmp_path, "g,y,p\na,1,1\na,1,0\na,0,1\nb,0,0\nb,0,0\n"), _model(_feature("a", "b")))
    a, b = (entry.counts for entry in counted.counts.of("g"))

    assert (a, b) == (ConfusionCounts(tp=1, fn=1, fp=1), ConfusionCounts(tn=2))
    assert counted.counts.overall == a + b


def test_a_space_makes_another_value(tmp_path: Path) -> None:
    """`"a "` is not `"a"`, and only the empty field is missing: both are counted, none is dropped."""
    counted = _count(_csv(tmp_path, 'g,y,p\na,1,1\n"a ",0,0\nA,0,0\nNA,1,0\n,1,1\nb,0,0\n'), _model(_feature("a", "b")))
    found = {entry.kind: entry for entry in counted.counts.unassigned}

    assert found[UnassignedKind.MISSING_VALUE].rows == 1
    assert found[UnassignedKind.UNDECLARED_VALUE].rows == 3
    assert set(found[UnassignedKind.UNDECLARED_VALUE].examples) == {"'a '", "'A'", "'NA'"}


def test_declared_numbers_compare_as_numbers(tmp_path: Path) -> None:
    """A CSV's `1`, `1.0` and `01` are the declared number 1, and text that is no number is undeclared."""
    counted = _count(_csv(tmp_path, "g,y,p\n1,1,1\n1.0,0,0\n01,1,1\n0,0,0\nx,1,1\n"), _model(_feature(0, 1)))

    assert [entry.counts.rows for entry in counted.counts.of("g")] == [1, 3]
    assert counted.counts.unassigned[0].examples == ("'x'",)


def test_declared_text_compares_as_text(tmp_path: Path) -> None:
    """Declared `"1"` takes `1` and not `1.0`."""
    counted = _count(_csv(tmp_path, "g,y,p\n1,1,1\n1.0,0,0\n2,1,1\n"), _model(_feature("1", "2")))

    assert [entry.counts.rows for entry in counted.counts.of("g")] == [1, 1]


def test_floats_with_gaps_are_what_pandas_makes_of_them(tmp_path: Path) -> None:
    """In Parquet, a float column's NaN is missing, and 1.0 is the declared 1."""
    frame = pd.DataFrame({"g": [0.0, 1.0, float("nan"), 2.0], "y": [1, 0, 1, 0], "p": [1, 0, 1, 0]})
    counted = _count(_parquet(tmp_path, frame), _model(_feature(0, 1)))

    assert [entry.counts.rows for entry in counted.counts.of("g")] == [1, 1]
    assert [(entry.kind, entry.rows) for entry in counted.counts.unassigned] == [(UnassignedKind.MISSING_VALUE, 1), (UnassignedKind.UNDECLARED_VALUE, 1)]


def test_booleans_count_as_zero_and_one(tmp_path: Path) -> None:
    """A boolean label column with the default positive label 1 means what Python means by it."""
    frame = pd.DataFrame({"g": ["a", "b"], "y": [True, False], "p": [True, True]})
    counted = _count(_parquet(tmp_path, frame), _model(_feature("a", "b")))

    assert counted.counts.overall == ConfusionCounts(tp=1, fp=1)


def test_bins_are_closed_below_and_open_above(tmp_path: Path) -> None:
    """`bins: [25, 40]` puts 25 into the middle, 40 into the last, and what is no finite number nowhere."""
    ages = SensitiveFeature(name="age", column="age", groups=tuple(DeclaredGroup(name=name) for name in ("<25", "[25,40)", ">=40")), bins=(25, 40))
    counted = _count(_csv(tmp_path, "age,y,p\n24.9,1,1\n25,0,0\n39,1,1\n40,0,0\n-1,0,0\n,1,0\nold,1,0\ninf,1,0\n"), _model(ages))

    assert [entry.counts.rows for entry in counted.counts.of("age")] == [2, 2, 1]
    assert [(entry.kind.value, entry.rows) for entry in counted.counts.unassigned] == [("missing-value", 1), ("undeclared-value", 2)]


def test_crossed_groups_leave_out_rows_that_one_feature_does_not_place(tmp_path: Path) -> None:
    """A row without race counts for sex, and for no intersection of the two."""
    model = _model(_feature("a", "b"), _feature("f", "m", column="s"))
    counted = _count(_csv(tmp_path, "g,s,y,p\na,f,1,1\nb,m,0,0\n,f,1,0\n"), model, depth=2)

    assert [(entry.group, entry.counts.rows) for entry in counted.counts.of("s")] == [("f", 2), ("m", 1)]
    assert [(entry.group, entry.counts.rows) for entry in counted.counts.of("g×s")] == [("a×f", 1), ("a×m", 0), ("b×f", 0), ("b×m", 1)]


def test_rows_without_a_label_keep_their_prediction(tmp_path: Path) -> None:
    """A missing label leaves the row in the selection rate and out of everything that needs the label."""
    counted = _count(_csv(tmp_path, "g,y,p\na,,1\na,1,1\nb,0,0\nb,,0\n"), _model(_feature("a", "b")))
    overall = counted.counts.overall

    assert (overall.rows, overall.labelled, overall.selected) == (4, 2, 2)


def test_a_score_selects_at_the_threshold(tmp_path: Path) -> None:
    """Selected is a score at or above the threshold."""
    counted = _count(_csv(tmp_path, "g,y,s\na,1,0.5\na,1,0.49\nb,0,1\nb,0,0\n"), _model(_feature("a", "b"), score="s"))

    assert counted.counts.overall == ConfusionCounts(tp=1, fn=1, fp=1, tn=1)


@pytest.mark.parametrize("score", ["1.01", "-0.1", "nan", "inf", "", "high"])
def test_a_score_outside_its_range_is_misbehaviour(tmp_path: Path, score: str) -> None:
    """One score that is no number in [0, 1] is the candidate's fault, not a rejection."""
    counted = _count(_csv(tmp_path, f"g,y,s\na,1,0.5\na,0,{score}\nb,0,1\nb,1,0\n"), _model(_feature("a", "b"), score="s"))

    assert counted.misbehaviour is not None
    assert counted.misbehaviour.check == "score"


@pytest.mark.parametrize("prediction", ["", "2", "0.7", "yes", "nan"])
def test_a_prediction_outside_the_labels_is_misbehaviour(tmp_path: Path, prediction: str) -> None:
    """A probability, another class or nothing at all where a label belongs is the candidate's fault."""
    counted = _count(_csv(tmp_path, f"g,y,p\na,1,1\na,0,{prediction}\nb,0,1\nb,1,0\n"), _model(_feature("a", "b")))

    assert counted.misbehaviour is not None
    assert counted.misbehaviour.check == "label"


def test_text_labels_are_judged_when_declared(tmp_path: Path) -> None:
    """String labels work with their positive label named, and predictions compare with them."""
    counted = _count(_csv(tmp_path, "g,y,p\na,yes,yes\na,no,yes\nb,no,no\n"), _model(_feature("a", "b"), positive="yes"))

    assert counted.counts.overall == ConfusionCounts(tp=1, fp=1, tn=1)


REFUSED = {
    "one class only": ("g,y,p\na,1,1\nb,1,0\n", {}, "has to hold two values"),
    "three classes": ("g,y,p\na,1,1\nb,0,0\nb,2,0\n", {}, "has to hold two values"),
    "labels 1 and 2": ("g,y,p\na,1,1\nb,2,2\n", {"labels": (0, 1)}, "other than 0 and 1"),
    "text labels, number declared": ("g,y,p\na,yes,yes\nb,no,no\n", {}, "has to hold two values"),
    "no label column": ("g,p\na,1\nb,0\n", {}, "no column 'y'"),
    "no sensitive column": ("y,p\n1,1\n0,0\n", {}, "no column 'g'"),
    "no prediction column": ("g,y\na,1\nb,0\n", {}, "no column 'p'"),
    "no rows": ("g,y,p\n", {}, "0 rows"),
    "nothing": ("", {}, "empty"),
    "two columns of one name": ("g,y,p,g\na,1,1,b\n", {}, "two columns"),
    "ragged rows": ("g,y,p\na,1,1\nb,0\n", {}, "cannot be"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_table_that_cannot_be_judged_is_refused(tmp_path: Path, case: str) -> None:
    """What is absent, empty or of another kind is an error that names the place, never a pass."""
    text, options, fragment = REFUSED[case]

    with pytest.raises(DataError, match=fragment) as caught:
        _count(_csv(tmp_path, text), _model(_feature("a", "b"), **options))
    assert str(tmp_path) in caught.value.where


def test_a_number_declared_for_a_text_column_is_refused(tmp_path: Path) -> None:
    """In Parquet a column has a type, and a declaration of another type is an error, not an empty group."""
    frame = pd.DataFrame({"g": ["0", "1"], "y": [1, 0], "p": [1, 0]})

    with pytest.raises(DataError, match=r"gate\.yaml declares"):
        _count(_parquet(tmp_path, frame), _model(_feature(0, 1)))


@pytest.mark.parametrize("name", ["gone.csv", "table.txt", "folder.csv"])
def test_a_path_that_is_no_table_is_refused(tmp_path: Path, name: str) -> None:
    """A missing file, another ending, a folder: refused with the path."""
    (tmp_path / "table.txt").write_text("g,y,p\n", encoding="utf-8")
    (tmp_path / "folder.csv").mkdir()

    with pytest.raises(DataError):
        DuckdbEngine().open(str(tmp_path / name))


def test_names_and_values_never_become_sql(tmp_path: Path) -> None:
    """Quotes, semicolons and percent signs in columns, values and paths are data."""
    odd = "g'\"; DROP TABLE x; --"
    folder = tmp_path / "it's; 100%"
    folder.mkdir()
    frame = pd.DataFrame({odd: ["a' OR '1'='1", "b"], "y": [1, 0], "p": [1, 0]})
    model = _model(SensitiveFeature(name="g", column=odd, groups=(DeclaredGroup(name="a", value="a' OR '1'='1"), DeclaredGroup(name="b", value="b"))))
    counted = _count(_parquet(folder, frame), model)

    assert [entry.counts.rows for entry in counted.counts.of("g")] == [1, 1]


def test_batches_keep_the_order_of_the_rows(tmp_path: Path) -> None:
    """What goes to the candidate comes in the table's order, whole, in bounded batches."""
    path = _parquet(tmp_path, pd.DataFrame({"x": range(10_000), "y": 0}))
    engine = DuckdbEngine()
    batches = list(engine.batches(engine.open(str(path)), ["x"], size=2048))

    assert [value for batch in batches for value in batch.column(0).to_pylist()] == list(range(10_000))
    assert max(batch.num_rows for batch in batches) <= 4096


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_condensing_changes_no_count(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Grouping the values first gives the counts that coding every row gives: with missing, undeclared and odd values too."""
    rng = np.random.default_rng(5)
    rows = 30_000
    frame = pd.DataFrame(
        {
            "g": rng.choice(np.array(["a", "b", "c ", "", None], dtype=object), rows),
            "h": rng.choice([0.1, 1.0, 2.5, np.nan], rows),
            "y": rng.integers(0, 2, rows),
            "p": rng.integers(0, 2, rows),
        }
    )
    path = tmp_path / f"t.{form}"
    frame.to_parquet(path, index=False) if form == "parquet" else frame.to_csv(path, index=False)
    model = _model(_feature("a", "b"), SensitiveFeature(name="h", column="h", groups=tuple(DeclaredGroup(name=name) for name in "lmu"), bins=(0.5, 2.0)))
    condensed = _count(path, model, depth=2)
    monkeypatch.setattr("gate.aggregate.engine._FEW", 0)

    assert condensed == _count(path, model, depth=2)
    assert condensed.counts.overall.rows == rows


def test_what_the_first_rows_hide_is_counted(tmp_path: Path) -> None:
    """A column that shows few values first and many later is condensed all the same, and no row is lost."""
    rows = 60_000
    late = ["a" if i < 30_000 else f"x{i}" for i in range(rows)]
    frame = pd.DataFrame({"g": late, "y": [0, 1] * (rows // 2), "p": [0, 1] * (rows // 2)})
    counted = _count(_parquet(tmp_path, frame), _model(_feature("a", "b"))).counts

    assert [entry.rows for entry in counted.unassigned] == [30_000]
    assert counted.of("g")[0].counts == ConfusionCounts(tp=15_000, tn=15_000)


def test_a_long_query_prints_no_progress() -> None:
    """Standard output belongs to the decision: a script that reads JSON there must not meet a progress bar."""
    found = DuckdbEngine()._connection.execute("SELECT current_setting('enable_progress_bar')").fetchone()

    assert found == (False,)


def test_baselines_are_counted_beside_the_candidate(tmp_path: Path) -> None:
    """Every combination of label, baseline and candidate has its cell, per group and baseline; an incomplete baseline is refused alone."""
    path = _csv(tmp_path, "g,y,p,c,d\na,1,1,1,1\na,1,0,1,\na,0,1,0,0\nb,,1,0,0\nb,0,0,0,0\n")
    engine = DuckdbEngine()
    table = engine.open(str(path))
    counted = engine.count(table, _model(_feature("a", "b"), labels=(0, 1)), (0, 1), depth=1, baselines={"champion": "c", "first": "d"})
    overall, (a, b) = counted.counts.statistics.paired, (entry.statistics.paired for entry in counted.counts.of("g"))

    assert dict(counted.refused) == {"first": "1 of its answers are missing or no prediction"}
    assert overall is not None
    assert overall.names == ("champion",)
    assert a is not None
    assert a.against("champion") == PairedCells(positives=Agreement(both=1, lost=1), negatives=Agreement(gained=1))
    assert b is not None
    assert b.against("champion") == PairedCells(negatives=Agreement(neither=1), unlabelled=Agreement(gained=1))
    assert a + b == overall


def test_a_baselines_scores_select_at_the_same_threshold(tmp_path: Path) -> None:
    """Where a score is judged, a baseline's column holds scores; one outside [0, 1] is no prediction."""
    path = _csv(tmp_path, "g,y,s,c,d\na,1,0.9,0.4,1\nb,0,0.2,0.6,7\n")
    engine = DuckdbEngine()
    table = engine.open(str(path))
    counted = engine.count(table, _model(_feature("a", "b"), score="s"), (0, 1), depth=1, baselines={"champion": "c", "first": "d"})

    assert counted.counts.statistics.paired == PairedCounts(baselines=(("champion", PairedCells(positives=Agreement(gained=1), negatives=Agreement(lost=1))),))
    assert list(counted.refused) == ["first"]


def test_nothing_is_paired_where_nothing_is_compared(tmp_path: Path) -> None:
    """Without baselines the counts are those that they always were."""
    counted = _count(_csv(tmp_path, "g,y,p\na,1,1\nb,0,0\n"), _model(_feature("a", "b")))

    assert counted.counts.statistics.paired is None


OUR_WORDS = [
    *("rows", "Rows", "rows'", "n", "f0", "f1", "label", "prediction", "score", "away"),
    *("cell", "scored", "error", "square", "w", "unit", "kind", "c0", "b0"),
]


@pytest.mark.parametrize("name", OUR_WORDS)
@pytest.mark.parametrize("way", ["plain", "scored", "weighted", "clustered"])
def test_a_column_may_have_any_name(name: str, way: str, tmp_path: Path) -> None:
    """No name of a column is mistaken for one of the query's own: the counts are those under a name that nothing else has."""
    rng = np.random.default_rng(3)
    rows = 25_000
    frame = pd.DataFrame({"g": rng.integers(1, 4, rows), "h": rng.integers(1, 3, rows), "y": rng.integers(0, 2, rows), "p": rng.integers(0, 2, rows)})
    frame["s"], frame["weight"], frame["person"] = rng.integers(0, 5, rows) / 4, rng.integers(1, 3, rows) / 2, rng.integers(0, 900, rows)
    frame["p"] = frame["p"] if way != "scored" else frame["s"]

    def counted(column: str) -> Counted:
        model = _model(_feature(1, 2, 3, column=column), _feature(1, 2, column="h"), labels=(0, 1), score="p" if way == "scored" else None)
        data = {"weighted": {"weight": "weight"}, "clustered": {"cluster": "person"}}.get(way, {})
        path = _parquet(tmp_path, frame.rename(columns={"g": column}))
        engine = DuckdbEngine()
        return engine.count(engine.open(str(path)), replace(model, data=replace(model.data, **data)), (0, 1), depth=1, scores=way == "scored")

    found, expected = counted(name).counts, counted("g").counts

    assert found.overall == expected.overall
    assert [(entry.counts, entry.statistics) for entry in found.groups] == [(entry.counts, entry.statistics) for entry in expected.groups]
    assert found.overall.rows == rows


def test_a_row_that_is_counted_twice_is_no_count(tmp_path: Path) -> None:
    """Counts that do not add up to the rows of the table are refused, whatever made them so."""
    engine = DuckdbEngine()
    table = engine.open(str(_csv(tmp_path, "g,y,p\na,1,1\nb,0,0\n")))

    with pytest.raises(DataError, match="2 rows were counted of 3"):
        engine.count(replace(table, rows=3), _model(_feature("a", "b")), (0, 1), depth=1)
