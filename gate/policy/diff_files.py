"""Two files side by side: two policies after `extends`, or two `gate.yaml`, told apart by their `schema`."""

from dataclasses import dataclass
from pathlib import Path

from gate.core.policy import Policy
from gate.errors import UsageError
from gate.policy.config import config_from_effective, load_models
from gate.policy.config_diff import WrittenConfig, diff_configs
from gate.policy.config_file import CONFIG
from gate.policy.diff import Diff, diff_policies
from gate.policy.policy import load_policy
from gate.policy.policy_file import POLICY
from gate.policy.problems import quoted
from gate.policy.schema import nearest, parse, read

__all__ = ["Compared", "diff_files"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The differences of two files, and the two policies if that is what they are."""

    diff: Diff
    policies: tuple[Policy, Policy] | None = None


def diff_files(before: Path, after: Path, *, model: str | None = None) -> Compared:
    """What differs between two files of one kind; `model` keeps one entry of two `gate.yaml`, and means nothing to policies.

    Raises:
        UsageError: a file cannot be read or cannot be meant, they are of different kinds, or neither has the model.
    """
    kinds = (_kind(before), _kind(after))
    if kinds[0] != kinds[1]:
        message = f"{before} is of {kinds[0]}, and {after} is of {kinds[1]}"
        raise UsageError(message, where=str(after), next_step="Name two policies, or two gate.yaml.")
    if kinds[0] == CONFIG.schema:
        return Compared(diff=diff_configs(*_only(model, _written(before), _written(after))))
    policies = (load_policy(before).policy, load_policy(after).policy)
    return Compared(diff=diff_policies(*policies), policies=policies)


def _kind(path: Path) -> str:
    """The file's `schema`, if it is one of the two."""
    value = parse(path, CONFIG).value
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema not in (POLICY.schema, CONFIG.schema):
        message = f"the file has the schema {quoted(schema)}"
        raise UsageError(message, where=str(path), next_step=f"Name files whose `schema` is {POLICY.schema} or {CONFIG.schema}.")
    return str(schema)


def _written(path: Path) -> WrittenConfig:
    """The configuration with its paths as they were written, so that moving a file is no difference."""
    models = tuple(config_from_effective(loaded.document.effective, loaded.config.name) for loaded in load_models(path))
    return WrittenConfig(policies=read(path, CONFIG).model.policies, models=models)


def _only(model: str | None, *configs: WrittenConfig) -> tuple[WrittenConfig, ...]:
    """The configurations with one model left; untouched without a name."""
    if model is None:
        return configs
    names = sorted({entry.name for config in configs for entry in config.models})
    if model not in names:
        offer = nearest(model, names) or f"There are: {', '.join(names)}."
        raise UsageError(f"neither file has a model {quoted(model)}", where="--model", next_step=offer)
    kept = (tuple(entry for entry in config.models if entry.name == model) for config in configs)
    return tuple(WrittenConfig(policies=config.policies, models=models) for config, models in zip(configs, kept, strict=True))
