"""Slices of TFMA as what a rule of this gate looks at: the whole table, or every group of features."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gate.core.document import Json
from gate.policy.foreign.found import LeftOut

__all__ = ["OVERALL", "Where", "places"]

_DEEPEST = 4
"""How many features a rule combines at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The keys of a rule that say what it looks at, and how they differ from the slice."""

    keys: Mapping[str, Json] = field(default_factory=lambda: {"scope": "overall"})
    notes: tuple[str, ...] = ()


OVERALL = Where()


def places(specs: Iterable[Mapping[str, object]], entry: str) -> tuple[tuple[Where, ...], tuple[LeftOut, ...]]:
    """What these slices look at, and those that no rule can look at."""
    found: list[Where] = []
    left: list[LeftOut] = []
    for spec in specs:
        if "slice_keys_sql" in spec:
            left.append(LeftOut(entry=f"{entry}: slice_keys_sql", why="a slice by SQL; declare its groups as a sensitive feature in gate.yaml"))
            continue
        where = _where(spec)
        if len(_names(spec)) > _DEEPEST:
            left.append(LeftOut(entry=f"{entry}: {' × '.join(_names(spec))}", why=f"at most {_DEEPEST} features are combined here"))
        elif where not in found:
            found.append(where)
    return tuple(found), tuple(left)


def _names(spec: Mapping[str, object]) -> tuple[str, ...]:
    """The features that a slice names, each once."""
    keys, values = spec.get("feature_keys", []), spec.get("feature_values", {})
    return tuple(dict.fromkeys([*map(str, keys if isinstance(keys, list) else []), *map(str, values if isinstance(values, dict) else {})]))


def _where(spec: Mapping[str, object]) -> Where:
    names = _names(spec)
    if not names:
        return OVERALL
    notes = []
    if isinstance(values := spec.get("feature_values"), dict):
        only = ", ".join(f"{key}={value}" for key, value in values.items())
        notes.append(f"TFMA looks at {only} only; here it is asked of every group")
    if len(names) > 1:
        notes.append("TFMA looks at combinations only; here it is asked of each feature too")
    return Where(keys={"scope": "by_group", "features": list(names), "depth": len(names)}, notes=tuple(notes))
