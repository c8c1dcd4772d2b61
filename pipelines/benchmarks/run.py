"""Paired timings: `make bench` writes docs/benchmarks.md. Every figure is a ratio of times taken in turn within one run.

`--rows` sets the largest table (default 100,000,000: 0.3 GB of disk, some minutes); `--print` writes no page.
"""

import argparse
import os
import platform
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import asking
import checking
import counting
import duckdb
from timing import paired, row, seconds

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "benchmarks.md"
_LINES = """\
# Benchmarks
Every line is one run of `make bench`: both pieces of work in turn on one machine, and the median of the ratios. Absolute times say
little on another machine; the ratios say more. Written by `pipelines/benchmarks/run.py`, on {day}, {machine}.

The synthetic table has race 5 × sex 2 × age 6 × region 50; the gate counts three features and their three-way intersection.

| what | beside | seconds | seconds beside | ratio |
|---|---|---|---|---|
"""
_AFTERWORD = """
What the lines mean: the first compares with DuckDB's GROUP BY of the same columns on the same file and nothing else. MetricFrame
gets frames that are in memory already, the gate starts from the file. Of the two bootstraps the plain one in numpy is the fair
opponent: Fairlearn's pays for generality. A check of a registered model is compared with a script that only imports MLflow, loads
the model, reads the rows and predicts; recording is left out on both sides. A sandbox is compared with the same child without walls,
the conversation (shuffled rows, some of them twice, through pipes, every answer checked) with the same model called in process.
"""


def lines(folder: Path, rows: int) -> Iterator[str]:
    """The lines of the table."""
    small, large = counting.memory(folder, 1_000_000), counting.memory(folder, rows)
    yield f"| peak memory at {rows:.0e} rows: {large:.0f} MB | at 1e+06 rows: {small:.0f} MB | – | – | {large / small:.2f} |"
    for size in sorted({10_000_000, rows}):
        yield counting.against_group_by(folder, size)
    yield counting.against_metricframe(folder)
    yield from counting.against_bootstraps(folder)
    yield counting.many_cells()
    checking.prepare(folder, rows=1_000_000)
    without = paired(checking.gate(folder, config="gate.yaml"), checking.bare(folder), times=5)
    yield row("`gate check` of a registered model, 1e6 rows × 20 features", "a bare script: import mlflow, load, read, predict", without)
    suite = seconds(checking.gate(folder, config="suite.yaml"))
    yield f"| the same with a Great Expectations suite: {suite - without[0]:+.1f} s | without one | {suite:.3f} | {without[0]:.3f} | {suite / without[0]:.3g} |"
    yield from asking.lines(folder)
    linted, started, _ = paired(checking.lint(ROOT / "policies"), checking.nothing(folder), times=9)
    yield f"| `gate policy lint policies/`: {1000 * (linted - started):.0f} ms more | bare Python | {linted:.3f} | {started:.3f} | – |"


def main() -> None:
    """Print the table, and write the page unless told not to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--print", action="store_true", help="print the table and write no page")
    asked = parser.parse_args()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    page = _LINES.format(day=datetime.now(tz=UTC).date(), machine=machine)
    print(page, end="", flush=True)
    with tempfile.TemporaryDirectory() as name:
        for line in lines(Path(name), asked.rows):
            print(line, flush=True)
            page += line + "\n"
    if not asked.print:
        PAGE.write_text(page + _AFTERWORD, encoding="utf-8")


if __name__ == "__main__":
    main()
