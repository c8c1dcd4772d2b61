"""A table of attributes is joined one to one where rows are counted: the same counts as if it had never been apart."""

import random
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.aggregate.attributes import beside, columns_apart
from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.interface import Counted, Matches
from gate.core.counts import ContingencyTable
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task, Value
from gate.errors import DataError


def _model(*features: SensitiveFeature) -> ModelConfig:
    return ModelConfig(
        name="m",
        task=Task.BINARY_CLASSIFICATION,
        data=DataSource(label="y", labels=(0, 1)),
        predictions=PredictionColumns(column="p"),
        sensitive_features=features,
    )


def _feature(*values: Value, column: str = "g") -> SensitiveFeature:
    return SensitiveFeature(name=column, column=column, groups=tuple(DeclaredGroup(name=str(value), value=value) for value in values))


def _written(folder: Path, name: str, content: str | pd.DataFrame) -> str:
    path = folder / name
    if isinstance(content, str):
        path.write_text(content, encoding="utf-8")
    else:
        content.to_parquet(path, index=False)
    return str(path)


def _joined(folder: Path, rows: str | pd.DataFrame, attributes: str | pd.DataFrame, model: ModelConfig, *, depth: int = 1) -> tuple[Counted, Matches]:
    """The counts of rows and attributes, each CSV or Parquet, joined on `id`."""
    names = [f"{name}.{'csv' if isinstance(content, str) else 'parquet'}" for name, content in (("rows", rows), ("attributes", attributes))]
    engine = DuckdbEngine()
    table, other = engine.open(_written(folder, names[0], rows)), engine.open(_written(folder, names[1], attributes))
    columns = columns_apart(table, other, on="id", wanted=[feature.column for feature in model.sensitive_features])
    matches = engine.match(table, other, on="id")
    return engine.count(beside(table, other, on="id", columns=columns), model, (0, 1), depth=depth), matches


def _groups(table: ContingencyTable) -> list[tuple[str, int]]:
    return [(entry.group, entry.counts.rows) for entry in table.groups]


ROWS = "id,y,p\n1,1,1\n2,1,0\n3,0,0\n4,0,1\n"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_keeping_a_feature_apart_changes_no_count(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, int]], order: random.Random) -> None:
    """Law: counts of holdout and attributes, in whatever order, are the counts of one table that holds both."""
    folder = tmp_path_factory.mktemp("apart")
    frame = pd.DataFrame([(f"p{i}", *row) for i, row in enumerate(rows)], columns=["id", "g", "y", "p"])
    apart = frame[["id", "g"]].sample(frac=1, random_state=order.randrange(2**31))
    model, engine = _model(_feature("a", "b")), DuckdbEngine()
    whole = engine.open(_written(folder, "whole.parquet", frame))
    counted, matches = _joined(folder, frame[["id", "y", "p"]], apart, model)

    assert counted == engine.count(whole, model, (0, 1), depth=1)
    assert matches == Matches(unmatched=0, unused=0)


def test_rows_without_a_line_have_no_value(tmp_path: Path) -> None:
    """A row that is not among the attributes counts as one whose feature is missing, and lines of nobody are only counted."""
    counted, matches = _joined(tmp_path, ROWS, "id,g\n1,a\n2,b\n9,a\n", _model(_feature("a", "b")))

    assert _groups(counted.counts) == [("a", 1), ("b", 1)]
    assert [(entry.kind.value, entry.rows) for entry in counted.counts.unassigned] == [("missing-value", 2)]
    assert matches == Matches(unmatched=2, unused=1)


def test_features_may_be_in_either_table(tmp_path: Path) -> None:
    """One feature apart and one in the holdout cross as they would in one table."""
    rows = "id,s,y,p\n1,f,1,1\n2,m,1,0\n3,f,0,0\n"
    counted, _ = _joined(tmp_path, rows, "id,g\n3,b\n2,b\n1,a\n", _model(_feature("a", "b"), _feature("f", "m", column="s")), depth=2)

    assert [(entry.group, entry.counts.rows) for entry in counted.counts.of("g×s")] == [("a×f", 1), ("a×m", 0), ("b×f", 1), ("b×m", 1)]


def test_ids_compare_as_they_stand(tmp_path: Path) -> None:
    """Unicode and spaces are part of an id: nothing is trimmed, folded or composed."""
    rows = 'id,y,p\nÅse,1,1\n"Åse ",1,1\nåse,0,0\nA\u030ase,0,0\n北 京,1,1\n'
    counted, matches = _joined(tmp_path, rows, "id,g\nÅse,a\n北 京,b\n", _model(_feature("a", "b")))

    assert _groups(counted.counts) == [("a", 1), ("b", 1)]
    assert matches == Matches(unmatched=3, unused=0)


