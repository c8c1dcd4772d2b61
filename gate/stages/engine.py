"""The engine that counts: chosen before anything is read, and refused where it cannot do what is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.interface import Engine
from gate.core.facts import EnvManager
from gate.core.model import EngineName, ModelConfig
from gate.core.policy import Policy
from gate.errors import ConfigError
from gate.judge.baselines import asked_models
from gate.stages.source import Source

__all__ = ["engine_for"]

_NEXT = "Use the engine duckdb, or leave that out."


@contextmanager
def engine_for(name: EngineName, source: Source, policy: Policy, model: ModelConfig, *, tell: Callable[[str], None]) -> Iterator[Engine]:
    """The engine of this name, until the check is done. Nothing is ever counted by another one than was asked for.

    Raises:
        ConfigError: it cannot do what is asked yet, or it is not installed.
        StorageError: it does not start.
    """
    if name is EngineName.DUCKDB:
        yield DuckdbEngine()
        return
    _refuse_what_spark_cannot(source, policy, model)
    from gate.aggregate.spark import SparkEngine  # noqa: PLC0415 -- Spark is large, and seldom asked for
    from gate.aggregate.spark_session import spark_session  # noqa: PLC0415 -- as above

    tell("starting Spark")
    engine = SparkEngine(spark_session())
    try:
        yield engine
    finally:
        engine.close()


def _refuse_what_spark_cannot(source: Source, policy: Policy, model: ModelConfig) -> None:
    if source.endpoint is not None:
        what = "the engine spark asks no endpoint: its executors would call a server that nobody has agreed to"
        raise ConfigError(what, where="--endpoint", next_step="Use the engine duckdb.")
    if source.reference is not None and source.env_manager is not EnvManager.LOCAL:
        raise ConfigError("the executors of Spark have no environment of the model's own yet", where="--env-manager", next_step=_NEXT)
    if source.reference is not None and (asked := asked_models(policy, model)):
        what = f"the engine spark cannot ask {asked[0]} for the same rows yet"
        raise ConfigError(what, where="rules", next_step="Compare in a table of predictions (predictions.champion), or use the engine duckdb.")
    for key, written in (("data.expectations", model.data.expectations), ("data.attributes", model.data.attributes)):
        if written is not None:
            raise ConfigError(f"the engine spark cannot do what {key} asks yet", where=key, next_step=_NEXT)
