"""The shape of a policy file, and what one rule by itself can mean."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema, model_validator

from gate.core.approvers import GATE_ROLE
from gate.core.card import DATASHEET, Section
from gate.core.explanation import Part
from gate.core.metric import REGRESSION_RATES, Form, Metric, Rate
from gate.core.mitigation import Technique
from gate.core.model import CROSS, Task
from gate.core.policy import Burden, Enforcement, ModelFormat, SandboxDemand, Scope, SmallIntersections
from gate.core.sandbox import Capability
from gate.metrics.catalogue import ADVISORY_ONLY, CATALOGUE, REPORTED, by_name
from gate.metrics.kinds import AGAINST_OTHERS, SIGNED, inheritable_metric
from gate.policy.comparison import BOUNDS, COMPARISON, BaselineName, comparison_faults
from gate.policy.places import as_day
from gate.policy.problems import Fault, FaultyPolicyError, KeyPath, quoted
from gate.policy.review_file import ReviewEntry
from gate.policy.schema import Kind, Name, Strict, nearest
from gate.policy.yaml_loader import no_scalar_keys

__all__ = ["OWN_CHECKS", "POLICY", "TIER", "BaselineEntry", "PolicyFile", "RuleEntry"]

OWN_CHECKS = (
    "coverage-absent-group",
    "coverage-excluded-group",
    "coverage-undeclared-value",
    "coverage-missing-value",
    "coverage-missing-label",
    "attributes-unmatched",
    "data-expectations",
    "data-age",
    "forbidden-input",
    "untrusted-model-file",
    "documentation-missing",
    "mitigation-technique",
    "mitigation-group-dependent",
    "candidate-misbehaved",
    "constant-predictions",
    "nothing-judged",
    "looks-exhausted",
    "baseline-absent",
    "baseline-unavailable",
    "explanation-missing",
    "surrogate-fidelity",
    "proxy-auc",
    "flip-rate",
    "reasons-stability",
)
"""Ids of findings that are not a rule's: no rule may be named so."""

TIER = r"^[a-z0-9][a-z0-9-]{0,63}$"
_TYPE = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$"
_CLAUSE = r"^[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9./-]*$"

_OF_USER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*:[A-Za-z_][A-Za-z0-9_]*$")
"""`module:function`: a file beside the policy, and a function in it."""
_METRICS = [name for metric in CATALOGUE for name in (metric.id, *metric.aliases)]

Share = Annotated[float, Field(ge=0, le=1)]
Level = Annotated[float, Field(gt=0.5, lt=1)]
Risk = Annotated[float, Field(gt=0, lt=0.5)]
Depth = Annotated[int, Field(ge=1, le=4)]
FewestRows = Annotated[int, Field(ge=1)]
# Strict mode would demand members of the enumeration; YAML has only their text.
BurdenWord = Annotated[Burden, Field(strict=False)]
EnforcementWord = Annotated[Enforcement, Field(strict=False)]
ScopeWord = Annotated[Scope, Field(strict=False)]
SmallIntersectionsWord = Annotated[SmallIntersections, Field(strict=False)]
SandboxWord = Annotated[SandboxDemand, Field(strict=False)]
CapabilityWord = Annotated[Capability, Field(strict=False)]
PartWord = Annotated[Part, Field(strict=False)]
FormatWord = Annotated[ModelFormat, Field(strict=False)]
TechniqueWord = Annotated[Technique, Field(strict=False)]
SectionWord = Literal[
    "model_details",
    "intended_use",
    "factors",
    "metrics",
    "evaluation_data",
    "training_data",
    "quantitative_analyses",
    "ethical_considerations",
    "caveats",
    "datasheet",
]


def _or_number(schema: dict[str, Any]) -> None:
    """Let the JSON Schema of a mapping accept its first value alone too."""
    mapping = dict(schema)
    first = next(iter(mapping["properties"].values()))
    schema.clear()
    schema["anyOf"] = [mapping, {key: bound for key, bound in first.items() if key not in {"default", "description", "title"}}]