def test_an_id_that_is_missing_matches_nobody(tmp_path: Path) -> None:
    """Empty ids are neither duplicates nor a match, on either side."""
    counted, matches = _joined(tmp_path, "id,y,p\n,1,1\n,0,0\n1,1,1\n", "id,g\n,a\n,b\n1,a\n", _model(_feature("a", "b")))

    assert _groups(counted.counts) == [("a", 1), ("b", 0)]
    assert matches == Matches(unmatched=2, unused=2)


@pytest.mark.parametrize(
    ("rows", "attributes"),
    [(ROWS + "1,0,0\n", "id,g\n1,a\n2,b\n"), (ROWS, "id,g\n1,a\n2,b\n1,b\n")],
    ids=["holdout", "attributes"],
)
def test_an_id_twice_is_refused(tmp_path: Path, rows: str, attributes: str) -> None:
    """One to one is checked in both tables, and the message does not say whose id it is."""
    with pytest.raises(DataError, match="1 ids in column 'id' are on more than one row") as refused:
        _joined(tmp_path, rows, attributes, _model(_feature("a", "b")))

    assert "'1'" not in str(refused.value)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (pd.DataFrame({"id": [1, 2], "g": ["a", "b"]}), "holds whole numbers, but text in"),
        (pd.DataFrame({"id": [1.0, None], "g": ["a", "b"]}), "holds double, and ids are text or whole numbers"),
        (pd.DataFrame({"id": [True, False], "g": ["a", "b"]}), "holds boolean, and ids are"),
        ("ID,g\n1,a\n", "there is no column 'id'"),
        ("id,h\n1,a\n", "holds none of the columns g"),
        ("id,g,y\n1,a,1\n", None),
        ("id,g\n", "0 rows"),
        ("", "the file is empty"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused(tmp_path: Path, attributes: str | pd.DataFrame, message: str | None) -> None:
    """Ids of another type, absent columns and empty tables are errors; a label beside the attributes is not looked at."""
    if message is None:
        assert _joined(tmp_path, ROWS, attributes, _model(_feature("a", "b")))[1].unmatched == 3
        return
    with pytest.raises(DataError, match=message):
        _joined(tmp_path, ROWS, attributes, _model(_feature("a", "b")))


@pytest.mark.parametrize("name", ["g", "G"])
def test_a_column_in_both_tables_is_ambiguous(tmp_path: Path, name: str) -> None:
    """Which of two columns is meant is never guessed, nor told by letter case."""
    with pytest.raises(DataError, match="not clear which is meant"):
        _joined(tmp_path, f"id,y,p,{name}\n1,1,1,a\n2,0,0,b\n", "id,g\n1,b\n2,a\n", _model(_feature("a", "b")))


def test_types_are_those_of_the_table_that_holds_the_column(tmp_path: Path) -> None:
    """Beside a CSV of text, a Parquet column of numbers is judged as numbers, and NaN there is no value."""
    attributes = pd.DataFrame({"id": ["1", "2", "3"], "g": [0.0, 1.0, float("nan")]})
    counted, _ = _joined(tmp_path, ROWS, attributes, _model(_feature(0, 1)))

    assert _groups(counted.counts) == [("0", 1), ("1", 1)]
    assert [(entry.kind.value, entry.rows) for entry in counted.counts.unassigned] == [("missing-value", 2)]
    with pytest.raises(DataError, match=r"holds double, but gate\.yaml declares values such as 'a'"):
        _joined(tmp_path, ROWS, attributes, _model(_feature("a", "b")))


def test_ten_thousand_groups(tmp_path: Path) -> None:
    """As many groups as anyone declares, each found by its id."""
    names = [f"g{i}" for i in range(10_000)]
    rows = pd.DataFrame({"id": range(20_000), "y": [0, 1] * 10_000, "p": [1, 0] * 10_000})
    attributes = pd.DataFrame({"id": range(20_000), "g": names + names})
    counted, matches = _joined(tmp_path, rows, attributes, _model(_feature(*names)))

    assert {entry.counts.rows for entry in counted.counts.groups} == {2}
    assert matches == Matches(unmatched=0, unused=0)


def test_ids_that_look_like_sql_are_ids(tmp_path: Path) -> None:
    """Names of columns and values of ids are data, whatever they spell."""
    engine = DuckdbEngine()
    rows = engine.open(_written(tmp_path, "r.csv", '"i""d\'; --",y,p\n\' OR 1=1,1,1\n"a""b",0,0\n'))
    attributes = engine.open(_written(tmp_path, "a.csv", '"i""d\'; --","g""\'"\n\' OR 1=1,a\n'))
    joined = beside(rows, attributes, on="i\"d'; --", columns=("g\"'",))
    counted = engine.count(joined, _model(_feature("a", "b", column="g\"'")), (0, 1), depth=1)

    assert _groups(counted.counts) == [("a", 1), ("b", 0)]
