"""Random tables for comparisons with other libraries: many small tables, counted by the gate's own engine in one pass.

Every table has two or three groups, and every group stands in the file as a group of its own, so one query counts
hundreds of tables. A small version always runs; GATE_ORACLE=all (`make oracle`) takes 5,000 tables of every task.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.counts import GroupCounts
from gate.core.decision import Levels
from gate.core.metric import Form
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task, Value
from gate.core.policy import MinGroup, Threshold
from gate.judge.questions import Question, answer
from gate.metrics.catalogue import by_name
from gate.metrics.rates import Cells

__all__ = ["BATCH", "EVERY", "FORMS", "SEEDS", "by_table", "counted", "framed", "of_groups", "swift"]

EVERY = os.environ.get("GATE_ORACLE") == "all"
BATCH = 250 if EVERY else 25
SEEDS = range(20 if EVERY else 2)
FORMS = ("difference", "ratio", "group_min", "group_max")
_LARGEST = Threshold(max=0.1)


def swift() -> Iterator[None]:
    """Without scikit-learn's checks of its arguments, which take most of the time here."""
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        yield


def framed(seed: int, rows: Callable[[np.random.Generator, int], Mapping[str, np.ndarray]], *, most: int = 40) -> pd.DataFrame:
    """Rows of `BATCH` random tables: `table`, `group`, `key` (one a group), and the columns that `rows` draws for so many rows of one group."""
    rng, parts = np.random.default_rng(seed), []
    for table in range(BATCH):
        for group in range(int(rng.integers(2, 4))):
            size = int(rng.integers(1, most))
            parts.append(pd.DataFrame({"table": table, "group": group, "key": 4 * table + group, **rows(rng, size)}))
    return pd.concat(parts, ignore_index=True)


def counted(
    folder: Path, rows: pd.DataFrame, task: Task, *, labels: tuple[Value, ...] = (), scores: bool = False, query: str | None = None
) -> dict[int, GroupCounts]:
    """What the engine counts of every group, by its key: the label in `y`, the answer in `p`, or a score in `s`; of a ranking, the first three places."""
    path = folder / "t.parquet"
    rows.to_parquet(path)
    keys = [int(key) for key in rows["key"].unique()]
    feature = SensitiveFeature(name="key", column="key", groups=tuple(DeclaredGroup(name=str(key), value=key) for key in keys))
    columns = PredictionColumns(score="s", threshold=0.5) if scores else PredictionColumns(column="p", top_k=3)
    data = DataSource(label="y", labels=labels or None, query=query)
    model = ModelConfig(name="m", task=task, data=data, predictions=columns, sensitive_features=(feature,), tier="t")
    engine = DuckdbEngine()
    found = engine.count(engine.open(str(path)), model, labels, depth=1, scores=scores)
    assert found.misbehaviour is None
    return dict(zip(keys, found.counts.groups, strict=True))


def by_table(rows: pd.DataFrame, groups: Mapping[int, GroupCounts]) -> Iterator[tuple[int, list[pd.DataFrame], list[GroupCounts]]]:
    """Every table with the rows of its groups and with what was counted of them."""
    parts = {int(key): part for key, part in rows.groupby("key")}
    for table in rows["table"].unique():
        keys = [key for key in parts if key // 4 == table]
        yield int(table), [parts[key] for key in keys], [groups[key] for key in keys]


def of_groups(name: str, groups: Sequence[GroupCounts]) -> float | None:
    """What the gate says of a metric over these groups; None where it has no value."""
    metric = by_name(name)
    assert metric is not None
    whole = sum((entry.statistics for entry in groups[1:]), start=groups[0].statistics)
    question = Question(
        metric=metric,
        threshold=_LARGEST if metric.form in (Form.DIFFERENCE, Form.GROUP_MAX) else Threshold(min=0.8),
        groups=tuple(entry.group for entry in groups),
        cells=Cells.of([entry.counts for entry in groups]),
        min_group=MinGroup(),
        levels=Levels(passing=0.05, failing=0.001),
        statistics=tuple(entry.statistics for entry in groups),
        whole=whole,
    )
    found = answer(question)
    return None if found is None else found.value
