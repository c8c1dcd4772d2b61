"""Exactly the file that is named is read, with exactly the columns that stand in it: what DuckDB would guess is refused."""

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from loans import holdout

from gate.aggregate.duckdb import DuckdbEngine
from gate.cli import main
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.errors import DataError

GATE = """\
schema: gate.config/v1
models:
  m:
    tier: t
    task: binary_classification
    data: {label: y}
    predictions: {column: p}
    sensitive_features:
      g: {column: g, groups: [a, b]}
"""
POLICY = "schema: gate.policy/v1\ntier: t\nrules:\n  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}\n"
UNFAIR = "a,1,1\na,0,1\nb,1,0\nb,0,0\n" * 150
FAIR = "a,1,1\na,0,0\nb,1,1\nb,0,0\n" * 150


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with configuration and policy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.yaml").write_text(GATE, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def _check(table: str) -> int:
    return main(["check", "--predictions", table, "--policy", "policy.yaml", "--no-record"])


@pytest.mark.parametrize("name", ["t[1].csv", "t?.csv", "t*.csv"])
def test_a_name_with_wildcards_names_one_file(folder: Path, name: str) -> None:
    """The fair neighbour that the name would match is not read instead, nor beside it."""
    (folder / name).write_text("g,y,p\n" + UNFAIR, encoding="utf-8")
    (folder / "t1.csv").write_text("g,y,p\n" + FAIR * 20, encoding="utf-8")

    assert _check(name) == 1


def test_a_parquet_name_with_wildcards_names_one_file(folder: Path) -> None:
    """The same for Parquet."""
    for name, rows in (("t[1].parquet", UNFAIR), ("t1.parquet", FAIR)):
        lines = [line.split(",") for line in rows.split()]
        pd.DataFrame({"g": [g for g, _, _ in lines], "y": [int(y) for _, y, _ in lines], "p": [int(p) for _, _, p in lines]}).to_parquet(folder / name)

    assert _check("t[1].parquet") == 1


HEADERS = ["g,y, p,p", 'g,y," p",p', "g,y,p,P", "g,y,p,p ", "g,y,,p", "g,y,p,p", "g,y,p\u00a0,p"]


@pytest.mark.parametrize("header", HEADERS)
def test_names_that_cannot_be_told_apart_are_refused(folder: Path, header: str) -> None:
    """Two columns that differ by case or space, or one without a name: which one is judged is not left to a parser."""
    rows = "a,1,1,1\na,0,0,1\nb,1,1,0\nb,0,0,0\n" * 150
    (folder / "t.csv").write_text(f"{header}\n{rows}", encoding="utf-8")

    assert _check("t.csv") == 2


@pytest.mark.parametrize("names", [["g", "y", "p", "p"], ["g", "y", "p", "P"], ["g", "y", "p", ""]])
def test_parquet_names_that_cannot_be_told_apart_are_refused(folder: Path, names: list[str]) -> None:
    """The same for Parquet, which allows them."""
    columns = [pa.array(["a", "b"] * 100), pa.array([1, 0] * 100), pa.array([1, 0] * 100), pa.array([0, 1] * 100)]
    pq.write_table(pa.table(columns, names=names), folder / "t.parquet")

    assert _check("t.parquet") == 2