class ConfidenceEntry(Strict):
    """One-sided confidence of a pass and of a fail; a number alone sets that of a pass."""

    model_config = ConfigDict(json_schema_extra=_or_number)
    noun: ClassVar[str] = "`confidence`"

    passing: Level = Field(0.95, alias="pass", description="Confidence at which a rule counts as met. Default 0.95.")
    failing: Level = Field(0.99, alias="fail", description="Confidence at which a rule counts as violated. Default 0.99.")

    @model_validator(mode="before")
    @classmethod
    def _pass_alone(cls, value: object) -> object:
        return {"pass": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


class MinGroupEntry(Strict):
    """The fewest rows, positives and negatives on which a group's number is called sufficient."""

    noun: ClassVar[str] = "`min_group`"

    rows: FewestRows = Field(30, description="Rows. Default 30.")
    positives: FewestRows = Field(30, description="Rows with a positive label. Default 30.")
    negatives: FewestRows = Field(30, description="Rows with a negative label. Default 30.")


class IntersectionsEntry(Strict):
    """How many features are crossed, and who bears the burden of proof there; a number alone is the depth, burden on the gate."""

    model_config = ConfigDict(json_schema_extra=_or_number)
    noun: ClassVar[str] = "`intersections`"

    depth: Depth = Field(1, description="How many sensitive features are crossed at most, 1 to 4. Default 1: none.")
    burden_of_proof: BurdenWord = Field(Burden.GATE, description="Who bears the burden of proof for intersections. Default gate.")

    @model_validator(mode="before")
    @classmethod
    def _depth_alone(cls, value: object) -> object:
        return {"depth": value, "burden_of_proof": Burden.GATE.value} if isinstance(value, int) and not isinstance(value, bool) else value


class EvidenceEntry(Strict):
    """What counts as proof under this tier."""

    noun: ClassVar[str] = "`evidence`"

    burden_of_proof: BurdenWord = Field(
        Burden.CANDIDATE,
        description="candidate: only a proven pass lets it through. gate: only a proven violation stops it. point_estimate: no error control.",
    )
    confidence: ConfidenceEntry = Field(default_factory=ConfidenceEntry, description="How sure a pass and a fail have to be.")
    min_group: MinGroupEntry = Field(default_factory=MinGroupEntry, description="Below this a group's numbers are called insufficient.")
    intersections: IntersectionsEntry = Field(default_factory=IntersectionsEntry, description="Whether combinations of features are looked at.")
    small_intersections: SmallIntersectionsWord = Field(
        SmallIntersections.REPORT, description="What intersections below min_group do: report (default) or block."
    )
    sandbox: SandboxWord = Field(SandboxDemand.PREFERRED, description="Whether a candidate may be judged where no sandbox works. Default preferred: it may.")
    sandbox_capabilities: list[CapabilityWord] = Field(
        default_factory=list, description="What the sandbox has to give in any case, by name (docs/sandbox.md); without it nothing is judged. Default none."
    )

    declared_ranges: Literal["required", "optional"] = Field(
        "optional",
        description="Whether gate.yaml has to declare label_range, max_weight and max_cluster_rows where errors, weights or clusters decide. Default optional.",
    )

    def faults(self) -> Iterator[Fault]:
        """No capability is named twice."""
        yield from _repeated([word.value for word in self.sandbox_capabilities], "sandbox_capabilities")


class DataEntry(Strict):
    """What the holdout has to be like."""

    noun: ClassVar[str] = "`data`"

    expectations: Literal["required", "optional"] = Field(
        "optional", description="Whether a Great Expectations suite must be named in gate.yaml. Default optional."
    )
    max_unknown_share: Share = Field(0.02, description="Largest share of rows whose sensitive feature is missing or undeclared, per feature. Default 0.02.")
    max_missing_labels: Share = Field(0.0, description="Largest share of rows without a label. Default 0.")
    max_age_days: FewestRows | None = Field(None, description="Greatest age of the holdout; needs data.collected in gate.yaml. Default none.")
    max_looks: FewestRows | None = Field(None, description="How many looks at one holdout are allowed; later ones are inconclusive. Default none.")


def _as_list(value: object) -> object:
    """`none` and `sensitive` as the lists that they stand for."""
    return {None: [], "none": [], "sensitive": ["sensitive"]}.get(value, value) if value is None or isinstance(value, str) else value


class InputsEntry(Strict):
    """What the model may not take as input."""

    noun: ClassVar[str] = "`inputs`"

    forbid: Annotated[
        list[Name],
        BeforeValidator(_as_list),
        WithJsonSchema({"anyOf": [{"enum": ["none", "sensitive", None]}, {"type": "array", "items": {"type": "string"}}]}),
    ] = Field(default_factory=list, description="none (default), sensitive (every sensitive feature), or a list of `sensitive` and names of columns.")

    def faults(self) -> Iterator[Fault]:
        """Nothing is forbidden twice."""
        yield from _repeated(self.forbid, "forbid")


class ModelEntry(Strict):
    """What the files of the model have to be like before any is loaded."""

    noun: ClassVar[str] = "`model`"

    format: FormatWord = Field(ModelFormat.ANY, description="any (default), or skops: loading it may run nothing but skops on one file.")
    trusted_types: list[Annotated[str, Field(pattern=_TYPE)]] = Field(
        default_factory=list, description="Types that the file may hold besides those that skops trusts by itself: package.module.Class."
    )

    def faults(self) -> Iterator[Fault]:
        """No type is trusted twice."""
        yield from _repeated(self.trusted_types, "trusted_types")


class DocumentationEntry(Strict):
    """What people have to write on the model card."""

    noun: ClassVar[str] = "`documentation`"

    required: list[SectionWord] = Field(
        default_factory=list, description="Sections of card.yaml without which a candidate is blocked; `datasheet` is all of its sections."
    )

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections, in their order."""
        return tuple(section for section in Section if (DATASHEET if section.of_datasheet else section.value) in self.required)

    def faults(self) -> Iterator[Fault]:
        """No section is demanded twice."""
        yield from _repeated(list(self.required), "required")


class ExplanationsEntry(Strict):
    """What has to be found out about why a candidate answers as it does."""

    noun: ClassVar[str] = "`explanations`"

    require: list[PartWord] = Field(default_factory=list, description="Parts of `gate explain` without which a candidate does not pass. Default none.")
    surrogate_fidelity_min: Share | None = Field(
        None, description="How often a tree of depth 3 at least has to answer as the candidate does, on rows that it has not seen. Default none."
    )
    proxy_auc_max: Annotated[float, Field(ge=0.5, lt=1)] | None = Field(
        None, description="The area under the curve at most with which the inputs tell any group from all others. Default none."
    )
    flip_rate_max: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None, description="The share of rows at most whose answer changes with nothing but the sensitive feature. Default none."
    )
    reasons_stability_min: Share | None = Field(None, description="The share of refusals at least whose first reason is stable. Default none.")

    def faults(self) -> Iterator[Fault]:
        """No part is demanded twice."""
        yield from _repeated([part.value for part in self.require], "require")


class MitigationEntry(Strict):
    """Which techniques of mitigation may have made a model."""

    noun: ClassVar[str] = "`mitigation`"

    approved: list[TechniqueWord] | None = Field(
        None, description="Techniques of mitigation that may have made a model; an empty list allows none. Default none named: every one."
    )
    forbid_group_dependent: bool = Field(
        default=False, description="Whether techniques are refused that treat groups differently at decision time. Default false: they are not."
    )

    def faults(self) -> Iterator[Fault]:
        """No technique is approved twice."""
        yield from _repeated([word.value for word in self.approved or ()], "approved")


class AlternativesEntry(Strict):
    """Whether less discriminatory alternatives have to be looked for."""

    noun: ClassVar[str] = "`alternatives`"

    require: list[Name] = Field(
        default_factory=list,
        description="Roles of approvers.yaml of which one signs a search for less discriminatory alternatives before a deployment. Default none.",
    )
    utility_tolerance: float = Field(0.01, ge=0, le=1, description="How much utility an alternative may lose at least, and still count as one. Default 0.01.")

    def faults(self) -> Iterator[Fault]:
        """No role is named twice."""
        yield from _repeated(self.require, "require")


class RecordEntry(Strict):
    """What a recorded decision has to be like to let anything be deployed."""

    noun: ClassVar[str] = "`record`"

    signature: Literal["required", "optional"] = Field("required", description="Whether it has to be signed by a trusted key. Default required.")
    ledger: Literal["required", "optional"] = Field("required", description="Whether it has to stand in a ledger. Default required.")
    max_age_days: FewestRows | None = Field(None, description="How long a decision counts; after that the version is checked again. Default none: for ever.")
    grandfather: dict[Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")], Name] = Field(
        default_factory=dict, description="Digests of earlier policies, each with the last day on which its decisions count: YYYY-MM-DD. Default none."
    )

    rollback_days: int | None = Field(
        None, ge=1, le=90, description="For how many days at most a version that was allowed may be gone back to. Default none: nobody may."
    )

    def faults(self) -> Iterator[Fault]:
        """The days exist."""
        for policy, until in self.grandfather.items():
            if as_day(until) is None:
                yield Fault(path=("grandfather", policy), message=f"{{at}} must be a date, not {quoted(until)}", next_step="Write it as 2026-08-01.")


class PrivacyEntry(Strict):
    """What of the counts may be published."""

    noun: ClassVar[str] = "`privacy`"

    min_cell: int | None = Field(
        None, ge=2, description="Cells of fewer rows are published nowhere, nor what they could be derived from; a ledger keeps them. Default none: all are."
    )


class MonitoringEntry(Strict):
    """What is asked of a model after its release."""

    noun: ClassVar[str] = "`monitoring`"

    window_days: int = Field(1, ge=1, le=31, description="How many days make a window. Default 1.")
    delay_days: int = Field(0, ge=0, le=366, description="How many days after its end a window is counted; later rows are never merged. Default 0.")
    maturity_days: int = Field(0, ge=0, le=3660, description="How many days after its end the labels of a window are taken as complete. Default 0.")
    recent_days: FewestRows = Field(28, description="Over how many days a group has to have min_rows, and shares are taken. Default 28.")
    min_rows: FewestRows = Field(30, description="Fewest rows of a group on these days, or positives where a rate divides by them. Default 30.")
    max_unlabelled_share: Share = Field(0.1, description="Largest share of rows of mature windows that never got a label. Default 0.1.")
    alarm: Risk = Field(0.05, description="The share of processes within their bound that ever raise an alarm, for one rule on one feature. Default 0.05.")
    warning: Risk = Field(0.2, description="The same of a warning, which changes no exit code. Default 0.2.")
    require_revalidation: bool = Field(
        default=False, description="Whether gate verify refuses a version after an alarm until a new decision exists. Default false."
    )
    max_psi: Annotated[float, Field(gt=0)] | None = Field(None, description="Largest population stability index of a column. Default none: reported only.")
    max_wasserstein: Annotated[float, Field(gt=0)] | None = Field(
        None, description="Largest Wasserstein distance of a column, in standard deviations of the reference. Default none: reported only."
    )
    min_p_value: Risk | None = Field(None, description="Smallest p-value of a chi-square test of a column. Default none: reported only.")

    def faults(self) -> Iterator[Fault]:
        """A warning comes before an alarm."""
        if self.warning < self.alarm:
            message = f"{{at}} is {self.warning:g}, below `alarm` {self.alarm:g}, so an alarm would come before its warning"
            yield Fault(path=("warning",), message=message, next_step="Give a warning the larger share.")


class GovernanceEntry(Strict):
    """Who answers for a policy, and when it is in force; said of this file alone, never inherited."""

    noun: ClassVar[str] = "`governance`"

    owner: str = Field("", description="Who answers for it.")
    approved_by: list[Name] = Field(default_factory=list, description="Who approved it.")
    effective_from: str | None = Field(None, description="The first day on which it is in force: YYYY-MM-DD. Default none: always.")
    effective_until: str | None = Field(None, description="The last day on which it is in force. Default none: for ever.")
    supersedes: str = Field("", description="The policy that it replaces: its digest, or its version.")
    retention_days: int | None = Field(None, ge=1, description="For how long its decisions have to be kept. Default none: nothing is said.")

    def faults(self) -> Iterator[Fault]:
        """The days exist and follow one another; nobody approved twice."""
        yield from _repeated(self.approved_by, "approved_by")
        days = {key: getattr(self, key) for key in ("effective_from", "effective_until")}
        yield from (_no_day((key,), day) for key, day in days.items() if day is not None and as_day(day) is None)
        begins, ends = (as_day(day or "") for day in days.values())
        if begins is not None and ends is not None and ends < begins:
            yield Fault(path=("effective_until",), message="{at} is before `effective_from`, so it is never in force", next_step="Exchange them.")


def _no_day(path: KeyPath, written: str) -> Fault:
    return Fault(path=path, message=f"{{at}} must be a date, not {quoted(written)}", next_step="Write it as 2026-08-01.")


class OverrideEntry(Strict):
    """What it takes to override a soft-mandatory rule."""

    noun: ClassVar[str] = "`override`"

    approvers: int = Field(ge=1, le=20, description="How many people have to approve.")
    roles: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]] = Field(min_length=1, description="Of which roles of approvers.yaml; any will do.")
    max_days: int = Field(ge=1, le=366, description="How many days at most an override stands.")

    def faults(self) -> Iterator[Fault]:
        """No role stands there twice, and none is the gate's own."""
        yield from _repeated(self.roles, "roles")
        if GATE_ROLE in self.roles:
            yield Fault(
                path=("roles",), message=f"{{at}}: whoever signs decisions (`{GATE_ROLE}`) cannot approve overrides of them", next_step="Name another role."
            )


class AppliesTo(Strict):
    """Facts of a model that must hold, otherwise the rule is not applicable."""

    noun: ClassVar[str] = "`applies_to`"

    task: Annotated[Task, Field(strict=False)] | None = Field(None, description="The model's task.")


class BaselineEntry(Strict):
    """What the champion violates already, and is accepted for a time."""

    noun: ClassVar[str] = "`baseline`"

    inherited_until: str = Field(description="The last day on which a violation that the champion has too, on the same rows, is accepted.")
    tolerance: float = Field(0.02, ge=0, le=0.1, description="How much worse than the champion the candidate is proven to be at most. Default 0.02.")

    def faults(self) -> Iterator[Fault]:
        """The day is one."""
        if as_day(self.inherited_until) is None:
            yield _no_day(("inherited_until",), self.inherited_until)


_SHARE: dict[str, JsonValue] = {"minimum": 0, "maximum": 1}  # for editors; `_bound` says it in words


class RuleEntry(Strict):
    """One requirement: a metric, a bound, and what happens when it is not met."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": list(keys)} for keys in BOUNDS]})
    noun: ClassVar[str] = "a rule"
    unsupported: ClassVar[frozenset[str]] = frozenset({"agg"})
    synonyms: ClassVar[Mapping[str, str]] = {"threshold": "`max` or `min`", "bound": "`max` or `min`", "severity": "`enforcement`"}

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", description="The rule's name within the policy: lower case, digits and hyphens.")
    metric: Annotated[Name, WithJsonSchema({"anyOf": [{"type": "string", "enum": _METRICS}, {"type": "string", "pattern": _OF_USER.pattern}]})] = Field(
        description="A metric of the catalogue, by Fairlearn's name, or module:function for one of your own, from a file beside the policy (advisory only)."
    )
    max: float | None = Field(None, description="The largest value that is within bounds.")
    min: float | None = Field(None, description="The smallest value that is within bounds.")
    versus: BaselineName | None = Field(None, description="The alias (such as champion) or version that the candidate is compared with, on the same rows.")
    max_drop: float | None = Field(None, description="How far the rate may fall from `versus`, where higher is better.", json_schema_extra=_SHARE)
    max_increase: float | None = Field(None, description="How far the rate may rise from `versus`, where lower is better.", json_schema_extra=_SHARE)
    anchor: BaselineName | None = Field(None, description="The alias or version that cumulative_max_drop is measured from: it stays while champions change.")
    cumulative_max_drop: float | None = Field(None, description="How far the rate may fall from `anchor`, over all releases.", json_schema_extra=_SHARE)
    baseline: BaselineEntry | None = Field(None, description="What the champion violates already, and is accepted for a time. Default none: nothing is.")
    enforcement: EnforcementWord = Field(
        description="advisory: never affects the answer. soft-mandatory: blocks, a person may override. hard-mandatory: blocks, nobody may override."
    )
    scope: ScopeWord | None = Field(
        None, description="overall or by_group for a plain rate (to be named); between_groups for differences, ratios, minima and maxima (their default)."
    )
    features: list[Name] | None = Field(None, min_length=1, description="Sensitive features it looks at. Default: every declared one.")
    control_features: list[Name] | None = Field(
        None, min_length=1, max_length=1, description="A control feature of gate.yaml: groups are judged within each of its strata. Default none."
    )
    depth: Depth | None = Field(None, description="How many features this rule crosses at most. Default: evidence.intersections.depth.")
    burden_of_proof: BurdenWord | None = Field(None, description="For declared features. Default: evidence.burden_of_proof.")
    applies_to: AppliesTo = Field(default_factory=AppliesTo, description="Otherwise the rule is not applicable, and the report says so.")
    why: str = Field("", description="The reason, in words for the person who is blocked.")
    satisfies: list[Annotated[str, Field(pattern=_CLAUSE)]] = Field(
        default_factory=list, description="Clauses that this rule is evidence for, such as eu-ai-act/art-10."
    )

    def faults(self) -> Iterator[Fault]:
        """What this rule cannot mean."""
        yield from _reserved(self.id)
        yield from self._of_metric()
        yield from self._of_overall()
        yield from self._of_baseline()
        yield from _repeated(self.features or [], "features")
        yield from _crossed(self.features or [])
        yield from self._of_strata()

    def _of_strata(self) -> Iterator[Fault]:
        """Within strata, single features are judged, of the candidate alone."""
        if self.control_features is None:
            return
        of_two = {key: getattr(self, key) is not None for key in (*COMPARISON, "baseline")}
        given = {"scope": self.scope is Scope.OVERALL, "depth": (self.depth or 1) > 1, **of_two}
        for key in (key for key, stands in given.items() if stands):
            message = f"{{at}}: `control_features` is supported for the groups of single features only, without `{key}`"
            yield Fault(path=("control_features",), message=message, next_step=f"Remove one of the two, or write a rule of its own for `{key}`.", at_key=True)

    @property
    def resolved(self) -> Metric | None:
        """The metric of the catalogue; None when there is none of this name."""
        return by_name(self.metric)

    def _of_metric(self) -> Iterator[Fault]:
        metric = self.resolved
        if _OF_USER.match(self.metric):
            yield from self._of_user()
            return
        if metric is None and (reported := next((name for name in REPORTED if self.metric.startswith(name)), None)):
            yield Fault(path=("metric",), message=f"{{at}}: `{reported}` is reported and never judged", next_step=_sentence(REPORTED[reported]))
            return
        if metric is None:
            offer = nearest(self.metric, _METRICS) or "`gate metrics` lists them."
            yield Fault(path=("metric",), message=f"{{at}}: there is no metric {quoted(self.metric)}", next_step=offer)
            return
        if self.compares:
            yield from comparison_faults(
                self.model_dump(include=set(COMPARISON)), metric, beside=[key for key in ("max", "min") if getattr(self, key) is not None]
            )
        else:
            yield from _bound(metric, self.max, self.min)
        yield from _looks_at(metric, self.scope)
        yield from self._of_rates(metric)

    def _of_user(self) -> Iterator[Fault]:
        """What a metric of the policy's own does not allow a rule to ask."""
        given = [key for key, bound in (("max", self.max), ("min", self.min)) if bound is not None]
        if self.compares:
            yield Fault(path=("metric",), message="{at}: a metric of your own is not compared with another model", next_step="Bound it by `max` or `min`.")
        elif len(given) != 1 or not all(math.isfinite(bound) for bound in (self.max, self.min) if bound is not None):
            yield Fault(path=(), message="{at} needs exactly one bound, a number: `max` or `min`", next_step="A rule has exactly one bound.")
        if self.scope is None:
            yield Fault(path=(), message="{at}: a metric of your own needs a `scope`", next_step="Add overall, by_group or between_groups.")
        if self.scope is Scope.BETWEEN_GROUPS and not ((self.min is None and (self.max or 0.0) >= 0) or (self.max is None and 0 < (self.min or 0.0) <= 1)):
            message = "{at}: between groups, a `max` of 0 or more bounds the largest difference, a `min` above 0 and up to 1 the smallest ratio"
            yield Fault(path=("scope",), message=message, next_step="Write such a `max` or `min`.")
        if self.enforcement is not Enforcement.ADVISORY:
            message = "{at}: nobody has calibrated the limits of a metric of your own, so it may not block"
            yield Fault(path=("enforcement",), message=message, next_step="Write `enforcement: advisory`.")

    def _of_rates(self, metric: Metric) -> Iterator[Fault]:
        """What the rates of a metric do not allow a rule to ask."""
        if not metric.calibrated and self.enforcement is not Enforcement.ADVISORY:
            message = f"{{at}}: the limits of `{metric.id}` are approximate and not calibrated, so it may not block"
            yield Fault(path=("enforcement",), message=message, next_step="Write `enforcement: advisory`.")
        if not ADVISORY_ONLY.isdisjoint(metric.rates) and self.enforcement is not Enforcement.ADVISORY:
            message = f"{{at}}: `{metric.id}` may advise only, as its limits are not calibrated yet"
            yield Fault(path=("enforcement",), message=message, next_step="Write `enforcement: advisory`.")
        if Rate.SCORING_RATE in metric.rates and self.scope is Scope.OVERALL:
            message = "{at}: half of the whole table scores above its own median, whatever the model does"
            yield Fault(path=("scope",), message=message, next_step="Use by_group, or name `scoring_rate_ratio`.")
        if not AGAINST_OTHERS.isdisjoint(metric.rates) and self.scope is Scope.OVERALL:
            message = f"{{at}}: `{metric.id}` sets a group beside everybody else, and the whole table has no others"
            yield Fault(path=("scope",), message=message, next_step="Use by_group.")
        if not SIGNED.isdisjoint(metric.rates) and self.min is not None:
            message = f"{{at}}: `{metric.id}` is judged by its size, so it is bounded by `max`"
            yield Fault(path=("min",), message=message, next_step="Write `max` instead.", at_key=True)

    @property
    def compares(self) -> bool:
        """Whether any key of a comparison with another model is written."""
        return any(getattr(self, key) is not None for key in COMPARISON)

    def _of_baseline(self) -> Iterator[Fault]:
        """A violation is inherited only where somebody could be excused from it, and where candidate and champion can be compared."""
        if self.baseline is None:
            return
        if self.enforcement is not Enforcement.SOFT_MANDATORY:
            message = f"{{at}} means nothing under enforcement {self.enforcement}: " + (
                "nobody is excused from such a rule" if self.enforcement is Enforcement.HARD_MANDATORY else "such a rule stops nothing"
            )
            yield Fault(path=("baseline",), message=message, next_step="Remove it, or write `enforcement: soft-mandatory`.", at_key=True)
        if self.burden_of_proof is Burden.POINT_ESTIMATE:
            yield Fault(path=("baseline",), message="{at} means nothing under point_estimate, which proves nothing", next_step="Remove it.", at_key=True)
        if self.compares:
            message = "{at} means nothing beside a comparison with another model"
            yield Fault(path=("baseline",), message=message, next_step="Remove it: `max_drop` and its like allow what the other model does.", at_key=True)
        elif (metric := self.resolved) is not None and not inheritable_metric(metric):
            message = f"{{at}}: violations of `{metric.id}` cannot be inherited yet"
            step = "Name a plain rate or a difference of one that `versus` can compare, or remove `baseline`."
            yield Fault(path=("baseline",), message=message, next_step=step, at_key=True)

    def _of_overall(self) -> Iterator[Fault]:
        """A rule about the whole table cannot choose features."""
        if self.scope is not Scope.OVERALL:
            return
        for key, given in (("features", self.features), ("depth", self.depth)):
            if given is not None:
                yield Fault(path=(key,), message="{at} means nothing under scope overall", next_step="Remove it, or use scope by_group.", at_key=True)


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}."


