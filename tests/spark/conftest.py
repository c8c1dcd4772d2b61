"""One Spark for all tests of this folder that run in one process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def session() -> Iterator["SparkSession"]:
    """As the gate starts it on one machine, with few partitions, which is quick for small tables."""
    from gate.aggregate.spark import spark_session

    started = spark_session()
    started.conf.set("spark.sql.shuffle.partitions", "3")
    yield started
    started.stop()
