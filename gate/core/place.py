"""Where a rule stands in a policy file, for everything that leads a reader there."""

from dataclasses import dataclass

__all__ = ["Place"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line of a text file: a path with forward slashes, relative to where the gate was started, and a line counted from 1."""

    path: str
    line: int = 1