def _reserved(rule_id: str) -> Iterator[Fault]:
    if taken := next((own for own in OWN_CHECKS if rule_id.startswith(own)), None):
        yield Fault(path=("id",), message=f"{{at}} begins with `{taken}`, which names a check of the gate itself", next_step="Choose another id.")


def _repeated(names: list[str], key: str) -> Iterator[Fault]:
    times, last = Counter(names), {name: place for place, name in enumerate(names)}
    for name in (name for name, count in times.items() if count > 1):
        yield Fault(path=(key, last[name]), message=f"{{at}}: {quoted(name)} stands there {times[name]} times", next_step="Name it once.")


def _crossed(features: list[str]) -> Iterator[Fault]:
    for place, name in enumerate(features):
        if CROSS in name:
            message = f"{{at}} cannot name an intersection ({quoted(name)})"
            yield Fault(path=("features", place), message=message, next_step="Name the features; `depth` says how many of them are crossed.")


_LARGEST_BOUND = 1e60
"""The square of the largest label that can be judged."""
_SIDES: Mapping[Form, str] = {Form.DIFFERENCE: "max", Form.RATIO: "min", Form.GROUP_MIN: "min", Form.GROUP_MAX: "max"}


def _bound(metric: Metric, upper: float | None, lower: float | None) -> Iterator[Fault]:
    """Exactly one bound, on the side and in the range that the metric allows."""
    form = Form.DIFFERENCE if metric.logarithmic else metric.form
    side = _SIDES.get(form)
    given = [(key, bound) for key, bound in (("max", upper), ("min", lower)) if bound is not None]
    if len(given) != 1:
        needed = f"`{side}`" if side else "`max` or `min`"
        message = "{at} has both `max` and `min`" if given else f"{{at}} has no bound: {needed} is missing"
        yield Fault(path=(), message=message, next_step="A rule has exactly one bound.")
        return
    key, bound = given[0]
    if side and key != side:
        message = f"{{at}}: this metric is bounded by `{side}`, not by `{key}`"
        yield Fault(path=(key,), message=message, next_step=f"Write `{side}` instead.", at_key=True)
    if REGRESSION_RATES.intersection(metric.rates) and form is not Form.RATIO:
        yield from _bound_of_mean(metric, key, bound)
        return
    most = math.inf if (metric.logarithmic or Rate.TREATMENT_EQUALITY in metric.rates) and form is not Form.RATIO else 1.0
    if not (0 <= bound <= most) or (form is Form.RATIO and bound == 0):
        allowed = "greater than 0 and at most 1" if form is Form.RATIO else "from 0 to 1" if most <= 1 else "at least 0"
        yield Fault(path=(key,), message=f"{{at}} must be {allowed}, not {bound:g}", next_step="Rates are shares, not percentages.")


