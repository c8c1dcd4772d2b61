"""Executors in processes of their own, one of which dies midway: nothing is counted twice, and nothing is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytestmark = pytest.mark.spark

PROGRAM = Path(__file__).with_name("lose_an_executor.py")
CLUSTER = "--master local-cluster[2,1,1024] --conf spark.executor.memory=1g --conf spark.sql.shuffle.partitions=2 --conf spark.driver.bindAddress=127.0.0.1"


def test_an_executor_that_is_killed_changes_no_count(tmp_path: Path) -> None:
    """Its work is done again by the other one: the counts are those of the table."""
    import pyspark  # noqa: PLC0415 -- it lies in a folder of its own, which other tests do not see

    rng = np.random.default_rng(11)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], 4000), "y": rng.integers(0, 2, 4000), "p": rng.integers(0, 2, 4000)})
    (tmp_path / "parts").mkdir()
    for place in range(8):
        frame[place * 500 : (place + 1) * 500].to_parquet(tmp_path / "parts" / f"{place}.parquet", index=False)
    home = tmp_path / "spark"  # executors leave their logs in the folder of Spark, so it is one of ours
    home.mkdir()
    for entry in Path(pyspark.__file__).parent.iterdir():
        (home / entry.name).symlink_to(entry)
    surroundings = {
        "PYSPARK_SUBMIT_ARGS": f"{CLUSTER} --conf spark.sql.files.maxPartitionBytes=4096 --conf spark.sql.files.openCostInBytes=4096 pyspark-shell",
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_HOME": str(home),
    }
    done = subprocess.run([sys.executable, str(PROGRAM), str(tmp_path)], capture_output=True, text=True, env={**os.environ, **surroundings}, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])

    assert found["killed"].endswith(" java")
    assert found["rows"] == 4000
    for group in "ab":
        of = frame[frame["g"] == group]
        assert found["groups"][group] == [int(((of.y == y) & (of.p == p)).sum()) for y, p in ((1, 1), (0, 1), (1, 0), (0, 0))]
