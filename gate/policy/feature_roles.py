"""The groups of a feature that are not like the others: reference, protected, pooled, excluded; what they can mean."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, ClassVar

from pydantic import Field, WithJsonSchema

from gate.core.model import CROSS
from gate.policy.policy_file import Share
from gate.policy.problems import Fault, KeyPath, quoted
from gate.policy.schema import Name, Strict, nearest

__all__ = ["ExcludeEntry", "Roles", "bad_name", "same", "value_kind", "value_name"]

_EXACT = 2**53
"""From here on, whole numbers that differ are the same as 64-bit floats; NaN and infinity are not below it either."""

Value = Annotated[object, WithJsonSchema({"type": ["string", "number", "boolean"]})]


class ExcludeEntry(Strict):
    """A group that is counted and shown, but not judged."""

    noun: ClassVar[str] = "an excluded group"

    group: Value = Field(description="The name of a declared group, or a value of the column that no group declares.")
    why: Name = Field(description="Why it is not judged, for the record and the card.")
    max_share: Share = Field(description="The largest share of rows that may be in it; beyond, the answer is inconclusive.")


class Roles(Strict):
    """The keys of a sensitive feature that give its groups a role."""

    noun: ClassVar[str] = "a sensitive feature"

    reference: Value | None = Field(None, description="The group that all others are compared with, instead of all pairs.")
    protected: list[Value] | None = Field(None, min_length=1, description="The groups of which only the disadvantages count.")
    other: Name | None = Field(None, description="The name under which undeclared values are pooled into one more group.")
    exclude: list[ExcludeEntry] = Field(default_factory=list, min_length=1, description="Groups that are counted and shown, but not judged.")

    def excluded(self, declared: Sequence[tuple[str, object]]) -> tuple[tuple[str, object | None, ExcludeEntry], ...]:
        """Name of each excluded group, and its value where no group declares it."""
        return tuple(self._excluded(entry, declared) for entry in self.exclude)

    def _excluded(self, entry: ExcludeEntry, declared: Sequence[tuple[str, object]]) -> tuple[str, object | None, ExcludeEntry]:
        names = [*(name for name, _ in declared), self.other]
        by_value = next((name for name, value in declared if same(value, entry.group)), None)
        if isinstance(entry.group, str) and entry.group in names:
            return entry.group, None, entry
        return (value_name(entry.group), entry.group, entry) if by_value is None else (by_value, None, entry)

    def role_faults(self, declared: Sequence[tuple[str, object]], *, binned: bool) -> Iterator[Fault]:
        """What these roles cannot mean; `declared` are name and value of every declared group."""
        yield from self._of_other(declared, binned=binned)
        yield from self._of_exclude(declared, binned=binned)
        excluded = {name for name, _, _ in self.excluded(declared)}
        names = [*(name for name, _ in declared), *([self.other] if self.other is not None else [])]
        judged = [name for name in names if name not in excluded]
        if self.exclude and len(judged) < 2:
            message = "{at} leaves fewer than two groups that are judged, so there is nothing to compare"
            yield Fault(path=("exclude",), message=message, next_step="Exclude fewer groups.")
        yield from self._of_reference(names, excluded)
        yield from self._of_protected(names, excluded, judged)

    def _of_other(self, declared: Sequence[tuple[str, object]], *, binned: bool) -> Iterator[Fault]:
        if self.other is None:
            return
        if binned:
            message = "{at} means nothing with `bins`, which take every number"
            yield Fault(path=("other",), message=message, next_step="Remove it.", at_key=True)
        elif problem := bad_name(self.other):
            yield Fault(path=("other",), message=f"{{at}}: the name {quoted(self.other)} {problem}", next_step="Choose another name.")
        elif self.other in {name for name, _ in declared}:
            yield Fault(path=("other",), message=f"{{at}}: {quoted(self.other)} is a declared group already", next_step="Choose another name.")

    def _of_exclude(self, declared: Sequence[tuple[str, object]], *, binned: bool) -> Iterator[Fault]:
        seen = {name: "declared" for name, _ in declared} | ({self.other: "declared"} if self.other is not None else {})
        kinds = {value_kind(value) for _, value in declared}
        for place, (name, value, entry) in enumerate(self.excluded(declared)):
            at: KeyPath = ("exclude", place, "group")
            if problem := _not_excludable(name, value, entry.group, declared, kinds=kinds, binned=binned):
                yield Fault(path=at, message=f"{{at}}: {quoted(entry.group)} {problem[0]}", next_step=problem[1])
            elif seen.get(name) == "excluded" or (value is not None and name in seen):
                yield Fault(path=at, message=f"{{at}}: the group {quoted(name)} stands there twice", next_step="Name each group once.")
            seen[name] = "excluded"

    def _of_reference(self, names: Sequence[str], excluded: Iterable[str]) -> Iterator[Fault]:
        if self.reference is None:
            return
        yield from _of_role(self.reference, ("reference",), names, excluded)

    def _of_protected(self, names: Sequence[str], excluded: Iterable[str], judged: Sequence[str]) -> Iterator[Fault]:
        if self.protected is None:
            return
        chosen = [value_name(group) for group in self.protected]
        for place, group in enumerate(self.protected):
            yield from _of_role(group, ("protected", place), names, excluded)
            if value_name(group) in chosen[:place]:
                yield Fault(path=("protected", place), message=f"{{at}}: {quoted(group)} stands there twice", next_step="Name it once.")
        if self.reference is not None and value_name(self.reference) in chosen:
            message = f"{{at}}: {quoted(self.reference)} is protected, and the reference is what protected groups are compared with"
            yield Fault(path=("reference",), message=message, next_step="Choose an unprotected group.")
        elif not set(judged) - set(chosen):
            message = "{at} names every group, so there is nobody whom they could be behind"
            yield Fault(path=("protected",), message=message, next_step="Name the groups whose disadvantage counts, and no others.")


def _of_role(group: object, path: KeyPath, names: Sequence[str], excluded: Iterable[str]) -> Iterator[Fault]:
    if not value_kind(group) or value_name(group) not in names:
        offer = nearest(str(group), names) or f"Declared are {', '.join(names)}."
        yield Fault(path=path, message=f"{{at}}: {quoted(group)} is not a declared group", next_step=offer)
    elif value_name(group) in excluded:
        yield Fault(path=path, message=f"{{at}}: {quoted(group)} is excluded, so nothing is compared with it", next_step="Remove it from one of the two.")


def _not_excludable(
    name: str, value: object | None, written: object, declared: Sequence[tuple[str, object]], *, kinds: Iterable[str], binned: bool
) -> tuple[str, str] | None:
    """Why a group cannot be excluded, and what to do; None when it can."""
    if value is None:
        double = any(other != name and same(one, written) for other, one in declared)
        return ("is the name of one group and the value of another", "Give the groups other names.") if double else None
    if binned:
        return f"is none of the bins {', '.join(other for other, _ in declared)}", "Name one of them."
    if value_kind(value) not in kinds or value == "":
        return "is no value of the column: the declared ones are of another type", "Write it as the column holds it."
    problem = bad_name(name)
    return (f"cannot be the name of a group: it {problem}", "Declare it in `groups` under another name.") if problem else None


def value_kind(value: object) -> str:
    """The YAML type of a value: text, number or boolean; empty for what cannot stand in a column."""
    match value:
        case bool():
            return "boolean"
        case str():
            return "text"
        case int() | float():
            return "number" if abs(value) < _EXACT else ""
        case _:
            return ""


def value_name(value: object) -> str:
    """The name of a group that is declared by its value alone: the value as YAML writes it."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return f"{value:.12g}"
        case _:
            return str(value)


def same(one: object, other: object) -> bool:
    """Whether two values are the same to a column: `true` is not 1."""
    return value_kind(one) == value_kind(other) and one == other


def bad_name(name: str) -> str:
    """Why a name of a feature or group cannot be used; empty when it can."""
    if not name.strip():
        return "is empty"
    return f"contains {CROSS}, which joins the names of an intersection" if CROSS in name else ""
