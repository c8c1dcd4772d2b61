"""Counts a table on two executors, one of which is killed midway by a task of its own; prints what came of it as JSON.

A program of its own, because a process has one Spark. The killer looks for its own executor only: the Java process that
started the Python it runs in.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from gate.aggregate.spark import SparkEngine
from gate.aggregate.spark_session import spark_session
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MODEL = ModelConfig(
    name="m",
    task=Task.BINARY_CLASSIFICATION,
    data=DataSource(label="y", labels=(0, 1), positive_label=1),
    predictions=PredictionColumns(column="p", score=None, threshold=0.5),
    sensitive_features=(SensitiveFeature(name="g", column="g", groups=tuple(DeclaredGroup(name=name, value=name) for name in "ab")),),
)


def _parent(pid: int) -> int:
    """The process that started another one."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return int(stat.rpartition(")")[2].split()[1])


class Mortal(SparkEngine):
    """Whose first task in the third partition kills its executor, once, after other tasks have ended."""

    def __init__(self, marker: Path) -> None:
        super().__init__(spark_session())
        self._marker = str(marker)

    def _read(self, location: str) -> "DataFrame":
        frame = super()._read(location)
        marker = self._marker

        def passed_on(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            from pyspark import TaskContext  # noqa: PLC0415 -- on the executor

            context = TaskContext.get()
            for batch in batches:
                yield batch
                if context is not None and context.partitionId() == 2 and context.attemptNumber() == 0 and not os.path.exists(marker):  # noqa: PTH110 -- pickled by value
                    executor = _parent(_parent(os.getpid())) if "java" not in _name(_parent(os.getpid())) else _parent(os.getpid())
                    with open(marker, "w", encoding="utf-8") as file:  # noqa: PTH123 -- as above
                        file.write(f"{executor} {_name(executor)}")
                    os.kill(executor, signal.SIGKILL)

        return frame.mapInArrow(passed_on, frame.schema)


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()


def main(folder: Path) -> None:
    """Count, and say how many rows of which kind there were, and whom it cost."""
    import cloudpickle  # noqa: PLC0415 -- Spark's own way to send a function

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    marker = folder / "killed"
    engine = Mortal(marker)
    counts = engine.count(engine.open(str(folder / "parts")), MODEL, (0, 1), depth=1).counts
    groups = {entry.group: [entry.counts.tp, entry.counts.fp, entry.counts.fn, entry.counts.tn] for entry in counts.groups}
    sys.stdout.write(json.dumps({"rows": counts.overall.rows, "groups": groups, "killed": marker.read_text(encoding="utf-8")}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
