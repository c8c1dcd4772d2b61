"""The contract of engines: the same tables give the same counts in both, and so the same decision, byte for byte."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from gate.aggregate.dialect import DuckdbDialect, SparkDialect
from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.interface import Counted
from gate.aggregate.spark import SparkEngine
from gate.core.model import DataSource, DeclaredGroup, ExcludedGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task, Value

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.spark

ODD = 'a "column"; -- of `many\\names`'
WORDS = np.array(["a", "b", "c ", "A", "é", None], dtype=object)
AGES = SensitiveFeature(name="age", column="age", groups=tuple(DeclaredGroup(name=name) for name in ("young", "middle", "old")), bins=(25.0, 40.5))


def _feature(column: str, *values: Value, **more: Any) -> SensitiveFeature:  # noqa: ANN401 -- passed on
    groups = tuple(DeclaredGroup(name=str(value), value=value) for value in values)
    pool = (DeclaredGroup(name=more["other"]),) if "other" in more else ()
    return SensitiveFeature(name=column, column=column, groups=(*groups, *pool), **more)


@dataclass(frozen=True)
class Case:
    """A table and what is asked of it."""

    frame: pd.DataFrame
    model: ModelConfig
    labels: tuple[Value, ...]
    scores: bool = False
    baselines: tuple[str, ...] = ()
    form: str = "parquet"


def _frame(seed: int) -> pd.DataFrame:
    """Every kind of column, with what is missing, undeclared and odd."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(200, 900))
    score = rng.choice(np.array([0.0, 0.1, 0.5, 0.7, 0.7000000001, 1.0]), rows) if seed % 2 else rng.random(rows)
    return pd.DataFrame(
        {
            ODD: rng.choice(WORDS, rows),
            "sex": rng.choice([0, 1, 2] if seed % 3 else [0.0, 1.0, np.nan], rows),
            "age": rng.choice([np.nan, np.inf, -np.inf, 24.999, 25.0, 40.5, 1e7, -0.5, 31.0], rows),
            "member": rng.choice(np.array([True, False, None], dtype=object), rows) if seed % 4 else rng.integers(0, 2, rows).astype(bool),
            "small": rng.choice([0.1, 0.7, 2.5], rows).astype("float32"),
            "y": pd.array(rng.choice(np.array([0, 1, None], dtype=object), rows, p=[0.5, 0.4, 0.1]), dtype="Int64"),
            "p": rng.integers(0, 2, rows),
            "champion": rng.integers(0, 2, rows),
            "s": score.astype("float32") if seed % 5 == 0 else score,
            "w": rng.choice([0.0, 0.25, 1.0, 1 / 3, 1048576.0], rows),
            "person": rng.integers(0, 60, rows),
            "k": rng.choice(["x", "y", "z"], rows),
            "kp": rng.choice(["x", "y", "z"], rows),
            "v": rng.normal(0, 1e6 if seed % 2 else 1e-3, rows),
            "vp": rng.normal(0, 1e6 if seed % 2 else 1e-3, rows),
        }
    )


def _case(seed: int) -> Case:
    """One of the ways to count, with the features of the frame in turn."""
    frame = _frame(seed)
    features = (
        _feature(ODD, "a", "b", "é", other="Other", exclude=(ExcludedGroup(group="é", why="few", max_share=0.5),)),
        _feature("sex", 0, 1),
        AGES,
        _feature("member", *(True, False)),
        _feature("small", 0.1, 0.7),
    )
    chosen = tuple(features[(seed + i) % len(features)] for i in range(3))
    model = ModelConfig(
        name="m",
        task=Task.BINARY_CLASSIFICATION,
        data=DataSource(label="y", labels=(0, 1), positive_label=1),
        predictions=PredictionColumns(column="p", score=None, threshold=0.7),
        sensitive_features=chosen,
    )
    form, way = ("csv" if seed % 3 == 1 else "parquet"), seed % 7
    scored = replace(model, predictions=replace(model.predictions, score="s"))
    ways = (
        Case(frame, model, (0, 1), form=form),
        Case(frame, scored, (0, 1), scores=True, form=form),
        Case(frame, model, (0, 1), baselines=("champion",), form=form),
        Case(frame, replace(model, data=replace(model.data, weight="w")), (0, 1), form=form),
        Case(frame, replace(model, data=replace(model.data, weight="w", cluster="person")), (0, 1), form=form),
        Case(
            frame,
            replace(model, task=Task.MULTICLASS_CLASSIFICATION, data=DataSource(label="k", labels=("x", "y", "z")), predictions=PredictionColumns(column="kp")),
            ("x", "y", "z"),
            form=form,
        ),
        Case(frame, replace(model, task=Task.REGRESSION, data=DataSource(label="v"), predictions=PredictionColumns(column="vp")), (), form=form),
    )
    return ways[way]


