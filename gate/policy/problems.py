"""What is wrong with a file that a person wrote: where it stands, what it is, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gate.errors import ConfigError, PolicyError, UsageError

__all__ = ["Fault", "FaultyConfigError", "FaultyFileError", "FaultyPolicyError", "KeyPath", "Mark", "Problem", "quoted", "spelled"]

KeyPath: TypeAlias = tuple[str | int | float | bool, ...]
"""Where a value stands in a document: keys of mappings and places in lists, outermost first."""

_QUOTED = 60
"""Characters of a foreign text that a message repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place in a text file, both counted from 1."""

    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something wrong at a key path; `at_key` when it is about the key itself rather than its value."""

    path: KeyPath
    message: str
    next_step: str = ""
    at_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong at a place in a file."""

    path: Path
    message: str
    next_step: str = ""
    mark: Mark = Mark()

    @property
    def line(self) -> int:
        """The line, counted from 1."""
        return self.mark.line

    @property
    def column(self) -> int:
        """The column, counted from 1."""
        return self.mark.column

    @property
    def where(self) -> str:
        """`file:line:column`, which editors and CI logs turn into a link."""
        return f"{self.path}:{self.line}:{self.column}"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}." + (f" {self.next_step}" if self.next_step else "")


class FaultyFileError(UsageError):
    """A file with problems; the message is the first of them, `problems` holds all (exit 2)."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(first.message, where=first.where, next_step=_next_step(problems))
        self.problems = tuple(problems)


class FaultyPolicyError(FaultyFileError, PolicyError):
    """A policy file with problems."""


class FaultyConfigError(FaultyFileError, ConfigError):
    """A `gate.yaml` with problems."""


def _next_step(problems: Sequence[Problem]) -> str:
    """The first problem's next step, and where to see the other problems."""
    more = f"({len(problems) - 1} more: `gate policy lint {problems[0].path}` lists all.)" if len(problems) > 1 else ""
    return " ".join(part for part in (problems[0].next_step, more) if part)


def spelled(path: KeyPath) -> str:
    """The path as a reader would write it: `rules[2].max`; keys that are not plain words are quoted."""
    text = ""
    for part in path:
        if isinstance(part, str) and part.replace("-", "_").isidentifier():
            text += f".{part}"
        else:
            text += f"[{quoted(part)}]"
    return text.removeprefix(".")


def quoted(value: object) -> str:
    """A foreign value inside a message: text in quotes, shortened, with nothing unprintable; YAML's words otherwise."""
    match value:
        case str():
            return repr(value if len(value) <= _QUOTED else f"{value[:_QUOTED]}…")
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case dict():
            return "a mapping"
        case _:
            return "a list"
