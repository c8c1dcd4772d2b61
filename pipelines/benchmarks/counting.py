"""Counting: the gate's counts, metrics and limits beside DuckDB's GROUP BY, Fairlearn's MetricFrame and a row bootstrap."""

import resource
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from table import config, generate
from timing import paired, row, seconds

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.counts import ContingencyTable
from gate.core.decision import Levels
from gate.core.metric import REGRESSION_RATES, Rate
from gate.core.model import ModelConfig
from gate.core.policy import MinGroup, Threshold
from gate.judge.questions import Question, answer, claims
from gate.metrics.catalogue import by_name
from gate.metrics.kinds import SCORE_RATES
from gate.metrics.rates import ON_DEMAND, Cells, limits

__all__ = ["against_bootstraps", "against_group_by", "against_metricframe", "counted", "many_cells", "measured", "memory"]

THREE = ("race", "sex", "age")
METRICS = ("demographic_parity_difference", "equal_opportunity_difference", "equalized_odds_difference", "balanced_accuracy_difference")
MEASURED_REPLICATES = 4
BOOTSTRAP = 1_000


def counted(path: Path, model: ModelConfig, *, depth: int) -> ContingencyTable:
    """The gate's counts of a file."""
    engine = DuckdbEngine()
    table = engine.open(str(path))
    return engine.count(table, model, engine.labels(table, model.data), depth=depth).counts


def measured(counts: ContingencyTable) -> None:
    """Every rate with limits for every group, and the disparities of every feature and crossing."""
    cells = Cells.of([entry.counts for entry in counts.groups])
    for rate in sorted({*Rate} - SCORE_RATES - ON_DEMAND - REGRESSION_RATES):
        limits(rate, cells, level=0.05)
    for feature in dict.fromkeys(entry.feature for entry in counts.groups):
        for name in METRICS:
            answer(question(counts, feature, name, Threshold(max=0.1)))


def question(counts: ContingencyTable, feature: str, name: str, threshold: Threshold) -> Question:
    """A rule of a policy, asked of one feature."""
    groups = counts.of(feature)
    metric = by_name(name)
    if metric is None:
        raise ValueError(name)
    levels = Levels(passing=0.05, failing=0.01 / claims(metric, len(groups)))
    cells = Cells.of([entry.counts for entry in groups])
    return Question(
        metric=metric, threshold=threshold, groups=tuple(entry.group for entry in groups), cells=cells, min_group=MinGroup(), levels=levels, lenient=True
    )


def grouped_by_duckdb(path: Path, names: tuple[str, ...]) -> object:
    """The yardstick: DuckDB's own GROUP BY over the same columns."""
    return duckdb.sql(f"SELECT {', '.join(names)}, y, prediction, count(*) FROM read_parquet('{path}') GROUP BY ALL").fetchall()  # noqa: S608 -- our own names


def against_group_by(folder: Path, rows: int) -> str:
    """Read, count, metrics and limits beside a bare GROUP BY."""
    path = generate(folder / f"{rows}.parquet", rows=rows)
    times = paired(lambda: measured(counted(path, config(*THREE), depth=3)), lambda: grouped_by_duckdb(path, THREE), times=7)
    return row(f"read, count, metrics and limits, {rows:.0e} rows", "DuckDB's GROUP BY alone", times)


def against_metricframe(folder: Path) -> str:
    """All binary metrics with limits beside MetricFrame without any: its frames are in memory, ours starts from the file."""
    path, frame = _hundred_thousand(folder)
    times = paired(lambda: measured(counted(path, config(*THREE), depth=3)), lambda: _metricframes(frame), times=3)
    return row("the same at 1e5 rows, from the file", "MetricFrame without intervals, from memory", times)


def against_bootstraps(folder: Path) -> tuple[str, str]:
    """The same beside 1,000 bootstrap replicates: Fairlearn's, extrapolated from a few, and a plain one in numpy, extrapolated likewise."""
    path, frame = _hundred_thousand(folder)
    ours = min(seconds(lambda: measured(counted(path, config(*THREE), depth=3))) for _ in range(5))
    few, more = (seconds(lambda n=n: _metricframes(frame, n_boot=n)) for n in (1, 1 + MEASURED_REPLICATES))
    theirs = few + (BOOTSTRAP - 1) * (more - few) / MEASURED_REPLICATES
    plain = BOOTSTRAP * seconds(lambda: _numpy_replicates(frame, replicates=10)) / 10
    return (
        row("the same", f"MetricFrame with n_boot={BOOTSTRAP}, extrapolated from {MEASURED_REPLICATES} replicates", (ours, theirs, ours / theirs)),
        row("the same", f"a plain numpy bootstrap of rows, {BOOTSTRAP} replicates, extrapolated from 10", (ours, plain, ours / plain)),
    )


