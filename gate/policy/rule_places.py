"""Where each rule of a policy stands: in its own file, or in the nearest parent that writes it."""

from collections.abc import Mapping
from pathlib import Path

from gate.core.place import Place
from gate.policy.policy_file import POLICY
from gate.policy.schema import read

__all__ = ["rule_places"]


def rule_places(path: Path, *, root: Path) -> Mapping[str, Place]:
    """Rule id → its place; "" → the file of the policy itself, for findings that no rule of the policy makes.

    A file outside `root` is named without its folder, since no reader of a report can open it there.

    Raises:
        PolicyError: a file changed since it was loaded, and cannot be read any more.
    """
    places: dict[str, Place] = {}
    shown = _shown(path, root)
    document = read(path, POLICY)
    if document.model.extends is not None:
        places |= rule_places(path.parent / document.model.extends, root=root)
    for number, rule in enumerate(document.model.rules):
        places[rule.id] = Place(path=shown, line=document.tree.mark(("rules", number)).line)
    return {**places, "": Place(path=shown)}


def _shown(path: Path, root: Path) -> str:
    absolute, inside = path.absolute(), root.absolute()
    return absolute.relative_to(inside).as_posix() if absolute.is_relative_to(inside) else path.name
