"""Which look at the holdout a check is: counted from what the registry has recorded, before anything is judged."""

from collections.abc import Callable

from gate.core.model import ModelConfig
from gate.registry.interface import Look
from gate.stages.trial import Trial

__all__ = ["look_of"]


def look_of(trial: Trial, model: ModelConfig, *, keep: bool, uri: str | None, tell: Callable[[str], None]) -> int | None:
    """The number of the look, from 1; None when the check leaves no record, so that looks are not counted.

    A pair of candidate and holdout that was recorded before is the same look again.

    Raises:
        RegistryError: the registry cannot say which looks there were.
    """
    if not keep or trial.candidate.version is None:
        return None
    tell("counting the looks at this holdout")
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    holdouts = dict.fromkeys((trial.data_digest, *(f"sha256:{digest}" for digest in model.data.tops_up)))
    earlier = MlflowRegistry(uri).looks(tuple(holdouts))
    own = Look(candidate=trial.candidate.digest, data=trial.data_digest)
    return (*earlier, own).index(own) + 1
