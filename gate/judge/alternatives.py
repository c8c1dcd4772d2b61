"""Which candidate of a search is put forward: arithmetic on what the judgement said of each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gate.core.alternatives import Recommendation, Tried
from gate.core.decision import Effect, Finding, Judgement, Outcome, Verdict
from gate.core.policy import Enforcement

__all__ = ["UTILITY", "Measured", "beyond", "disparities", "efficient", "measured", "recommended", "utility"]

UTILITY = "mitigate:utility"
"""The id of the finding that says what a candidate is good for; no rule of a policy can be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What candidates are compared by: the utility, and every disparity by its rule and feature."""

    utility: float
    gaps: Mapping[tuple[str, str], float]

    def no_worse(self, other: "Measured", *, tolerance: float = 0.0) -> bool:
        """Whether it loses at most so much utility against another one of the same disparities, and none of them is greater."""
        comparable = self.gaps.keys() == other.gaps.keys()
        return comparable and self.utility >= other.utility - tolerance and all(gap <= other.gaps[key] for key, gap in self.gaps.items())


def measured(judgement: Judgement | None) -> Measured | None:
    """The numbers of a judgement; None where one is missing, since what is not known is neither smaller nor greater."""
    found = () if judgement is None else judgement.findings
    useful = next((finding.value for finding in found if finding.rule == UTILITY), None)
    gaps = {(finding.rule, finding.feature or ""): finding.value for finding in found if _is_gap(finding)}
    known = {key: value for key, value in gaps.items() if value is not None}
    return None if useful is None or len(known) < len(gaps) else Measured(utility=useful, gaps=known)


def _is_gap(finding: Finding) -> bool:
    return finding.rule.startswith("mitigate:") and finding.rule != UTILITY


def utility(tried: Tried) -> Finding | None:
    """The finding that says what a candidate is good for; None where there is none, or its number may not be shown."""
    found = () if tried.judgement is None else tried.judgement.findings
    return next((finding for finding in found if finding.rule == UTILITY and finding.value is not None), None)


def disparities(tried: Tried) -> tuple[Finding, ...]:
    """The findings that compare groups of single features, in order, with a number."""
    found = () if tried.judgement is None else tried.judgement.findings
    return tuple(finding for finding in found if _is_gap(finding) and finding.value is not None)


def beyond(tried: Tried) -> tuple[Finding, ...]:
    """The mandatory rules that a candidate does not meet even as an estimate; one without a number is not met."""
    found = () if tried.judgement is None else tried.judgement.findings
    judged = (finding for finding in found if finding.metric is not None and finding.enforcement is not Enforcement.ADVISORY)
    return tuple(finding for finding in judged if finding.outcome is not Outcome.NOT_APPLICABLE and _excess(finding) > 0)


def _excess(finding: Finding) -> float:
    """By how much the estimate is beyond the bound; without a number as far as can be."""
    limit = finding.threshold
    if finding.value is None or limit is None:
        return 0.0 if finding.outcome is Outcome.PASS or finding.not_disproved else 1.0
    over = [] if limit.max is None else [abs(finding.value) - limit.max]
    under = [] if limit.min is None else [limit.min - finding.value]
    return max([0.0, *over, *under])


def efficient(tried: Sequence[Tried]) -> frozenset[str]:
    """The names of those that no other is at least as good as in utility and every disparity, and better in one."""
    numbers = {entry.name: measured(entry.judgement) for entry in tried}
    known = {name: found for name, found in numbers.items() if found is not None}
    return frozenset(name for name, own in known.items() if not any(other.no_worse(own) and other != own for other in known.values()))


def recommended(tried: Sequence[Tried]) -> Recommendation:
    """The most useful of those that meet every mandatory rule as an estimate, those first that the judgement passes.

    Where two are as useful, the one that does not depend on the group. A model that is blocked is never put forward.
    """
    judged = [entry for entry in tried if entry.judgement is not None]
    if not judged:
        return Recommendation(name=None, nearest=None, why="no candidate could be judged")
    met = [entry for entry in judged if _verdict(entry) is not Verdict.BLOCKED and not beyond(entry) and not _held_by_check(entry)]
    passed = [entry for entry in met if _verdict(entry) is Verdict.PASSED]
    if not met:
        nearest = min(judged, key=lambda entry: (len(_stopped(entry)), sum(map(_excess, beyond(entry))), -_useful(entry), entry.name))
        why = f"no candidate meets every mandatory rule on the validation rows, not even as an estimate; {nearest.name} comes nearest"
        return Recommendation(name=None, nearest=nearest.name, why=why)
    best = max(passed or met, key=lambda entry: (_useful(entry), not entry.group_dependent, -judged.index(entry)))
    if passed:
        return Recommendation(name=best.name, nearest=best.name, why="it is the most useful of those that the judgement passes on the validation rows")
    why = "it is the most useful of those that meet every mandatory rule as an estimate; the validation rows are too few for the judgement to pass any"
    return Recommendation(name=best.name, nearest=best.name, why=why)


def _verdict(tried: Tried) -> Verdict | None:
    return None if tried.judgement is None else tried.judgement.verdict


def _stopped(tried: Tried) -> tuple[Finding, ...]:
    found = () if tried.judgement is None else tried.judgement.findings
    return tuple(finding for finding in found if finding.effect is Effect.BLOCKS)


def _held_by_check(tried: Tried) -> bool:
    """Whether a check of the gate's own blocks: constant answers, or a column that is forbidden."""
    return any(finding.metric is None for finding in _stopped(tried))


def _useful(tried: Tried) -> float:
    found = utility(tried)
    return -1.0 if found is None or found.value is None else found.value
