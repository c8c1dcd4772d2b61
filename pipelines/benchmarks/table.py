"""A synthetic table for timings: race 5 × sex 2 × age 6 × region 50, labels and predictions with mild differences."""

from pathlib import Path

import duckdb

from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task

__all__ = ["FEATURES", "config", "generate"]

FEATURES = {"race": 5, "sex": 2, "age": 6, "region": 50}


def generate(path: Path, *, rows: int) -> Path:
    """Write the table as Parquet, unless it is there: the same rows always, from DuckDB's hash of the row number."""
    if path.exists():
        return path
    columns = ", ".join(f"('{name[0]}' || (hash(i, {seed}) % {size})) AS {name}" for seed, (name, size) in enumerate(FEATURES.items(), start=1))
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute(f"""
        COPY (
            SELECT {columns}, y, ((hash(i, 6) % 1000) < 200 + 500 * y + (hash(i, 1) % 5) * 5)::TINYINT AS prediction
            FROM (SELECT i, ((hash(i, 5) % 1000) < 400)::TINYINT AS y FROM range({rows:d}) t(i))
        ) TO '{path}' (FORMAT parquet)
    """)  # noqa: S608 -- our own numbers and a path of ours
    return path


def config(*names: str) -> ModelConfig:
    """The configuration that judges these features of the table."""
    features = tuple(
        SensitiveFeature(name=name, column=name, groups=tuple(DeclaredGroup(name=f"{name[0]}{i}", value=f"{name[0]}{i}") for i in range(FEATURES[name])))
        for name in names
    )
    return ModelConfig(
        name="synthetic",
        task=Task.BINARY_CLASSIFICATION,
        data=DataSource(label="y", labels=(0, 1)),
        predictions=PredictionColumns(),
        sensitive_features=features,
    )
