"""The candidate, from wherever it comes: a table of predictions, a registered model, or an endpoint that serves it."""

from collections.abc import Callable
from pathlib import Path

from gate.aggregate.interface import Engine
from gate.core.model import ModelConfig
from gate.core.policy import Policy
from gate.stages.dock import terms_of
from gate.stages.endpoint import at_endpoint
from gate.stages.explaining import Questions
from gate.stages.source import Source
from gate.stages.trial import Trial, from_file, on_trial

__all__ = ["brought"]


def brought(source: Source, policy: Policy, model: ModelConfig, engine: Engine, workspace: Path, *, tell: Callable[[str], None]) -> Trial:
    """Bring the candidate to trial, on the terms of the policy; a registered model is asked what the policy demands of an explanation too.

    Raises:
        UsageError: the candidate is not there, or the data cannot be used.
        GateError: registry, sandbox or endpoint failed.
    """
    if source.endpoint is not None:
        return at_endpoint(source, model, engine, workspace, tell=tell)
    if source.predictions is not None:
        return from_file(model, engine, source.predictions, tell=tell)
    parts = policy.explanations.parts
    questions = Questions(parts=parts) if parts else None
    terms = terms_of(policy, model, source.env_manager, more_seconds=0.0 if questions is None else questions.budget, tell=tell)
    return on_trial(source, model, engine, workspace, terms, questions=questions, tell=tell)
