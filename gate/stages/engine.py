"""The engine that counts: chosen before anything is read, and refused where it cannot do what is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.interface import Engine
from gate.core.model import EngineName, ModelConfig, Task
from gate.errors import ConfigError
from gate.stages.source import Source

__all__ = ["engine_for"]

_NEXT = "Use the engine duckdb, or leave that out."


@contextmanager
def engine_for(name: EngineName, source: Source, model: ModelConfig, *, tell: Callable[[str], None]) -> Iterator[Engine]:
    """The engine of this name, until the check is done. Nothing is ever counted by another one than was asked for.

    Raises:
        ConfigError: it cannot do what is asked yet, or it is not installed.
        StorageError: it does not start.
    """
    if name is EngineName.DUCKDB:
        yield DuckdbEngine()
        return
    _refuse_what_spark_cannot(source, model)
    from gate.aggregate.spark import SparkEngine  # noqa: PLC0415 -- Spark is large, and seldom asked for
    from gate.aggregate.spark_session import spark_session  # noqa: PLC0415 -- as above

    tell("starting Spark")
    engine = SparkEngine(spark_session())
    try:
        yield engine
    finally:
        engine.close()


def _refuse_what_spark_cannot(source: Source, model: ModelConfig) -> None:
    if source.predictions is None:
        what = "the engine spark counts a table that holds predictions (--predictions); it cannot ask a model for them yet"
        raise ConfigError(what, where="engine", next_step="Predict with Spark first and check the table, or use the engine duckdb.")
    if model.task is Task.RANKING:
        raise ConfigError("the engine spark cannot count rankings yet", where="task", next_step="Use the engine duckdb.")
    for key, written in (("data.expectations", model.data.expectations), ("data.attributes", model.data.attributes)):
        if written is not None:
            raise ConfigError(f"the engine spark cannot do what {key} asks yet", where=key, next_step=_NEXT)
