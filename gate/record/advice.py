"""What in a decision is advice to people, of which nothing follows: sentences, and plans of how many rows would settle it."""

from collections.abc import Mapping
from typing import Any

from gate.core.canonical import canonical

__all__ = ["same_but_for_advice"]

_ADVICE = frozenset({"message", "rows_needed", "rows_needed_reason", "detectable_gap"})


def same_but_for_advice(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two decisions, as they stand in `decision.json`, agree in all but the advice of their findings.

    Versions of the gate word messages otherwise, and plan where earlier ones did not: outcomes, values, limits and the
    verdict have to be the same. Advice that is there in one only is a difference like any other.
    """
    return canonical(_bare(one)) == canonical(_bare(other))


def _bare(decision: Mapping[str, Any]) -> dict[str, Any]:
    findings = decision.get("findings")
    if not isinstance(findings, list):
        return dict(decision)
    return {**decision, "findings": [_silent(finding) if isinstance(finding, dict) else finding for finding in findings]}


def _silent(finding: dict[str, Any]) -> dict[str, Any]:
    """The finding with its advice emptied; a message that is no text stays, for no version wrote one."""
    emptied = {key for key in _ADVICE & finding.keys() if key != "message" or isinstance(finding[key], str)}
    return {key: "advice" if key in emptied else value for key, value in finding.items()}
