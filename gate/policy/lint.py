"""Everything that is wrong with policies and configurations, all at once, before anything is judged by them."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gate.core.policy import Policy
from gate.errors import PolicyError
from gate.policy.approvers import APPROVERS, FILE, load_approvers
from gate.policy.config import LoadedModel, load_models, policy_for
from gate.policy.config_file import CONFIG
from gate.policy.fit import misfits
from gate.policy.places import is_file, is_folder
from gate.policy.policy import LoadedPolicy, load_policy
from gate.policy.policy_file import POLICY
from gate.policy.problems import FaultyFileError, KeyPath, Problem
from gate.policy.scalars import Scalar
from gate.policy.schema import Kind, ModelT, parse, read
from gate.policy.yaml_loader import Plain

__all__ = ["lint", "yaml_files"]

HIGH = "high"
"""The tier whose policies and models somebody has to answer for by name."""
_SUFFIXES = frozenset({".yaml", ".yml"})


def lint(paths: Sequence[Path]) -> tuple[Problem, ...]:
    """Every problem of these files, and of the YAML files in these folders, in the order of the files.

    A configuration is linted together with the files of `gate.d` beside it and with the policies that its models name. No path, or a folder without YAML, is
    a problem too: a lint that looks at nothing must not look like one that found nothing.
    """
    if not paths:
        return (Problem(path=Path(), message="no file was given to lint", next_step="Name files or folders."),)
    problems = (problem for path in paths for file in yaml_files(path) for problem in _of(file))
    return tuple(dict.fromkeys(problems))


def yaml_files(path: Path) -> tuple[Path, ...]:
    """The YAML files of a folder and below, in order; a path that is no folder stands for itself."""
    if not is_folder(path):
        return (path,)
    found = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES and is_file(file))
    return tuple(found) or (path,)


def _of(path: Path) -> Iterator[Problem]:
    """The problems of one file."""
    if is_folder(path):
        yield Problem(path=path, message="the folder holds no YAML file", next_step="Check the path.")
        return
    try:
        if _says(path, CONFIG) or _looks_like_a_config(path):
            yield from _of_policies(load_models(path))
        elif _says(path, APPROVERS) or path.name == FILE:
            read(path, APPROVERS)
        else:
            yield from _unanswered(path, load_policy(path).policy)
    except FaultyFileError as faulty:
        yield from faulty.problems


def _mapping(path: Path) -> Mapping[Scalar, Plain]:
    """What the file holds, if it can be read; whatever says nothing readable is linted as a policy."""
    try:
        value = parse(path, CONFIG).value
    except FaultyFileError:
        return {}
    return value if isinstance(value, dict) else {}


def _says(path: Path, kind: Kind[ModelT]) -> bool:
    """Whether the file says that it is of this kind."""
    return _mapping(path).get("schema") == kind.schema


def _looks_like_a_config(path: Path) -> bool:
    """Whether a file that does not say what it is holds models."""
    found = _mapping(path)
    return "schema" not in found and "models" in found


def _unanswered(path: Path, policy: Policy) -> Iterator[Problem]:
    """Under the tier high somebody has to answer for the policy, and somebody to have approved it."""
    if policy.tier == HIGH:
        for key, said in (("owner", policy.governance.owner), ("approved_by", policy.governance.approved_by)):
            if not said:
                hint = "Write who answers for it, and who approved it."
                yield Problem(path=path, message=f"a policy of tier {HIGH} needs `governance.{key}`", next_step=hint, mark=parse(path, POLICY).mark(("tier",)))


def _unassigned(model: LoadedModel, policy: Policy) -> Iterator[Problem]:
    """And for the model, and for its being there."""
    said = model.config.assigned
    for key, value in (("owner", model.config.owner), ("tier_approved_by", said.approved_by), ("review_by", said.review_by)):
        if policy.tier == HIGH and not value:
            at: KeyPath = ("models", model.config.name)
            hint = "Write who answers for the model, who approved its tier, and when that is looked at again."
            yield Problem(path=model.path, message=f"a model of tier {HIGH} needs `{key}`", next_step=hint, mark=parse(model.path, CONFIG).mark(at))


def _unanswerable(model: LoadedModel, policy: LoadedPolicy) -> Iterator[Problem]:
    """A question that nobody of approvers.yaml may answer would keep every version from being deployed."""
    entries = load_approvers(model.policies).entries
    held = {role for entry in entries if not entry.machine for role in entry.roles}
    for key, questions in (("before_deployment", policy.policy.review.before), ("after_deployment", policy.policy.review.after)):
        for entry in (entry for entry in questions if not held & set(entry.roles)):
            message = f"`review.{key}`: nobody of {FILE} has the role {' or '.join(entry.roles)}, so nobody can answer {entry.id!r}"
            hint = f"Give the role to somebody in {model.policies / FILE}, or name another one."
            yield Problem(path=policy.path, message=message, next_step=hint, mark=parse(policy.path, POLICY).mark(("review",)))


def _of_policies(models: tuple[LoadedModel, ...]) -> Iterator[Problem]:
    """The problems of the policies that the models name."""
    for model in models:
        try:
            yield from _unassigned(model, policy_for(model).policy)
            yield from _unanswerable(model, policy_for(model))
            for misfit in misfits(policy_for(model).policy, model.config):
                at: KeyPath = ("models", model.config.name, "task")
                yield Problem(path=model.path, message=misfit, next_step="Give the rule `applies_to: {task: …}`.", mark=parse(model.path, CONFIG).mark(at))
        except FaultyFileError as faulty:
            yield from faulty.problems
        except PolicyError as missing:
            place: KeyPath = ("models", model.config.name, "tier")
            yield Problem(path=model.path, message=missing.what, next_step=missing.next_step, mark=parse(model.path, CONFIG).mark(place))
