"""A policy of a risk tier: what a candidate has to show, and who bears the burden of proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from gate.core.card import Section
from gate.core.explanation import Part
from gate.core.mitigation import MitigationTerms
from gate.core.model import ModelConfig
from gate.core.monitoring import Monitoring
from gate.core.review import ReviewTerms
from gate.core.sandbox import Capability
from gate.core.searches import AlternativeTerms

__all__ = [
    "CHAMPION",
    "Burden",
    "Confidence",
    "DataTerms",
    "Enforcement",
    "Evidence",
    "ExplanationTerms",
    "ForbiddenInputs",
    "Governance",
    "Grandfathered",
    "Inheritance",
    "Intersections",
    "MinGroup",
    "ModelFormat",
    "ModelTerms",
    "OverrideTerms",
    "Policy",
    "RecordTerms",
    "Rule",
    "SandboxDemand",
    "Scope",
    "SmallIntersections",
    "Threshold",
]


CHAMPION = "champion"
"""The alias of the version in production: the only baseline that a first release may lack."""


class Burden(StrEnum):
    """Who has to prove something: the candidate that it is within the bound, or the gate that it is not."""

    CANDIDATE = "candidate"
    GATE = "gate"
    POINT_ESTIMATE = "point_estimate"


class Enforcement(StrEnum):
    """What a violated rule does: Sentinel's levels."""

    ADVISORY = "advisory"
    SOFT_MANDATORY = "soft-mandatory"
    HARD_MANDATORY = "hard-mandatory"


class Scope(StrEnum):
    """What a rule looks at."""

    OVERALL = "overall"
    BY_GROUP = "by_group"
    BETWEEN_GROUPS = "between_groups"


class SmallIntersections(StrEnum):
    """What an intersection below `min_group` does."""

    REPORT = "report"
    BLOCK = "block"


class SandboxDemand(StrEnum):
    """Whether a candidate may be judged where no sandbox works."""

    REQUIRED = "required"
    PREFERRED = "preferred"


