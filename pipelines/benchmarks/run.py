"""Paired timings: `make bench`. Every figure is a ratio of medians taken in turn within one run.

`--rows` sets the largest table (default 10,000,000; 100,000,000 takes 1.3 GB of disk and some minutes).
"""

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pyarrow.parquet as pq
from table import config, generate

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.counts import ContingencyTable
from gate.core.decision import Levels
from gate.core.metric import Rate
from gate.core.model import ModelConfig
from gate.core.policy import MinGroup, Threshold
from gate.judge.questions import Question, answer, claims
from gate.metrics.catalogue import by_name
from gate.metrics.rates import Cells, limits

THREE = ("race", "sex", "age")
ALL = ("race", "sex", "age", "region")
METRICS = ("demographic_parity_difference", "equal_opportunity_difference", "equalized_odds_difference", "balanced_accuracy_difference")


def paired(one: Callable[[], object], other: Callable[[], object], *, times: int) -> tuple[float, float, float]:
    """Medians of both, taken in turn after one warm-up, and the median of the ratios pair by pair."""
    one(), other()
    pairs = [(seconds(one), seconds(other)) for _ in range(times)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), statistics.median(a / b for a, b in pairs)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock time of one call."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def counted(path: Path, model: ModelConfig, *, depth: int) -> ContingencyTable:
    """The gate's counts of a file."""
    engine = DuckdbEngine()
    table = engine.open(str(path))
    return engine.count(table, model, engine.labels(table, model.data), depth=depth).counts


def measured(counts: ContingencyTable) -> None:
    """Every rate with limits for every group, and the disparities of every feature and crossing."""
    cells = Cells.of([entry.counts for entry in counts.groups])
    for rate in Rate:
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
    ours, theirs, ratio = paired(lambda: measured(counted(path, config(*THREE), depth=3)), lambda: grouped_by_duckdb(path, THREE), times=5)
    return f"| read, count, metrics and limits, {rows:.0e} rows | DuckDB's GROUP BY alone | {ours:.3f} | {theirs:.3f} | {ratio:.2f} |"


def against_metricframe(folder: Path) -> str:
    """All binary metrics with limits beside MetricFrame without any, on frames that are already in memory."""
    import fairlearn.metrics as fl  # noqa: PLC0415 -- seconds to import, needed only here
    from sklearn import metrics as sk  # noqa: PLC0415

    path = generate(folder / "100000.parquet", rows=100_000)
    frame = pq.read_table(path).to_pandas()
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

    def theirs() -> None:
        for names in (["race"], ["sex"], ["age"], list(THREE)):
            found = fl.MetricFrame(metrics=functions, y_true=frame["y"], y_pred=frame["prediction"], sensitive_features=frame[names])
            found.by_group, found.difference(), found.ratio()

    ours_, theirs_, ratio = paired(lambda: measured(counted(path, config(*THREE), depth=3)), theirs, times=3)
    return f"| the same at 1e5 rows, from the file | Fairlearn's MetricFrame without intervals, from memory | {ours_:.3f} | {theirs_:.3f} | {ratio:.4f} |"


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

    return f"| 12,000 cells, all pairs, equalized odds and a parity ratio | – | {statistics.median(seconds(asked) for _ in range(5)):.3f} | – | – |"


def peak_memory(folder: Path, rows: int) -> str:
    """Peak memory of a process that counts, as the system accounts for it."""
    path = generate(folder / f"{rows}.parquet", rows=rows)
    program = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); from run import *; measured(counted(Path({str(path)!r}), config(*THREE), depth=3))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 -- this file again
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return f"| peak memory at {rows:.0e} rows, MB | – | {max(peak, before) / 1024:.0f} | – | – |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    rows = parser.parse_args().rows
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}\n")
    print("| what | beside | s | s | ratio |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for line in (lambda: peak_memory(folder, rows), lambda: against_group_by(folder, rows), many_cells, lambda: against_metricframe(folder)):
            print(line(), flush=True)


if __name__ == "__main__":
    main()
