"""One Spark for all tests of this folder that run in one process."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from gate.aggregate.spark_session import spark_session

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

QUICK = '--master local[2] --conf spark.sql.shuffle.partitions=2 --driver-java-options "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" pyspark-shell'
"""For small tables: few partitions, and a Java machine that compiles little, since it does not live long."""


@pytest.fixture(scope="session")
def session() -> Iterator["SparkSession"]:
    """As the gate starts it on one machine, by way of the surroundings."""
    with pytest.MonkeyPatch.context() as surroundings:
        surroundings.setenv("PYSPARK_SUBMIT_ARGS", QUICK)
        surroundings.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        started = spark_session()
    yield started
    started.stop()
