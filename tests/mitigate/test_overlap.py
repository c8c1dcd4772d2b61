"""A holdout that was shuffled, renamed or hidden among other rows is still the holdout."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hiring import people, write

from gate.core.mitigation import Technique
from gate.errors import DataError
from gate.mitigate import MitigateRequest, mitigate
from gate.mitigate.overlap import Overlap, overlap


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training table, holdout, gate.yaml and policy."""
    made = tmp_path_factory.mktemp("apart")
    write(made, rows=600, held=300)
    return made


def _request(folder: Path, train: pd.DataFrame, to: Path, **more: Path) -> MitigateRequest:
    train.to_parquet(to / "other.parquet", index=False)
    return MitigateRequest(
        config=folder / "gate.yaml", train=to / "other.parquet", today=date(2026, 8, 1), policy=folder / "policy.yaml", techniques=(Technique.PLAIN,), **more
    )


def test_a_holdout_among_the_training_rows_is_refused(folder: Path, tmp_path: Path) -> None:
    """In another order, with more rows, a column less precise and another one more: it is said how many rows are in both."""
    held = pd.read_parquet(folder / "holdout.parquet").sample(frac=1, random_state=0)
    mixed = pd.concat([pd.read_parquet(folder / "train.parquet"), held[held.columns[::-1]]], ignore_index=True).assign(row=lambda table: np.arange(len(table)))
    numbers = [name for name in mixed.columns if mixed[name].dtype == "float64"]
    mixed[numbers] = mixed[numbers].astype("float32")

    with pytest.raises(DataError, match="300 of 300 rows of the holdout"):
        mitigate(_request(folder, mixed, tmp_path))


def test_one_row_in_a_hundred_is_the_most(folder: Path, tmp_path: Path) -> None:
    """Of 300, three are let through and four are refused."""
    train, held = pd.read_parquet(folder / "train.parquet"), pd.read_parquet(folder / "holdout.parquet")

    assert mitigate(_request(folder, pd.concat([train, held.head(3)]), tmp_path)).search.tried
    with pytest.raises(DataError, match="4 of 300 rows"):
        mitigate(_request(folder, pd.concat([train, held.head(4)]), tmp_path))


def test_a_validation_table_of_training_rows_is_refused(folder: Path, tmp_path: Path) -> None:
    """What was learnt by heart is not compared on either."""
    train = pd.read_parquet(folder / "train.parquet")
    half = tmp_path / "half.parquet"
    train.head(300).to_parquet(half, index=False)

    with pytest.raises(DataError, match="rows of the validation table"):
        mitigate(_request(folder, train, tmp_path, validation=half))


def test_rows_that_are_alike_by_chance_are_let_through() -> None:
    """Of two independent tables of few values none is refused, in at least 98 of 100, although most rows of one are in the other."""
    refused = 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        one, other = (pd.DataFrame({"a": random.geometric(0.02, rows), "b": random.geometric(0.2, rows)}).astype(float) for rows in (400, 1200))
        refused += overlap(one, other).too_much

    assert refused <= 2


def test_a_copy_of_few_values_is_still_found() -> None:
    """Chance explains some of the rows that are in both, and not all."""
    random = np.random.default_rng(0)
    one, other = (pd.DataFrame({"a": random.geometric(0.005, 600), "b": random.geometric(0.2, 600)}).astype(float) for _ in range(2))

    assert not overlap(one, other).too_much
    assert overlap(one, pd.concat([other, one])).too_much


def test_tables_without_a_column_in_common_tell_nothing() -> None:
    """No row was compared, and none is found."""
    assert overlap(pd.DataFrame({"a": [1.0]}), pd.DataFrame({"b": [1.0]})) == Overlap(rows=0, found=0, chance=0.0)


def test_text_and_missing_values_are_compared_too() -> None:
    """A number that is text in one table is compared as a number, and a missing value is one."""
    table = people(1, 200)
    found = overlap(table, table.assign(years=table["years"].astype(str)))

    assert found.found == found.rows > 0
    assert overlap(pd.DataFrame({"a": ["x", None]}), pd.DataFrame({"a": [None, "y"]})).found == 1


@pytest.mark.parametrize("kind", ["float64", "float32", "Int64", "int8", "str"])
def test_a_number_is_the_same_in_every_type(kind: str) -> None:
    """Whole numbers that another table keeps with decimals, or as text, hide no row; those that are missing, or true, neither."""
    table = pd.DataFrame({"a": range(100), "b": [None, 0.5] * 50, "c": [True, False] * 50})
    other = table.assign(a=table["a"].astype(kind), b=table["b"].astype("Float64"), c=table["c"].astype(str))

    assert overlap(table, other).found == overlap(other, table).found == 100
    assert overlap(table, other.assign(a=other["a"].astype(float) + 0.5)).found == 0


def test_a_holdout_that_is_not_here_is_said(folder: Path, tmp_path: Path) -> None:
    """No row was compared with it, and nobody takes that for none being shared."""
    (tmp_path / "gate.yaml").write_text((folder / "gate.yaml").read_text(encoding="utf-8").replace("holdout.parquet", "elsewhere.parquet"), encoding="utf-8")
    request = _request(folder, pd.read_parquet(folder / "train.parquet"), tmp_path)
    here, gone = (mitigate(asked).search.notes for asked in (request, replace(request, config=tmp_path / "gate.yaml")))

    assert "the holdout is not here, so nothing is known of rows that it shares with these tables" in gone
    assert not any("is not here" in note for note in here)