def _bound_of_mean(metric: Metric, key: str, bound: float) -> Iterator[Fault]:
    """A mean of errors is in the label's unit, so it may exceed 1; R² may be negative."""
    signed = Rate.R2_SCORE in metric.rates and metric.form is not Form.DIFFERENCE
    if not (-_LARGEST_BOUND if signed else 0) <= bound <= _LARGEST_BOUND:
        allowed = "a number" if signed else "0 or more"
        yield Fault(path=(key,), message=f"{{at}} must be {allowed}, not {bound:g}", next_step="It is in the unit of the label, or its square.")


def _looks_at(metric: Metric, scope: Scope | None) -> Iterator[Fault]:
    """The scopes that make sense for a rate, and for what compares rates."""
    if metric.form is not Form.VALUE:
        if scope not in {None, Scope.BETWEEN_GROUPS}:
            message = f"{{at}}: `{metric.id}` compares groups, so its scope is between_groups, not {scope}"
            yield Fault(path=("scope",), message=message, next_step="Drop `scope`, or name the plain rate.")
    elif scope is None:
        message = f"{{at}}: `{metric.id}` is a plain rate, so `scope` is needed: overall or by_group"
        yield Fault(path=(), message=message, next_step="Add `scope`.")
    elif scope is Scope.BETWEEN_GROUPS:
        message = f"{{at}}: `{metric.id}` is a plain rate, which has no value between groups"
        yield Fault(path=("scope",), message=message, next_step=f"Use overall or by_group, or name `{metric.id}_difference`.")


