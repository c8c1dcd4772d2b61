"""What the gate says: findings, the verdict, and the decision that records both."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gate.core.counts import ContingencyTable, GroupCounts
from gate.core.document import Document
from gate.core.facts import Facts
from gate.core.policy import Burden, Enforcement, Scope, Threshold

__all__ = [
    "UNPUBLISHED",
    "CoverageEntry",
    "Decision",
    "Effect",
    "Estimate",
    "Finding",
    "GroupResult",
    "Inherited",
    "Insufficient",
    "Judgement",
    "Levels",
    "Outcome",
    "RowsNeeded",
    "Suppression",
    "Verdict",
]

UNPUBLISHED = "not published"
"""The reason of a finding whose numbers were left out, because small cells follow from them."""


class Outcome(StrEnum):
    """What a rule found on one feature."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not_applicable"


class Effect(StrEnum):
    """What a finding does to the promotion: nothing, hold it for want of evidence, or block it."""

    NONE = "none"
    HOLDS = "holds"
    BLOCKS = "blocks"


class Verdict(StrEnum):
    """The answer: may this candidate be promoted?"""

    PASSED = "passed"
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A number with its one-sided bounds, each at its own level.

    `sufficient` is False when the number is defined but rests on fewer rows than the policy's `min_group`. A bound
    is None where no finite bound exists.
    """

    value: float
    lower: float | None
    upper: float | None
    sufficient: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Insufficient:
    """There is no such number, and why: never 0, never NaN."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The one-sided error levels used: `passing` for the bound that must be met to pass, `failing` to fail."""

    passing: float
    failing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsNeeded:
    """The size to which each named group has to grow for 80 % power to pass; groups that are large enough are not named.

    Args:
        unit: what is counted: rows, positives or negatives.
        have: what the groups named below have now.
        if_equal: group → size, if all groups are truly equal: at least this many.
        if_half: group → size, if the true gap is half the threshold.
        binding: the group that lacks most.
    """

    unit: str
    have: Mapping[str, int]
    if_equal: Mapping[str, int]
    if_half: Mapping[str, int] | None
    binding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """Why what was found does not stop the candidate: the champion has it already, and the policy accepts that until a day.

    Args:
        source: the champion's version; `champion` where a table of predictions gives none.
        until: the last day on which it is accepted.
        tolerance: how much worse than the champion the candidate is proven to be at most.
    """

    source: str
    until: date
    tolerance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule, or one check of our own, says about one feature or intersection.

    Args:
        rule: the rule's id, or the id of the check (`coverage-absent-group`, …).
        metric: the metric's id; None for a check of our own.
        feature: a feature or intersection; None for the whole table.
        groups: the group that decides, or the pair in the direction that decides: first minus second, second over first.
        outcome: pass, fail, inconclusive or not applicable.
        effect: what it does to the promotion.
        value: the metric (max − min, min / max, worst group, or the rate itself); None when undefined.
        pair_value: the same for the pair or group that decides.
        lower, upper: one-sided bounds of `pair_value`, each at its level.
        reason: why `value` is None.
        levels: the error levels used; None where there is no error control.
        insufficient: groups below `min_group`, or without the rows that the metric divides by.
        rows_needed: what would settle an inconclusive finding; None with `rows_needed_reason`.
        detectable_gap: for "not disproved": the smallest true gap caught with 80 % power; None if none, or not asked.
        message: one sentence for a person.
        versus: the baseline that the candidate is compared with; value and bounds are then the drop or rise from it.
        inherited: set where the champion violates the rule too and the policy accepts that; the outcome stays what it is.
    """

    rule: str
    outcome: Outcome
    effect: Effect
    enforcement: Enforcement
    message: str
    metric: str | None = None
    scope: Scope = Scope.OVERALL
    feature: str | None = None
    groups: tuple[str, ...] = ()
    burden_of_proof: Burden | None = None
    value: float | None = None
    pair_value: float | None = None
    lower: float | None = None
    upper: float | None = None
    reason: str | None = None
    threshold: Threshold | None = None
    levels: Levels | None = None
    insufficient: tuple[str, ...] = ()
    rows_needed: RowsNeeded | None = None
    rows_needed_reason: str | None = None
    detectable_gap: float | None = None
    why: str = ""
    versus: str | None = None
    inherited: Inherited | None = None

    @property
    def not_disproved(self) -> bool:
        """True when the evidence proves nothing, and the policy lets it through all the same."""
        return self.outcome is Outcome.INCONCLUSIVE and self.effect is Effect.NONE and self.burden_of_proof is Burden.GATE


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageEntry:
    """Rows that a feature's declaration does not cover, a declared group without rows, or a group that is not judged, and `why`."""

    feature: str
    kind: str
    rows: int
    share: float
    group: str | None = None
    examples: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupResult:
    """One group with its counts and its metrics, each with one-sided bounds at the passing level.

    `effective_rows` is None unless rows are weighted or clustered: as many independent rows would give the selection
    rate as precisely.
    """

    counts: GroupCounts
    metrics: Mapping[str, Estimate | Insufficient]
    effective_rows: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The pure part of a decision: what follows from policy, configuration, counts and facts."""

    verdict: Verdict
    findings: tuple[Finding, ...]
    groups: tuple[GroupResult, ...]
    coverage: tuple[CoverageEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """What was left out of a decision before it was published, because cells of fewer rows than `min_cell` follow from it.

    Args:
        min_cell: the fewest rows that a published cell has.
        features: features and intersections without any number.
        overall: whether the numbers of all rows together are left out too.
    """

    min_cell: int
    features: tuple[str, ...]
    overall: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The decision: the judgement, and everything that it was reached from.

    `counts_digest` is `sha256:…` of `counts.parquet`. `suppressed` says what is missing of a decision that was made fit
    to be published; its counts are then in the evidence store alone, and the digest is None: few cells are guessed from it.
    `earlier` says, of a decision read from a record, what the version that wrote it did not write, or worded otherwise.
    """

    tier: str
    judgement: Judgement
    facts: Facts
    counts: ContingencyTable
    counts_digest: str | None
    policy: Document
    config: Document
    gate_version: str
    suppressed: Suppression | None = None
    earlier: tuple[str, ...] = ()

    @property
    def looks(self) -> int | None:
        """Which look at the holdout it is; None when looks are not counted."""
        return self.facts.data.look

    @property
    def development(self) -> bool:
        """True when it is about the development table: advisory, so that nothing was decided."""
        return self.facts.data.development

    @property
    def verdict(self) -> Verdict:
        """The verdict of the judgement."""
        return self.judgement.verdict
