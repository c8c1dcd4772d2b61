"""One finding in words, and findings in their order; each sink escapes the words in its own way."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from gate.core.decision import Effect, Finding, Outcome, RowsNeeded
from gate.core.metric import Form
from gate.core.policy import Burden, Enforcement, Scope
from gate.metrics.catalogue import by_name
from gate.report.figures import count, number
from gate.report.phrases import listing, name, sentence

__all__ = ["INTERVAL_LEGEND", "beyond", "caught", "message", "open_question", "ordered", "outcome", "pair", "place", "settle", "subject"]

INTERVAL_LEGEND = (
    "Intervals are the one-sided bounds of the groups that decide, each at its own level: the bound on the side of the "
    "threshold must be within it to pass, the other one beyond it to fail. Of a pair, it is the first group's rate minus "
    "the second's, or the second's over the first's."
)

_WORDS = {Form.DIFFERENCE: "gap", Form.RATIO: "ratio"}


def outcome(finding: Finding) -> str:
    """What a finding came to, in two words or three."""
    match finding.outcome:
        case Outcome.PASS:
            return "pass, no error control" if finding.burden_of_proof is Burden.POINT_ESTIMATE else "pass"
        case Outcome.FAIL:
            return "FAIL" if finding.effect is Effect.BLOCKS else "fail, advisory" if finding.inherited is None else "fail, inherited"
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
    if finding.inherited is not None:
        return "undecided, inherited"
    if finding.enforcement is Enforcement.ADVISORY:
        return "undecided, advisory"
    return "not disproved" if finding.not_disproved else "undecided, reported"


def pair(finding: Finding) -> str:
    """The groups that decide, or what the finding is about when no group does."""
    if not finding.groups:
        return "all rows" if finding.feature is None else "all groups"
    names = tuple(name(group) for group in finding.groups)
    return listing(names) if finding.metric is None else " vs ".join(names)


def place(finding: Finding) -> str:
    """The feature and the groups that decide."""
    return pair(finding) if finding.feature is None else f"{name(finding.feature)}: {pair(finding)}" if finding.groups else name(finding.feature)


def subject(finding: Finding) -> str:
    """The rule and the feature, as a sentence names them."""
    return name(finding.rule) if finding.feature is None else f"{name(finding.rule)} on {name(finding.feature)}"


def message(finding: Finding) -> str:
    """The finding's own sentence, and why there is no value where the sentence does not say it."""
    said = sentence(finding.message)
    missing = finding.reason if finding.metric is not None and finding.outcome is not Outcome.NOT_APPLICABLE else None
    return said if missing is None or missing in finding.message else f"{said} {sentence(f'No value: {missing}')}".strip()


def settle(finding: Finding) -> str:
    """What would settle an undecided finding, or why more rows would not; empty where nothing is open."""
    if finding.outcome is not Outcome.INCONCLUSIVE:
        return ""
    needed = _needed(finding.rows_needed, scope=finding.scope) if finding.rows_needed else ""
    return " ".join(part for part in (needed, sentence(finding.rows_needed_reason or "")) if part)


def open_question(finding: Finding) -> str:
    """What would settle a finding, and what these rows would have caught: for places that do not print its message."""
    if finding.outcome is Outcome.FAIL and finding.metric is not None:
        return sentence(finding.rows_needed_reason or "")
    return " ".join(part for part in (settle(finding), caught(finding) if finding.not_disproved else "") if part)


def _needed(needed: RowsNeeded, *, scope: Scope) -> str:
    equal, half = (
        ("If the groups are truly equal", "If the true gap is half the threshold")
        if scope is Scope.BETWEEN_GROUPS
        else ("At least", "If the true distance is half as large")
    )
    enough = all(size <= needed.have.get(group, 0) for group, size in needed.if_equal.items())
    sizes = "as many rows as there are" if enough else f"{_sizes(needed.if_equal, unit=needed.unit, have=needed.have)}, in total"
    sentences = [f"{equal}: {sizes}."]
    if needed.if_half is not None:
        sentences.append(f"{half}: {_sizes(needed.if_half, unit=needed.unit, have=needed.have if enough else {})}.")
    if len(needed.if_equal) > 1:
        sentences.append(f"Most is missing for {name(needed.binding)}.")
    return " ".join(sentences)


def _sizes(sizes: Mapping[str, int], *, unit: str, have: Mapping[str, int]) -> str:
    """`1,120 positives of black (99 now) and 900 of hispanic (55 now)`: the unit once, what there is where it is known."""
    units = (f" {name(unit)}", *[""] * (len(sizes) - 1))
    return listing((_size(group, size, unit=once, have=have) for once, (group, size) in zip(units, sizes.items(), strict=True)), most=8)


def _size(group: str, size: int, *, unit: str, have: Mapping[str, int]) -> str:
    """The size for one group; the whole table is the group without a name."""
    now = f" ({count(have[group])} now)" if group in have else ""
    return f"{count(size)}{unit}{f' of {name(group)}' if group else ''}{now}"


def caught(finding: Finding) -> str:
    """The smallest true value beyond the bound that would not have gone unseen."""
    if finding.versus is not None:
        return ""  # nothing is worked out for a comparison
    metric = by_name(finding.metric or "")
    if metric is not None and not metric.calibrated:
        return "What these rows would have caught is not known for this metric."
    if finding.detectable_gap is None and "is not computed for" in finding.message:
        return "Which true value these rows would have caught is not computed for this metric."
    if finding.detectable_gap is None:
        return "These rows could not have disproved any value."
    what = _WORDS.get(metric.form, "rate") if metric and not metric.logarithmic else "value"
    beyond = "less" if finding.threshold and finding.threshold.min is not None else "more"
    return f"A true {what} of {number(finding.detectable_gap)} or {beyond} would have been caught (80 % power)."


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


def beyond(finding: Finding) -> bool:
    """True when the estimate itself is at or beyond the threshold."""
    return finding.value is not None and finding.threshold is not None and _excess(finding) >= 0


def _excess(finding: Finding) -> float:
    threshold = finding.threshold
    if finding.value is None or threshold is None:
        return float("inf")
    return finding.value - threshold.ceiling if threshold.ceiling is not None else (threshold.min or 0.0) - finding.value
