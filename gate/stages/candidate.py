"""The candidate, from wherever it comes: a table of predictions, a registered model, or an endpoint that serves it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from gate.aggregate.interface import Engine
from gate.core.model import ModelConfig
from gate.core.policy import Policy
from gate.judge.checks import forbidden_columns, untrusted_file
from gate.stages.endpoint import at_endpoint
from gate.stages.environment import pins_of
from gate.stages.sandbox import sandbox_for
from gate.stages.source import Source
from gate.stages.trial import Terms, Trial, from_file, on_trial

__all__ = ["brought"]


def brought(source: Source, policy: Policy, model: ModelConfig, engine: Engine, workspace: Path, *, tell: Callable[[str], None]) -> Trial:
    """Bring the candidate to trial, on the terms of the policy.

    Raises:
        UsageError: the candidate is not there, or the data cannot be used.
        GateError: registry, sandbox or endpoint failed.
    """
    if source.endpoint is not None:
        return at_endpoint(source, model, engine, workspace, tell=tell)
    if source.predictions is not None:
        return from_file(model, engine, source.predictions, tell=tell)
    terms = Terms(
        forbidden=forbidden_columns(policy, model), distrusts=partial(untrusted_file, policy), pins=pins_of(policy), backend=sandbox_for(policy, tell=tell)
    )
    return on_trial(source, model, engine, workspace, terms, tell=tell)
