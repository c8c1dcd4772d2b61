"""Counting with Spark beside the plain query of the same columns, and beside the embedded engine; run by hand: `python pipelines/benchmarks/cluster.py`."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from counting import counted
from table import config, generate
from timing import paired, row

from gate.aggregate.spark import SparkEngine
from gate.aggregate.spark_session import spark_session

__all__ = ["against_plain_query"]

THREE = ("race", "sex", "age")


def against_plain_query(folder: Path, rows: int, *, times: int) -> tuple[str, str]:
    """Open and count by Spark, warm, beside Spark's own GROUP BY of the same columns on the same file, and beside DuckDB."""
    path = generate(folder / f"{rows}.parquet", rows=rows)
    session, model = spark_session(), config(*THREE)

    def ours() -> object:
        engine = SparkEngine(session)
        table = engine.open(str(path))
        counts = engine.count(table, model, engine.labels(table, model.data), depth=3).counts
        engine.close()
        return counts

    def plain() -> object:
        return session.read.parquet(str(path)).groupBy(*THREE, "y", "prediction").count().collect()

    if ours() != counted(path, model, depth=3):
        raise SystemExit("the engines disagree")
    return (
        row(f"open and count with Spark, {rows:.0e} rows", "Spark's GROUP BY alone", paired(ours, plain, times=times)),
        row("the same", "the embedded engine", paired(ours, lambda: counted(path, model, depth=3), times=times)),
    )


if __name__ == "__main__":
    with TemporaryDirectory(prefix="gate-bench-") as scratch:
        for amount in map(int, sys.argv[1:] or ["1000000", "10000000"]):
            print("\n".join(against_plain_query(Path(scratch), amount, times=5)), flush=True)
