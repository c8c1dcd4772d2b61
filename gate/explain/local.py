"""Reasons and changes of single cases: counted for the explanation, and kept one by one for the audit trail only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np

from gate.core.explanation import Part
from gate.core.local_explanation import Counterfactuals, LocalReasons
from gate.explain.box import Box
from gate.explain.counterfactuals import Allowed, Changes, compared, searched
from gate.explain.mixed import Places, decided, favourable
from gate.explain.reasons import Refusals, counted, explained_refusals

__all__ = ["Cases", "LocalSettings", "counterfactuals", "fits", "reasons", "stream"]

_UNDECIDED = "the answers are neither favourable nor unfavourable, so that nobody is refused"
_OF_CASES = {Part.REASONS, Part.COUNTERFACTUALS}
_STREAMS = {Part.SHAP: 101, Part.DEPENDENCE: 102, Part.REASONS: 103, Part.COUNTERFACTUALS: 104}
_CASES = 105


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalSettings:
    """What local reasons and changes need to know.

    Args:
        words: input → the reason in words.
        allowed: what a person can change.
        cases: the most refusals that are looked at.
    """

    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    allowed: Allowed = field(default_factory=Allowed)
    cases: int = 300


@dataclass(slots=True, kw_only=True, eq=False)
class Cases:
    """What was found about single refusals; None where it was not asked for, or not produced."""

    refusals: Refusals | None = None
    changes: Changes | None = None


def fits(part: Part, box: Box) -> bool:
    """Whether answers of this form have such a part at all."""
    return part not in _OF_CASES or decided(box)


def stream(seed: int, part: Part) -> np.random.Generator:
    """The random numbers of a part, the same whatever other parts there are."""
    return np.random.default_rng([seed, _STREAMS[part]])


def _order(box: Box, seed: int) -> Places:
    """The refusals in the order in which they are looked at: reasons and changes begin with the same ones."""
    return np.random.default_rng([seed, _CASES]).permutation(np.flatnonzero(~favourable(box, box.answers)).astype(np.int64))


def reasons(box: Box, settings: LocalSettings, cases: Cases, *, seed: int, tell: Callable[[str], None]) -> LocalReasons | str:
    """The first reasons of refusals, counted, or why there are none; the single ones go to `cases`.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    if not decided(box):
        return _UNDECIDED
    found = explained_refusals(box, _order(box, seed), cases=settings.cases, random=stream(seed, Part.REASONS), tell=tell)
    if isinstance(found, str):
        return found
    cases.refusals = found
    return counted(box, found, settings.words)


def counterfactuals(box: Box, settings: LocalSettings, cases: Cases, *, seed: int, tell: Callable[[str], None]) -> Counterfactuals | str:
    """The smallest changes of refusals, counted, or why there are none; the single ones go to `cases`.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    if not decided(box):
        return _UNDECIDED
    found = searched(box, settings.allowed, _order(box, seed), cases=settings.cases, random=stream(seed, Part.COUNTERFACTUALS), tell=tell)
    if isinstance(found, str):
        return found
    cases.changes = found
    return compared(box, settings.allowed, found)
