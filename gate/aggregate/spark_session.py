"""The session of Spark: the one that is there, or one that is started here."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gate.aggregate.parts import first_line
from gate.errors import ConfigError, StorageError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["spark_session"]

_INSTALL = "Install it with `pip install fairness-gate[spark]`, and Java 17; or leave the engine out."
_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",  # it would be printed into what a script reads
    "spark.log.level": "ERROR",
    "spark.sql.catalogImplementation": "in-memory",
}
_ABOUT_A_CLUSTER = ("PYSPARK_SUBMIT_ARGS", "SPARK_CONF_DIR", "SPARK_HOME", "SPARK_REMOTE", "SPARK_MASTER")


def spark_session() -> "SparkSession":
    """The session that is there, or one as the surroundings say: `SPARK_REMOTE`, `PYSPARK_SUBMIT_ARGS`, `spark-defaults.conf`; else this machine.

    Raises:
        ConfigError: pyspark is not installed.
        StorageError: Spark does not start.
    """
    try:
        from pyspark.errors import PySparkException  # noqa: PLC0415 -- it is large, and an extra
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError("the engine spark needs pyspark, which is not installed", where="engine", next_step=_INSTALL) from error
    builder = SparkSession.builder.appName("fairness-gate")
    if "SPARK_REMOTE" not in os.environ:
        for name, value in _LOCAL.items():
            builder = builder.config(name, value)
    try:
        with _surroundings(), warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # about pandas, of which nothing is asked here
            return builder.getOrCreate()
    except (PySparkException, OSError, RuntimeError) as error:
        raise StorageError(f"Spark does not start: {first_line(error)}", where="engine", next_step="See that `java -version` says 17 or later.") from error


@contextmanager
def _surroundings() -> Iterator[None]:
    """What Spark reads as it starts: this Python for its workers, and the loopback address where nothing is said of a cluster."""
    ours = {"PYSPARK_PYTHON": sys.executable}
    if not any(name in os.environ for name in _ABOUT_A_CLUSTER):
        ours["SPARK_LOCAL_IP"] = "127.0.0.1"
    added = {name: value for name, value in ours.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]
