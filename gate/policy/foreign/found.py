"""What a foreign configuration holds: rules that carry over, and everything that does not."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from gate.core.document import Json
from gate.core.metric import REGRESSION_RATES
from gate.errors import PolicyError
from gate.metrics.catalogue import by_name
from gate.policy.policy_file import RuleEntry
from gate.policy.problems import quoted

__all__ = ["Carried", "Found", "LeftOut", "number", "share", "sorted_out", "unknown"]

DEFAULT_ROWS = 30
"""Rows of a group below which this gate calls its numbers insufficient, where a policy says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """A rule of this gate, without its id; the entry that it comes from; and how it differs from that entry."""

    rule: Mapping[str, Json]
    source: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An entry that does not carry over, and why."""

    entry: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """All that was found in one file of one tool; `evidence` is that key of the policy."""

    tool: str
    carried: tuple[Carried, ...]
    left_out: tuple[LeftOut, ...]
    evidence: Mapping[str, Json]


def number(value: object, entry: str) -> float:
    """The value as a number.

    Raises:
        PolicyError: it is none. Text such as `5%` is not interpreted.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PolicyError(f"{entry} is {quoted(value)}, and a number is needed", next_step="Write a plain number, without quotes or a percent sign.")
    return float(value)


def share(value: object, entry: str) -> float:
    """The value as a number from 0 to 1.

    Raises:
        PolicyError: it is none. A percentage is not guessed: read as a share, a bound of 10 could never be exceeded.
    """
    found = number(value, entry)
    if not 0 <= found <= 1:
        raise PolicyError(f"{entry} is {found:g}, and a share from 0 to 1 is needed", next_step="If it is a percentage, divide it by 100 in the file first.")
    return found


def unknown(keys: Iterable[object], known: Iterable[str], tool: str, within: str = "") -> Iterator[LeftOut]:
    """The keys that the tool does not have."""
    for key in sorted({str(key) for key in keys} - set(known)):
        yield LeftOut(entry=f"{within}{key}", why=f"not a key of {tool}, which ignores it; is it misspelled?")


def sorted_out(rules: Iterable[Carried]) -> tuple[tuple[Carried, ...], tuple[LeftOut, ...]]:
    """The rules that a policy of this gate accepts, each once, and the others with the reason."""
    carried: list[Carried] = []
    left: list[LeftOut] = []
    for candidate in rules:
        if any(candidate.rule == other.rule for other in carried):
            left.append(LeftOut(entry=candidate.source, why="asks the same as another entry"))
        elif why := _idle(candidate.rule) or _refused(candidate.rule):
            left.append(LeftOut(entry=candidate.source, why=why))
        else:
            carried.append(candidate)
    return tuple(carried), tuple(left)


def _idle(rule: Mapping[str, Json]) -> str:
    """Why the bound of the rule can never be exceeded; empty if it can."""
    metric = by_name(str(rule["metric"]))
    errors = metric is not None and not REGRESSION_RATES.isdisjoint(metric.rates)
    return "no rate can be beyond it, so it asks nothing" if rule.get("min") == 0 or (rule.get("max") == 1 and not errors) else ""


def _refused(rule: Mapping[str, Json]) -> str:
    """Why a policy would not accept the rule; empty if it would."""
    try:
        RuleEntry.model_validate({**rule, "id": "imported"})
    except ValidationError as broken:
        first = broken.errors()[0]
        faults = first.get("ctx", {}).get("faults", ())
        return str(faults[0].message).replace("{at}", "a rule of this gate") if faults else f"no rule of this gate: {first['msg']}"
    return ""
