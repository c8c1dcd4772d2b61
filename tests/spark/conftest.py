"""One Spark for all tests of this folder that run in one process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from gate.aggregate.spark_session import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@pytest.fixture(scope="session")
def session() -> Iterator["SparkSession"]:
    """As the gate starts it on one machine, with few partitions, which is quick for small tables."""
    started = spark_session()
    started.conf.set("spark.sql.shuffle.partitions", "3")
    yield started
    started.stop()
