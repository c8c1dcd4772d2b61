"""`gate check --engine spark`: the same decision as without, byte for byte, or a refusal that says why."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.spark import SparkEngine
from gate.cli import main
from gate.core.decision import Verdict
from gate.core.model import EngineName
from gate.errors import DataError, StorageError
from gate.pipeline import CheckRequest, check
from gate.policy import load_config

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

GATE = """\
schema: gate.config/v1
models:
  m:
    policy: policy.yaml
    task: binary_classification
    data: {label: y, labels: [0, 1], positive_label: 1%s}
    predictions: {column: p, champion: champion}
    sensitive_features:
      race: {column: race, groups: [a, b], other: Other}
      sex: {column: sex, groups: {0: female, 1: male}, exclude: [{group: 2, why: too few, max_share: 0.6}]}
      age: {column: age, bins: [25, 40.5]}
"""
POLICY = """\
schema: gate.policy/v1
tier: high
evidence: {intersections: {depth: 2, burden_of_proof: gate}}
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.2, enforcement: soft-mandatory}
  - {id: drop, metric: true_positive_rate, scope: overall, versus: champion, max_drop: 0.1, enforcement: advisory}
"""


def _table(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(300, 1200))
    y = rng.integers(0, 2, rows)
    return pd.DataFrame(
        {
            "race": rng.choice(np.array(["a", "b", "c", None], dtype=object), rows, p=[0.5, 0.4, 0.07, 0.03]),
            "sex": rng.choice([0, 1, 2], rows),
            "age": rng.choice([np.nan, 24.9, 25.0, 40.5, 1e7], rows, p=[0.01, 0.3, 0.3, 0.3, 0.09]),
            "y": pd.array(y, dtype="Int64"),
            "p": np.where(rng.random(rows) < 0.85, y, 1 - y),
            "champion": np.where(rng.random(rows) < 0.8, y, 1 - y),
        }
    )


def _folder(folder: Path, frame: pd.DataFrame, *, data: str = "", top: str = "") -> Path:
    (folder / "gate.yaml").write_text(GATE % data + top, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    path = folder / "table.parquet"
    frame.to_parquet(path, index=False)
    return path


def _decided(folder: Path, table: Path, engine: EngineName | None) -> bytes:
    output = folder / f"out-{engine}"
    check(CheckRequest(config=folder / "gate.yaml", today=date(2026, 9, 1), predictions=table, keep=False, output=output, engine=engine))
    return (output / "decision.json").read_bytes() + (output / "counts.parquet").read_bytes()


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.usefixtures("session")
def test_the_decision_is_the_same_byte_for_byte(seed: int, tmp_path: Path) -> None:
    """Twenty random tables: decision and counts do not say which engine counted, because nothing in them differs."""
    frame = _table(seed)
    if seed % 5 == 0:
        frame.loc[3, "p"] = 7  # a candidate that misbehaves is blocked in the same words
    table = _folder(tmp_path, frame)
    if seed % 3 == 0:
        table = tmp_path / "table.csv"
        frame.to_csv(table, index=False)

    assert _decided(tmp_path, table, EngineName.SPARK) == _decided(tmp_path, table, EngineName.DUCKDB)


@pytest.mark.usefixtures("session")
def test_the_engine_of_the_configuration_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`engine: spark` in gate.yaml is obeyed, the option goes before it, and the decision's configuration does not name it."""
    table = _folder(tmp_path, _table(1), top="engine: spark\n")
    told: list[str] = []
    request = CheckRequest(config=tmp_path / "gate.yaml", today=date(2026, 9, 1), predictions=table, keep=False)
    with_spark = check(request, tell=told.append).decision

    assert "starting Spark" in told
    assert "engine" not in with_spark.config.effective
    assert with_spark.verdict is not Verdict.PASSED
    monkeypatch.setattr("gate.aggregate.spark.SparkEngine", None)
    assert main(["check", "--config", str(tmp_path / "gate.yaml"), "--predictions", str(table), "--engine", "duckdb", "--no-record"]) in {1, 3}


def test_a_folder_is_counted_whole(session: "SparkSession", tmp_path: Path) -> None:
    """A folder of parts, also by partition, gives the counts of the file that it was cut from."""
    frame = _table(2)
    frame["race"] = frame["race"].fillna("c")
    table = _folder(tmp_path, frame)
    frame.to_parquet(tmp_path / "parts", index=False, partition_cols=["race"])
    model, engine = load_config(tmp_path / "gate.yaml").config, SparkEngine(session)
    one, other = DuckdbEngine().open(str(table)), engine.open(str(tmp_path / "parts"))
    expected = DuckdbEngine().count(one, model, (0, 1), depth=2)

    assert other.rows == one.rows
    assert engine.count(other, model, (0, 1), depth=2) == expected


def test_parts_that_differ_are_refused(session: "SparkSession", tmp_path: Path) -> None:
    """Spark would read a column that one part lacks as empty: two schemas in one folder are no table."""
    (tmp_path / "t").mkdir()
    pd.DataFrame({"y": [1, 0], "g": ["a", "b"]}).to_parquet(tmp_path / "t" / "1.parquet", index=False)
    pd.DataFrame({"y": [1, 0]}).to_parquet(tmp_path / "t" / "2.parquet", index=False)

    with pytest.raises(DataError, match="do not have the same columns"):
        SparkEngine(session).open(str(tmp_path / "t"))


def test_a_file_that_spark_passes_over_is_not_lost(session: "SparkSession", tmp_path: Path) -> None:
    """Spark skips files whose name begins with an underscore; the digest has them, so nothing is judged."""
    frame = _table(4)
    _folder(tmp_path, frame)
    (tmp_path / "t").mkdir()
    frame[:100].to_parquet(tmp_path / "t" / "1.parquet", index=False)
    frame[100:].to_parquet(tmp_path / "t" / "_2.parquet", index=False)
    engine = SparkEngine(session)

    with pytest.raises(DataError, match="Spark would pass over it"):
        engine.count(engine.open(str(tmp_path / "t")), load_config(tmp_path / "gate.yaml").config, (0, 1), depth=1)


def test_a_part_that_is_broken_is_no_smaller_table(session: "SparkSession", tmp_path: Path) -> None:
    """A part whose pages cannot be read stops the check, whatever the session that was handed in ignores."""
    table = _folder(tmp_path, _table(5))
    content = bytearray(table.read_bytes())
    content[4:400] = bytes(396)
    table.write_bytes(content)
    session.conf.set("spark.sql.files.ignoreCorruptFiles", "true")
    engine = SparkEngine(session)

    with pytest.raises((StorageError, DataError)):
        engine.count(engine.open(str(table)), load_config(tmp_path / "gate.yaml").config, (0, 1), depth=1)


@pytest.mark.parametrize("name", ["a:b.parquet", "_t.parquet", ".t.parquet"])
def test_a_path_that_spark_reads_otherwise_is_refused(name: str, session: "SparkSession", tmp_path: Path) -> None:
    """A name that Spark takes for something else, or passes over."""
    _table(1).to_parquet(tmp_path / name, index=False)

    with pytest.raises(DataError, match="Spark cannot read a path"):
        SparkEngine(session).open(str(tmp_path / name))
