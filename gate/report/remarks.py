"""One finding in words, and findings in their order; each sink escapes the words in its own way."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from gate.core.decision import Effect, Finding, Outcome, RowsNeeded
from gate.core.policy import Burden, Enforcement, Scope
from gate.report.figures import count, number
from gate.report.phrases import listing, name, sentence

__all__ = ["INTERVAL_LEGEND", "ordered", "outcome", "pair", "place", "settle", "shortfall", "subject"]

INTERVAL_LEGEND = (
    "Intervals are the one-sided bounds of the groups that decide, each at its own level: the bound on the side of the "
    "threshold must be within it to pass, the other one beyond it to fail. The group with the higher rate comes first."
)


def outcome(finding: Finding) -> str:
    """What a finding came to, in two words or three."""
    match finding.outcome:
        case Outcome.PASS:
            return "pass, no error control" if finding.burden_of_proof is Burden.POINT_ESTIMATE else "pass"
        case Outcome.FAIL:
            return "FAIL" if finding.effect is Effect.BLOCKS else "fail, advisory"
        case Outcome.INCONCLUSIVE:
            return _undecided(finding)
        case Outcome.NOT_APPLICABLE:
            return "not applicable"
        case _:
            assert_never(finding.outcome)


def _undecided(finding: Finding) -> str:
    if finding.effect is Effect.BLOCKS:
        return "INCONCLUSIVE, blocks"
    if finding.effect is Effect.HOLDS:
        return "INCONCLUSIVE"
    if finding.enforcement is Enforcement.ADVISORY:
        return "undecided, advisory"
    return "not disproved" if finding.not_disproved else "undecided, reported"


def pair(finding: Finding) -> str:
    """The groups that decide, or what the finding is about when no group does."""
    return " vs ".join(name(group) for group in finding.groups) or ("all rows" if finding.feature is None else "all groups")


def place(finding: Finding) -> str:
    """The feature and the groups that decide."""
    return pair(finding) if finding.feature is None else f"{name(finding.feature)}: {pair(finding)}" if finding.groups else name(finding.feature)


def subject(finding: Finding) -> str:
    """The rule and the feature, as a sentence names them."""
    return name(finding.rule) if finding.feature is None else f"{name(finding.rule)} on {name(finding.feature)}"


def shortfall(finding: Finding) -> str:
    """Why a finding has no value, and which groups are too small to judge; empty where neither is so."""
    undefined = f"No value: {finding.reason.rstrip('.')}." if finding.reason and finding.outcome is not Outcome.NOT_APPLICABLE else ""
    small = f"Too few rows to judge: {listing(name(group) for group in finding.insufficient)}." if finding.insufficient else ""
    return " ".join(part for part in (undefined, small) if part)


def settle(finding: Finding) -> str:
    """What would settle a finding, or why nothing would; empty where there is nothing to say."""
    parts = (
        _needed(finding.rows_needed, scope=finding.scope) if finding.rows_needed else "",
        sentence(finding.rows_needed_reason or ""),
        _caught(finding) if finding.not_disproved else "",
    )
    return " ".join(part for part in parts if part)


def _needed(needed: RowsNeeded, *, scope: Scope) -> str:
    equal, half = (
        ("If the groups are truly equal", "If the true gap is half the threshold")
        if scope is Scope.BETWEEN_GROUPS
        else ("At least", "If the true distance is half as large")
    )
    sentences = [f"{equal}: {_sizes(needed.if_equal, unit=needed.unit, have=needed.have)}, in total."]
    if needed.if_half is not None:
        sentences.append(f"{half}: {_sizes(needed.if_half, unit=needed.unit, have={})}.")
    if len(needed.if_equal) > 1:
        sentences.append(f"Most is missing for {name(needed.binding)}.")
    return " ".join(sentences)


def _sizes(sizes: Mapping[str, int], *, unit: str, have: Mapping[str, int]) -> str:
    """`1,120 positives of black (99 now) and 900 of hispanic (55 now)`: the unit once, what there is where it is known."""
    now = {group: f" ({count(have[group])} now)" if group in have else "" for group in sizes}
    amounts = [f"{count(size)} of {name(group)}{now[group]}" for group, size in sizes.items()]
    return listing(amounts, most=8).replace(" of ", f" {name(unit)} of ", 1)


def _caught(finding: Finding) -> str:
    if finding.detectable_gap is None:
        return "" if finding.rows_needed_reason else "No size of gap is known that these rows would have caught."
    return f"A true gap of {number(finding.detectable_gap)} or more would have been caught (80 % power)."


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, worst first: by what they do, then by how far they are beyond the threshold; unknown counts as far."""
    return tuple(sorted(findings, key=lambda finding: (_rank(finding), -_excess(finding))))


def _rank(finding: Finding) -> int:
    ranks = (
        finding.effect is Effect.BLOCKS,
        finding.effect is Effect.HOLDS,
        finding.outcome is Outcome.FAIL,
        finding.outcome is Outcome.INCONCLUSIVE and not finding.not_disproved,
        finding.outcome is Outcome.INCONCLUSIVE,
        finding.outcome is Outcome.PASS,
        True,
    )
    return ranks.index(True)


def _excess(finding: Finding) -> float:
    threshold = finding.threshold
    if finding.value is None or threshold is None:
        return float("inf")
    return finding.value - threshold.max if threshold.max is not None else (threshold.min or 0.0) - finding.value
