"""The Python that a model runs in: ours, if it has what the model requires, or one of the model's own."""

import shlex
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from gate.core.facts import EnvManager
from gate.core.policy import ModelFormat, Policy
from gate.errors import SandboxError
from gate.predict.environments import Environment, prepare
from gate.predict.requirements import compare
from gate.registry.interface import FetchedModel

__all__ = ["environment_for", "pins_of"]

_SHOWN = 60


def pins_of(policy: Policy) -> tuple[str, ...]:
    """What has to be the gate's own version in any environment: skops, where its trust in the model's types is what counts."""
    return () if policy.model_terms.format is ModelFormat.ANY else (f"skops=={metadata.version('skops')}",)


def environment_for(
    fetched: FetchedModel, manager: EnvManager, workspace: Path, *, pins: tuple[str, ...], tell: Callable[[str], None]
) -> tuple[Environment | None, tuple[str, ...]]:
    """The environment of a model's own, with these pins, or None for ours, and the requirements of which another version is installed.

    Raises:
        SandboxError: something that it requires is missing, or its environment could not be prepared. Nothing of it has run.
    """
    if manager is EnvManager.UV:
        tell("preparing the model's environment with uv")
        return prepare((*fetched.requirements, *pins), workspace), ()
    compared = compare(fetched.requirements)
    if compared.missing:
        listed = "\n".join(f"  {line}{'  <- not installed' if line in compared.missing else ''}" for line in fetched.requirements[:_SHOWN])
        install = " ".join(shlex.quote(line) for line in compared.missing[:_SHOWN])
        raise SandboxError(
            f"{len(compared.missing)} of the model's {len(fetched.requirements)} requirements are not installed beside the gate, so that it cannot run here",
            next_step=f"The model's own list:\n{listed}\nInstall what is missing (pip install {install}), or check with --env-manager uv.",
        )
    return None, compared.differing