def _written(case: Case, folder: Path) -> Path:
    path = folder / f"t [1] {{x}}.{case.form}"
    case.frame.to_parquet(path, index=False) if case.form == "parquet" else case.frame.to_csv(path, index=False)
    return path


def _counted(engine: DuckdbEngine | SparkEngine, path: Path, case: Case) -> Counted:
    table = engine.open(str(path))
    return engine.count(table, case.model, case.labels, depth=2, scores=case.scores, baselines={name: name for name in case.baselines})


@pytest.fixture(scope="module")
def spark(session: "SparkSession") -> Iterator[SparkEngine]:
    """One engine for all tables of the module."""
    engine = SparkEngine(session)
    yield engine
    engine.close()


@pytest.mark.parametrize("seed", range(14))
def test_both_engines_count_the_same(seed: int, spark: SparkEngine, tmp_path: Path) -> None:
    """Fourteen random tables with every kind of column, twice in seven ways of counting: not one number differs."""
    case = _case(seed)
    path = _written(case, tmp_path)
    found, expected = _counted(spark, path, case), _counted(DuckdbEngine(), path, case)

    assert found == expected
    assert found.misbehaviour is None
    assert found.counts.overall.rows == len(case.frame)


NUMBERS = [
    *("1", " 1", "1 ", "\t1", "\x0b1", "\xa01", "+1", "++1", "-1", "1.", ".", " ", ".5", "-.5", "1e5", "1E5", "1e", "1e+5", "1.e5", ".e5", "1d", "1f"),
    *("0x10", "0x1p3", "1_000", "1__0", "_1", "1_", "1._5", "1_.5", "._5", "1.5_5", "1.5_", "1e1_0", "1e_1", "inf", "INF", "Infinity", "+inf", "-inf"),
    *(
        "nan",
        "NaN",
        "-nan",
        "1e400",
        "-1e400",
        "1e-400",
        "4.9e-324",
        "1,5",
        "00",
        "01",
        "-0",
        "1e0005",
        "٣",
        "true",
        "infinit",
        "1 2",
        "+ 1",
        "-",
        "e5",
        "1e5.0",
    ),
]
WORDS_OF_TRUTH = ["true", "True", "tRuE", "t", "T", "yes", "Y", "on", "1", "0", "no", "n", "f", "False", "off", " true", "true ", "2", "1.0", "01", "-1"]


def test_text_is_a_number_or_true_where_the_embedded_engine_says_so(spark: SparkEngine, tmp_path: Path) -> None:
    """Spark reads `1d`, `0x1p3` and ` true` as values; what it gives for a text is what the embedded engine gives."""
    texts = [*NUMBERS, *WORDS_OF_TRUTH]
    path = tmp_path / "texts.parquet"
    pd.DataFrame({"t": texts, "i": range(len(texts))}).to_parquet(path, index=False)
    found = []
    for engine, dialect in ((spark, SparkDialect(text=frozenset({'"t"'}))), (DuckdbEngine(), DuckdbDialect())):
        table = engine.open(str(path))
        text = f"SELECT i, {dialect.number(chr(34) + 't' + chr(34))}, {dialect.truth(chr(34) + 't' + chr(34))} FROM {engine._judged(table)} ORDER BY i"  # noqa: S608 -- ours
        found.append([(texts[row[0]], str(row[1]), row[2]) for row in engine._run(text, location="t").fetchall()])

    assert found[0] == found[1]
    assert len(found[0]) == len(texts)


def test_a_32_bit_float_is_the_number_that_it_is_written_as(spark: SparkEngine, tmp_path: Path) -> None:
    """Java, Arrow and DuckDB write some of them differently; ten thousand random ones are the numbers of the embedded engine."""
    bits = np.random.default_rng(7).integers(0, 2**32, 10_000, dtype=np.uint64).astype(np.uint32).view(np.float32)
    path = tmp_path / "floats.parquet"
    pd.DataFrame({"i": range(len(bits)), "x": bits}).to_parquet(path, index=False)
    spoken = []
    for engine in (spark, DuckdbEngine()):
        text = f"SELECT i, x FROM {engine._judged(engine.open(str(path)))} ORDER BY i"  # noqa: S608 -- ours
        spoken.append([tuple(row) for row in engine._run(text, location="x").fetchall()])

    assert spoken[0] == spoken[1]


def test_sums_do_not_depend_on_the_order_of_rows(spark: SparkEngine, tmp_path: Path) -> None:
    """The moments of a regression over a folder of many files in another order are those of one file."""
    case = _case(6)
    whole = _counted(DuckdbEngine(), _written(case, tmp_path), case)
    folder = tmp_path / "parts"
    folder.mkdir()
    shuffled = case.frame.sample(frac=1.0, random_state=3)
    for place, part in enumerate(np.array_split(np.arange(len(shuffled)), 5)):
        pa.parquet.write_table(pa.Table.from_pandas(shuffled.iloc[part], preserve_index=False), folder / f"part-{place}.parquet")

    assert _counted(spark, folder, case) == whole