class PolicyFile(Strict):
    """The policy of one risk tier."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["rules"]}, {"required": ["extends"]}]})
    noun: ClassVar[str] = "a policy"

    schema_: Literal["gate.policy/v1"] = Field(alias="schema", description="What kind of file this is.")
    tier: str = Field(pattern=TIER, description="The risk tier, which gate.yaml names: lower case, digits and hyphens.")
    version: int | None = Field(None, ge=1, description="Counts the changes of this file, for people.")
    description: str = Field("", description="Which models belong to this tier.")
    extends: Name | None = Field(None, description="A policy file in the same folder or below, which this one may only tighten.")
    evidence: EvidenceEntry = Field(default_factory=EvidenceEntry, description="What counts as proof under this tier.")
    data: DataEntry = Field(default_factory=DataEntry, description="What the holdout has to be like.")
    inputs: InputsEntry = Field(default_factory=InputsEntry, description="What the model may not take as input.")
    model: ModelEntry = Field(default_factory=ModelEntry, description="What the files of the model have to be like before any is loaded.")
    documentation: DocumentationEntry = Field(default_factory=DocumentationEntry, description="What people have to write on the model card.")
    explanations: ExplanationsEntry = Field(default_factory=ExplanationsEntry, description="What has to be found out about why the model answers as it does.")
    mitigation: MitigationEntry = Field(default_factory=MitigationEntry, description="Which techniques of mitigation may have made a model.")
    alternatives: AlternativesEntry = Field(
        default_factory=AlternativesEntry, description="Whether less discriminatory alternatives have to be looked for before a deployment."
    )
    record: RecordEntry = Field(default_factory=RecordEntry, description="What a recorded decision has to be like to let anything be deployed.")
    override: OverrideEntry | None = Field(None, description="What it takes to override a soft-mandatory rule. Default none: nobody may.")
    review: ReviewEntry = Field(default_factory=ReviewEntry, description="What people have to answer, and sign, before a deployment and after it.")
    privacy: PrivacyEntry = Field(default_factory=PrivacyEntry, description="What of the counts may be published.")
    governance: GovernanceEntry = Field(default_factory=GovernanceEntry, description="Who answers for this policy, and when it is in force.")
    monitoring: MonitoringEntry = Field(default_factory=MonitoringEntry, description="What is asked of a model after its release.")
    report_only_until: str | None = Field(
        None, description="The last day on which a check exits 0 whatever it finds, for the first weeks; the verdict stays, and verify heeds it. Default none."
    )
    rules: list[RuleEntry] = Field(
        default_factory=list, description="At least one; a rule with an id of the parent's replaces that one.", json_schema_extra={"minItems": 1}
    )

    def faults(self) -> Iterator[Fault]:
        """There are rules, each with its own id, and one of them counts; none wants to cross more features than the tier does."""
        yield from self._distinct_ids()
        if self.report_only_until is not None and as_day(self.report_only_until) is None:
            yield _no_day(("report_only_until",), self.report_only_until)
        yield from (*self._too_deep(), *self._trusts_in_vain()) if self.extends is None else ()
        if not self.rules and (self.extends is None or "rules" in self.model_fields_set):
            yield Fault(path=("rules",), message="the policy has no rules, so it could not prove anything", next_step="Add at least one rule.")
        elif self.extends is None and all(rule.enforcement is Enforcement.ADVISORY for rule in self.rules):
            yield Fault(path=("rules",), message="every rule is advisory, so nothing could block", next_step="Make at least one rule mandatory.", at_key=True)

    def _too_deep(self) -> Iterator[Fault]:
        most = self.evidence.intersections.depth
        for place, rule in enumerate(self.rules):
            if rule.depth is not None and rule.depth > most:
                message = f"rule `{rule.id}`: `depth` is {rule.depth}, but `evidence.intersections.depth` is {most}"
                yield Fault(path=("rules", place, "depth"), message=message, next_step="A rule can only cross fewer features than its tier.")

    def _trusts_in_vain(self) -> Iterator[Fault]:
        if self.model.trusted_types and self.model.format is ModelFormat.ANY:
            message = "{at} means nothing under format any, which refuses no type"
            yield Fault(path=("model", "trusted_types"), message=message, next_step="Write `format: skops` too, or remove it.", at_key=True)

    def _distinct_ids(self) -> Iterator[Fault]:
        first: dict[str, int] = {}
        for place, rule in enumerate(self.rules):
            if first.setdefault(rule.id, place) != place:
                message = f"{{at}}: rules[{first[rule.id]}] has the id {quoted(rule.id)} already"
                yield Fault(path=("rules", place, "id"), message=message, next_step="Give each rule an id of its own.")


POLICY = Kind(schema="gate.policy/v1", noun="a policy", model=PolicyFile, error=FaultyPolicyError, scalar_keys=no_scalar_keys)
"""Policy files."""
