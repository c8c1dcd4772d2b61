"""Policies: from a file and the files that it extends to the one value that judgement knows."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from gate.core.canonical import canonical, digest
from gate.core.document import Document as Bound
from gate.core.document import Json
from gate.core.policy import Policy
from gate.errors import PolicyError
from gate.policy.effective import effective_policy, policy_of
from gate.policy.policy_file import POLICY, PolicyFile
from gate.policy.problems import Fault, KeyPath
from gate.policy.schema import Document, read, refuse, translate, validate
from gate.policy.tightening import Loosening, loosenings

__all__ = ["LoadedPolicy", "load_policy", "policy_from_effective"]

_MAX_PARENTS = 8

_INHERITED: Mapping[KeyPath, KeyPath] = {("burden_of_proof",): ("evidence", "burden_of_proof"), ("depth",): ("evidence", "intersections", "depth")}
"""Where a key stands that changes a rule which the child does not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedPolicy:
    """A policy, and the document that a decision binds. Law: `policy_from_effective(document.effective) == policy`."""

    policy: Policy
    document: Bound
    path: Path


def load_policy(path: Path) -> LoadedPolicy:
    """The policy of a file, after `extends`, with every default filled in.

    Raises:
        PolicyError: when the file, or one that it extends, cannot be read, cannot be meant, or is looser than its parent.
    """
    policy = _resolve(path, ())
    effective = effective_policy(policy)
    return LoadedPolicy(policy=policy, document=Bound(digest=digest(canonical(effective)), effective=effective), path=path)


def policy_from_effective(effective: Json) -> Policy:
    """The policy that a recorded document spells out.

    Laws: `policy_from_effective(effective_policy(policy)) == policy`, and the other way round, byte for byte, in
    canonical JSON. A document that is not exactly what this version would write is refused.

    Raises:
        PolicyError: when it is not an effective policy.
    """
    try:
        policy = policy_of(validate(effective, POLICY))
        same = canonical(effective_policy(policy)) == canonical(effective)
    except (ValidationError, ValueError, TypeError) as broken:
        raise _not_effective() from broken
    if not same:
        raise _not_effective()
    return policy


def _not_effective() -> PolicyError:
    return PolicyError(
        "the recorded policy is not one that this version of the gate writes", next_step="Replay it with the version of the gate that the record names."
    )


def _resolve(path: Path, chain: tuple[Path, ...]) -> Policy:
    """The policy of a file that the files of `chain` extend, the first one first."""
    document = read(path, POLICY)
    written = document.model
    if written.extends is None:
        return policy_of(written)
    chain = (*chain, path)
    parent = _resolve(_parent_path(document, written.extends, chain), chain)
    policy = policy_of(_merged(document, parent))
    faults = [_as_fault(loosening, written) for loosening in loosenings(parent, policy)]
    if faults:
        raise refuse(path, document.tree, faults, POLICY.error)
    return policy


def _parent_path(document: Document[PolicyFile], extends: str, chain: tuple[Path, ...]) -> Path:
    """The file that this one extends: in its own folder or below, not one of its own children, not too far up."""
    parent = document.path.parent / extends
    problem = _where_not(parent, Path(extends), chain)
    if problem:
        raise refuse(document.path, document.tree, [Fault(path=("extends",), message=f"`extends`: {problem[0]}", next_step=problem[1])], POLICY.error)
    return parent


def _where_not(parent: Path, extends: Path, chain: tuple[Path, ...]) -> tuple[str, str] | None:
    """Why a policy cannot be extended, and what to do; None when it can."""
    top = os.path.realpath(chain[0].parent)
    target = os.path.realpath(parent)
    if extends.is_absolute() or ".." in extends.parts or os.path.commonpath([top, target]) != top:
        return "a policy extends only files of its own folder or below", "Copy the parent into this folder."
    if target in {os.path.realpath(child) for child in chain}:
        return f"{extends} extends this file in turn", "Break the circle."
    if len(chain) > _MAX_PARENTS:
        return f"the chain of parents is longer than {_MAX_PARENTS}", "Merge some of them."
    return None


_OF_ONE_FILE = frozenset({"governance", "report_only_until"})
"""Keys that say something of the file that they stand in, and are not inherited."""


def _merged(document: Document[PolicyFile], parent: Policy) -> PolicyFile:
    """The parent's policy with what the child writes laid over it; a rule of the same id replaces the parent's."""
    written = document.model.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"rules", "extends"})
    base = {key: value for key, value in effective_policy(parent).items() if key not in _OF_ONE_FILE}
    rules = [rule.model_dump(mode="json", by_alias=True, exclude_unset=True) for rule in document.model.rules]
    about = {"version": None, "description": ""}  # these say something of the parent's file only
    laid = {**_laid_over({**base, **about}, written), "rules": _replaced(cast("list[Mapping[str, Json]]", base["rules"]), rules)}
    try:
        return validate(laid, POLICY)
    except ValidationError as broken:
        ids = [str(rule["id"]) for rule in cast("list[Mapping[str, Json]]", laid["rules"])]
        faults = [replace(fault, path=_own_path(fault.path, ids, document.model)) for fault in translate(broken, POLICY)]
        raise refuse(document.path, document.tree, faults, POLICY.error) from None


def _own_path(path: KeyPath, ids: Sequence[str], written: PolicyFile) -> KeyPath:
    """Where a key of the merged policy, whose rules have these ids, stands in the child's file."""
    match path:
        case ("rules", int(number), *rest):
            return _rule_path(ids[number], tuple(rest), written)
        case _:
            return path


def _rule_path(rule: str, path: KeyPath, written: PolicyFile) -> KeyPath:
    """Where a key of a rule stands in the child's file; for a rule that is inherited, the key outside that decides it."""
    place = next((number for number, own in enumerate(written.rules) if own.id == rule), None)
    return _INHERITED.get(path, path) if place is None else ("rules", place, *path)


def _laid_over(base: Mapping[str, Json], written: Mapping[str, Json]) -> dict[str, Json]:
    """The base with every key that was written, mapping by mapping."""
    laid = dict(base)
    for key, value in written.items():
        under = laid.get(key)
        laid[key] = _laid_over(under, value) if isinstance(under, Mapping) and isinstance(value, Mapping) else value
    return laid


def _replaced(base: Iterable[Mapping[str, Json]], rules: Iterable[Mapping[str, Json]]) -> list[Json]:
    """The base's rules, those with a rule of the same id replaced in place, and the new ones after them."""
    by_id = {rule["id"]: rule for rule in base}
    by_id.update({rule["id"]: rule for rule in rules})
    return list(by_id.values())


def _as_fault(loosening: Loosening, written: PolicyFile) -> Fault:
    """The loosening at the place in the child's file that causes it."""
    path = loosening.path if loosening.rule is None else _rule_path(loosening.rule, loosening.path, written)
    return Fault(path=path, message=loosening.message, next_step=f"A policy may only tighten what it extends ({written.extends}).")
