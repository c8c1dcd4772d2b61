"""The verdict and the effect of a finding: small tables that start from "not proven"."""

from collections.abc import Sequence

from gate.core.decision import Effect, Finding, Outcome, Verdict
from gate.core.policy import Burden, Enforcement

__all__ = ["effect", "verdict"]


def verdict(findings: Sequence[Finding]) -> Verdict:
    """Blocked if any finding blocks; passed only if none holds and some mandatory rule was judged."""
    effects = {finding.effect for finding in findings}
    if Effect.BLOCKS in effects:
        return Verdict.BLOCKED
    if Effect.HOLDS in effects or not any(_judged(finding) for finding in findings):
        return Verdict.INCONCLUSIVE
    return Verdict.PASSED


def _judged(finding: Finding) -> bool:
    """A mandatory rule that was met, that the gate could not disprove, or that is violated no worse than before and accepted so."""
    mandatory = finding.metric is not None and finding.enforcement is not Enforcement.ADVISORY
    return mandatory and (finding.outcome is Outcome.PASS or finding.not_disproved or finding.inherited is not None)


def effect(outcome: Outcome, enforcement: Enforcement, burden: Burden | None, *, sampling_only: bool) -> Effect:
    """What a finding does to the promotion.

    `sampling_only` says that nothing but sampling uncertainty stands between the finding and an answer: only then
    may an inconclusive one pass, and only where the burden of proof lies on the gate.
    """
    if enforcement is Enforcement.ADVISORY or outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE):
        return Effect.NONE
    if outcome is Outcome.FAIL:
        return Effect.BLOCKS
    return Effect.NONE if burden is Burden.GATE and sampling_only else Effect.HOLDS