def _hundred_thousand(folder: Path) -> tuple[Path, pd.DataFrame]:
    path = generate(folder / "100000.parquet", rows=100_000)
    return path, pq.read_table(path).to_pandas()


def _metricframes(frame: pd.DataFrame, *, n_boot: int | None = None) -> None:
    """Fairlearn's way: a frame of every metric per feature, and for their intersection."""
    import fairlearn.metrics as fl  # noqa: PLC0415 -- seconds to import, needed only here
    from sklearn import metrics as sk  # noqa: PLC0415

    functions = {
        "selection_rate": fl.selection_rate,
        "true_positive_rate": fl.true_positive_rate,
        "false_positive_rate": fl.false_positive_rate,
        "false_negative_rate": fl.false_negative_rate,
        "true_negative_rate": fl.true_negative_rate,
        "accuracy": sk.accuracy_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "precision": sk.precision_score,
        "f1": sk.f1_score,
    }
    options = {} if n_boot is None else {"n_boot": n_boot, "ci_quantiles": [0.05, 0.95], "random_state": 0}
    for names in (["race"], ["sex"], ["age"], list(THREE)):
        found = fl.MetricFrame(metrics=functions, y_true=frame["y"], y_pred=frame["prediction"], sensitive_features=frame[names], **options)
        found.by_group, found.difference(), found.ratio()


def _numpy_replicates(frame: pd.DataFrame, *, replicates: int) -> None:
    """What a careful person writes: codes once, then draws of rows and one bincount per feature and replicate."""
    rng = np.random.default_rng(0)
    kind = 2 * frame["y"].to_numpy(dtype=np.int64) + frame["prediction"].to_numpy(dtype=np.int64)
    for names in (["race"], ["sex"], ["age"], list(THREE)):
        place = 4 * frame.groupby(names).ngroup().to_numpy() + kind
        for _ in range(replicates):
            np.bincount(place[rng.integers(0, place.size, place.size)])


def memory(folder: Path, rows: int) -> float:
    """Peak memory in MB of a process that counts, as the system accounts for it."""
    path = generate(folder / f"{rows}.parquet", rows=rows)
    here = str(Path(__file__).parent)
    program = (
        f"import resource, sys; sys.path.insert(0, {here!r}); from counting import *; from table import config; from pathlib import Path; "
        f"measured(counted(Path({str(path)!r}), config('race', 'sex', 'age'), depth=3)); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)  # noqa: S603 -- this file again
    return int(done.stdout) / 1024


def many_cells() -> str:
    """All pairs of 12,000 intersection cells, for equalized odds and a parity ratio."""
    rng = np.random.default_rng(0)
    sizes = rng.integers(200, 2000, 12_000)
    positives = rng.binomial(sizes, 0.4)
    tp, fp = rng.binomial(positives, 0.7), rng.binomial(sizes - positives, 0.2)
    nothing = np.zeros_like(tp)
    cells = Cells(tp=tp, fp=fp, tn=sizes - positives - fp, fn=positives - tp, unlabelled_selected=nothing, unlabelled_rejected=nothing)

    def asked() -> None:
        for name, threshold in (("equalized_odds_difference", Threshold(max=0.1)), ("demographic_parity_ratio", Threshold(min=0.8))):
            metric = by_name(name)
            if metric is not None:
                levels = Levels(passing=0.05, failing=0.01 / claims(metric, cells.tp.size))
                answer(Question(metric=metric, threshold=threshold, groups=("",) * cells.tp.size, cells=cells, min_group=MinGroup(), levels=levels))

    return f"| 12,000 cells, all pairs, equalized odds and a parity ratio; peak {_peak():.0f} MB | – | {min(seconds(asked) for _ in range(5)):.3f} | – | – |"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
