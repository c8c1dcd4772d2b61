"""A clause, what a decision says to it, and what is missing."""

from collections.abc import Callable
from dataclasses import dataclass

from gate.core.decision import Decision

__all__ = ["AS_OF", "NOTICE", "Clause", "Pack", "Said"]

AS_OF = "2026-11"
"""When the facts about regulation were looked up."""
NOTICE = f"Facts about regulation as of {AS_OF}, mostly from secondary sources; not legal advice."


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one decision says to a clause, and what it cannot say; sentences of plain text."""

    shown: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __add__(self, other: "Said") -> "Said":
        return Said(shown=(*self.shown, *other.shown), missing=(*self.missing, *other.missing))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause, or one part of a report.

    Args:
        id: as `satisfies` of a rule names it.
        title: its name.
        about: what it is about, in our words.
        evidence: what a decision says to it.
    """

    id: str
    title: str
    about: str
    evidence: Callable[[Decision], Said]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """What somebody asks for.

    Args:
        id: its name on the command line.
        title: what it is.
        notes: what is to be known of it, with what is uncertain said to be so.
        clauses: in order.
        impact: whether tables of impact ratios belong to it.
    """

    id: str
    title: str
    notes: tuple[str, ...]
    clauses: tuple[Clause, ...]
    impact: bool = False