BROKEN = {
    "two tables in one file": "g,y,p\n" + UNFAIR + "g,y,p,x\n" + FAIR.replace("\n", ",0\n"),
    "a title above the header": "my table\ng,y,p\n" + FAIR,
    "comments in the middle": "g,y,p\n" + FAIR + "# left out\n" * 400 + FAIR,
    "a short row": "g,y,p\n" + FAIR + "a,1\n",
    "a long row": "g,y,p\n" + FAIR + "a,1,1,1\n",
    "an open quote": "g,y,p\n" + FAIR + '"a,1,1\n',
    "semicolons": "g;y;p\n" + FAIR.replace(",", ";"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_no_row_vanishes(folder: Path, case: str) -> None:
    """A file whose rows do not all fit its header is refused whole, never read in part."""
    (folder / "t.csv").write_text(BROKEN[case], encoding="utf-8")

    assert _check("t.csv") == 2


@pytest.mark.parametrize("text", ["\ufeffg,y,p\n" + FAIR, ("g,y,p\n" + FAIR).replace("\n", "\r\n"), "g,y,p\n" + FAIR.rstrip("\n")])
def test_ordinary_csv_is_read_whole(folder: Path, text: str) -> None:
    """A byte-order mark, Windows line ends, no newline at the end: 600 rows all the same."""
    (folder / "t.csv").write_bytes(text.encode())

    assert DuckdbEngine().open("t.csv").rows == 600
    assert _check("t.csv") == 0


def test_a_folder_name_adds_no_column(folder: Path) -> None:
    """`g=a/` is a folder, not a group."""
    (folder / "g=a").mkdir()
    (folder / "g=a" / "t.csv").write_text("g,y,p\n" + FAIR, encoding="utf-8")

    assert _check("g=a/t.csv") == 0


def test_the_text_nan_is_a_value(folder: Path) -> None:
    """In CSV only the empty field is missing: a label `nan` is outside the label set."""
    (folder / "gate.yaml").write_text(GATE.replace("{label: y}", "{label: y, labels: [0, 1]}"), encoding="utf-8")
    (folder / "t.csv").write_text("g,y,p\n" + FAIR + "a,nan,1\n", encoding="utf-8")

    assert _check("t.csv") == 2


def test_a_list_is_no_number(folder: Path) -> None:
    """A column of lists is of a wrong type (exit 2), not a candidate that misbehaves."""
    pq.write_table(pa.table({"g": ["a", "b"] * 50, "y": [1, 0] * 50, "p": [[1], [0]] * 50}), folder / "t.parquet")

    assert _check("t.parquet") == 2


def test_a_32_bit_number_is_what_it_shows(folder: Path) -> None:
    """A float32 score of 0.7 is at the threshold 0.7."""
    (folder / "gate.yaml").write_text(GATE.replace("{column: p}", "{score: p, threshold: 0.7}"), encoding="utf-8")
    frame = pd.DataFrame({"g": ["a", "b", "a", "b"] * 200, "y": [1, 1, 0, 0] * 200, "p": pd.Series([0.7, 0.7, 0.1, 0.1] * 200, dtype="float32")})
    frame.to_parquet(folder / "t.parquet")

    assert _check("t.parquet") == 0


def test_numbers_of_a_csv_are_guessed_only_where_asked(tmp_path: Path) -> None:
    """For a model without a signature: whole numbers, numbers, and text such as `01` stay apart; declared columns stay text."""
    (tmp_path / "t.csv").write_text("g,whole,real,code,mixed\n1,1,1.5,01,1\n2,,2,02,x\n", encoding="utf-8")
    table = DuckdbEngine().open(str(tmp_path / "t.csv"), text=("g",))

    assert table.columns == {"g": "VARCHAR", "whole": "BIGINT", "real": "DOUBLE", "code": "VARCHAR", "mixed": "VARCHAR"}


def test_rubbish_behind_a_good_beginning_is_the_files_fault(folder: Path) -> None:
    """Invalid UTF-8 after thousands of good rows is exit 2, and the message does not print rows."""
    (folder / "t.csv").write_bytes(("g,y,p\n" + FAIR * 20).encode() + b"\xff\xfe,1,1\n")

    assert _check("t.csv") == 2


def test_a_truncated_parquet_file_is_refused(tmp_path: Path) -> None:
    """A file that ends early is an error."""
    path = tmp_path / "t.parquet"
    holdout(rows=500).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(DataError):
        DuckdbEngine().open(str(path))


def test_what_is_explained_is_grouped_as_it_is_counted(tmp_path: Path) -> None:
    """A 32-bit 0.7 is of the group 0.7 or above, and no number is no value; the model gets the column as it stands."""
    values = pd.Series([0.7, 0.1, float("nan"), 0.7] * 50, dtype="float32")
    path = tmp_path / "t.parquet"
    pd.DataFrame({"g": values, "y": [1, 0, 1, 0] * 50}).to_parquet(path, index=False)
    groups = (DeclaredGroup(name="low"), DeclaredGroup(name="high"))
    feature = SensitiveFeature(name="g", column="g", groups=groups, bins=(0.7,))
    model = ModelConfig(
        name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(column="p"), sensitive_features=(feature,)
    )
    engine = DuckdbEngine()
    table = engine.open(str(path))
    (batch,) = engine.placed(table, model, (0, 1), ("g",), size=1000)

    assert batch.column("gate:f0").to_pylist() == engine.coded(table, model, (0, 1))["f0"].tolist() == [1, 0, -1, 1] * 50
    assert batch.schema.field("g").type == "float"