class ModelFormat(StrEnum):
    """How the files of a model have to be stored."""

    ANY = "any"
    SKOPS = "skops"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The bound of a rule: exactly one of `max`, `min`, and, against a baseline on the same rows, `max_drop` and `max_increase`."""

    max: float | None = None
    min: float | None = None
    max_drop: float | None = None
    max_increase: float | None = None

    @property
    def ceiling(self) -> float | None:
        """What the value may not exceed; None for a floor."""
        return next((bound for bound in (self.max, self.max_drop, self.max_increase) if bound is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """One-sided confidence of a pass and of a fail, each in (0.5, 1)."""

    passing: float = 0.95
    failing: float = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class MinGroup:
    """The fewest rows, positives and negatives on which a group's number is called sufficient."""

    rows: int = 30
    positives: int = 30
    negatives: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Intersections:
    """How many features are crossed, and who bears the burden of proof there."""

    depth: int = 1
    burden_of_proof: Burden = Burden.GATE


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What counts as proof under this tier."""

    burden_of_proof: Burden = Burden.CANDIDATE
    confidence: Confidence = field(default_factory=Confidence)
    min_group: MinGroup = field(default_factory=MinGroup)
    intersections: Intersections = field(default_factory=Intersections)
    small_intersections: SmallIntersections = SmallIntersections.REPORT
    sandbox: SandboxDemand = SandboxDemand.PREFERRED
    sandbox_capabilities: tuple[Capability, ...] = ()
    declared_ranges_required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DataTerms:
    """What the holdout has to be like. Shares are of all rows, in [0, 1]."""

    expectations_required: bool = False
    max_unknown_share: float = 0.02
    max_missing_labels: float = 0.0
    max_age_days: int | None = None
    max_looks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForbiddenInputs:
    """Columns that a model may not take as input: named ones, and all sensitive features when `sensitive`."""

    sensitive: bool = False
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelTerms:
    """What the files of a model have to be like before any is loaded; `trusted_types` besides those that skops trusts itself."""

    format: ModelFormat = ModelFormat.ANY
    trusted_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grandfathered:
    """An earlier policy, by its digest `sha256:…`, whose decisions count until a day, that day included."""

    policy: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordTerms:
    """What a recorded decision has to be like to let anything be deployed.

    Args:
        signature_required: whether it has to be signed by a trusted key.
        ledger_required: whether it has to stand in a ledger.
        max_age_days: how long it counts; None for ever.
        grandfather: earlier policies whose decisions still count.
        rollback_days: for how long at most a version that was allowed may be gone back to; None: nobody may.
    """

    signature_required: bool = True
    ledger_required: bool = True
    max_age_days: int | None = None
    grandfather: tuple[Grandfathered, ...] = ()
    rollback_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Governance:
    """Who answers for a policy, and when it is in force; it judges nothing.

    Args:
        owner: who answers for it.
        approved_by: who approved it.
        effective_from: the first day on which it is in force; None for always.
        effective_until: the last such day; None for ever.
        supersedes: the policy that it replaces: its digest, or a word for people.
        retention_days: for how long its decisions have to be kept.
    """

    owner: str = ""
    approved_by: tuple[str, ...] = ()
    effective_from: date | None = None
    effective_until: date | None = None
    supersedes: str = ""
    retention_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideTerms:
    """What it takes to override a soft-mandatory rule.

    Args:
        approvers: how many people have to approve.
        roles: of which roles; any of them will do.
        max_days: how long at most an override stands.
    """

    approvers: int
    roles: tuple[str, ...]
    max_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplanationTerms:
    """What has to be found out about why a candidate answers as it does.

    Args:
        require: parts that have to be there.
        surrogate_fidelity_min: how often a small tree at least has to answer as the candidate does.
        proxy_auc_max: how well the inputs at most may tell any group from all others.
        flip_rate_max: the share of rows at most whose answer may change with nothing but the sensitive feature.
        reasons_stability_min: the share of refusals at least whose first reason has to be stable.
    """

    require: tuple[Part, ...] = ()
    surrogate_fidelity_min: float | None = None
    proxy_auc_max: float | None = None
    flip_rate_max: float | None = None
    reasons_stability_min: float | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Every part that is needed, by demand or for a bound, in the order in which they are produced."""
        bounds = {
            Part.SURROGATE: self.surrogate_fidelity_min,
            Part.PROXIES: self.proxy_auc_max,
            Part.FLIPS: self.flip_rate_max,
            Part.REASONS: self.reasons_stability_min,
        }
        return tuple(part for part in Part if part in self.require or bounds.get(part) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """That a violation which the champion has already is accepted: until a day, that day included, if it is at most `tolerance` worse."""

    until: date
    tolerance: float = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One requirement: a metric, a bound, and what happens when it is not met.

    Args:
        id: its name within the policy.
        metric: an id of the catalogue, or `module:function`.
        threshold: the bound.
        scope: overall, by group, or between groups.
        enforcement: what a violation does.
        features: the sensitive features it looks at; None means every declared one.
        depth: how many features it crosses at most; None means what the evidence section says.
        burden_of_proof: for declared features; None means what the evidence section says.
        applies_to: facts of a model (`task`) that must hold, otherwise the rule is not applicable.
        why: the reason, in words for the person who is blocked.
        satisfies: clauses of regulation or standards that this rule is evidence for.
        versus: the alias or version that the candidate is compared with on the same rows.
        anchor: likewise, for a drop that adds up over many releases; at most one of the two.
        inherits: whether violations of the champion's are accepted, and until when; None: never.
        control_features: the control feature within whose strata groups are judged; none means all rows together.
    """

    id: str
    metric: str
    threshold: Threshold
    scope: Scope
    enforcement: Enforcement
    features: tuple[str, ...] | None = None
    depth: int | None = None
    burden_of_proof: Burden | None = None
    applies_to: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    satisfies: tuple[str, ...] = ()
    versus: str | None = None
    anchor: str | None = None
    inherits: Inheritance | None = None
    control_features: tuple[str, ...] = ()

    def applies(self, model: ModelConfig) -> bool:
        """Whether the rule is about this model at all."""
        return all(getattr(model, key) == wanted for key, wanted in self.applies_to.items())

    @property
    def of_user(self) -> bool:
        """Whether its metric is a function that the policy brings along, `module:function`."""
        return ":" in self.metric

    @property
    def baseline(self) -> str | None:
        """The alias or version that it compares with; None for a rule about the candidate alone."""
        return self.versus if self.versus is not None else self.anchor

    @property
    def bound(self) -> tuple[str, float | None]:
        """The one bound that is set, under the key that a file writes."""
        limit = self.threshold
        if self.anchor is not None:
            return "cumulative_max_drop", limit.max_drop
        given = (("max", limit.max), ("max_drop", limit.max_drop), ("max_increase", limit.max_increase))
        return next(((key, value) for key, value in given if value is not None), ("min", limit.min))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The whole policy of one tier, after `extends`, with every default filled in.

    `documentation` is what has to be written on the model card; `min_cell` the fewest rows that a published cell may
    have, None publishes all; `review` what people have to answer before and after a deployment.
    """

    tier: str
    rules: tuple[Rule, ...]
    version: int | None = None
    description: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    data: DataTerms = field(default_factory=DataTerms)
    forbidden_inputs: ForbiddenInputs = field(default_factory=ForbiddenInputs)
    model_terms: ModelTerms = field(default_factory=ModelTerms)
    documentation: tuple[Section, ...] = ()
    explanations: ExplanationTerms = field(default_factory=ExplanationTerms)
    record: RecordTerms = field(default_factory=RecordTerms)
    override: OverrideTerms | None = None
    min_cell: int | None = None
    governance: Governance = field(default_factory=Governance)
    report_only_until: date | None = None
    review: ReviewTerms = field(default_factory=ReviewTerms)
    mitigation: MitigationTerms = field(default_factory=MitigationTerms)
    monitoring: Monitoring = field(default_factory=Monitoring)
    alternatives: AlternativeTerms = field(default_factory=AlternativeTerms)

    def applicable(self, model: ModelConfig) -> tuple[Rule, ...]:
        """The rules that are about this model."""
        return tuple(rule for rule in self.rules if rule.applies(model))
