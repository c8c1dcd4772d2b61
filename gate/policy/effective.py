"""Between the written form of a policy and the core's, in both directions.

The effective policy is the written form with every default spelled out: what a record binds and `gate policy show`
prints. Law: `policy_of` undoes `effective_policy`.
"""

from dataclasses import asdict
from datetime import date

from gate.core.card import DATASHEET, Section
from gate.core.document import Json
from gate.core.explanation import Part
from gate.core.mitigation import MitigationTerms
from gate.core.monitoring import Monitoring
from gate.core.policy import (
    Confidence,
    DataTerms,
    Evidence,
    ExplanationTerms,
    ForbiddenInputs,
    Governance,
    Grandfathered,
    Inheritance,
    Intersections,
    MinGroup,
    ModelTerms,
    OverrideTerms,
    Policy,
    RecordTerms,
    Rule,
    Scope,
    Threshold,
)
from gate.core.searches import AlternativeTerms
from gate.policy.policy_file import (
    POLICY,
    BaselineEntry,
    DataEntry,
    EvidenceEntry,
    ExplanationsEntry,
    GovernanceEntry,
    InputsEntry,
    MitigationEntry,
    MonitoringEntry,
    OverrideEntry,
    PolicyFile,
    RecordEntry,
    RuleEntry,
)
from gate.policy.review_file import review_json, review_of

__all__ = ["effective_policy", "policy_of"]

_SENSITIVE = "sensitive"
"""The word that stands for every sensitive feature among the forbidden inputs."""


def effective_policy(policy: Policy) -> dict[str, Json]:
    """The policy as a file would write it, nothing left to a default; equal policies give equal documents."""
    return {
        "schema": POLICY.schema,
        "tier": policy.tier,
        "version": policy.version,
        "description": policy.description,
        "evidence": _evidence(policy.evidence),
        "data": _data(policy.data),
        "inputs": {"forbid": _forbidden(policy.forbidden_inputs)},
        **_model(policy.model_terms),
        **_documentation(policy.documentation),
        **_explanations(policy.explanations),
        **({} if policy.mitigation == MitigationTerms() else {"mitigation": _mitigation(policy.mitigation)}),
        **({} if policy.alternatives == AlternativeTerms() else {"alternatives": _alternatives(policy.alternatives)}),
        **({} if policy.record == RecordTerms() else {"record": _record(policy.record)}),
        **({} if policy.override is None else {"override": _override(policy.override)}),
        **review_json(policy.review),
        **({} if policy.min_cell is None else {"privacy": {"min_cell": policy.min_cell}}),
        **({} if policy.governance == Governance() else {"governance": _governance(policy.governance)}),
        **({} if policy.monitoring == Monitoring() else {"monitoring": _monitoring(policy.monitoring)}),
        **({} if policy.report_only_until is None else {"report_only_until": policy.report_only_until.isoformat()}),
        "rules": [_rule(rule) for rule in policy.rules],
    }


def _evidence(evidence: Evidence) -> Json:
    enough = evidence.min_group
    return {
        "burden_of_proof": evidence.burden_of_proof.value,
        "confidence": {"pass": evidence.confidence.passing, "fail": evidence.confidence.failing},
        "min_group": {"rows": enough.rows, "positives": enough.positives, "negatives": enough.negatives},
        "intersections": {"depth": evidence.intersections.depth, "burden_of_proof": evidence.intersections.burden_of_proof.value},
        "small_intersections": evidence.small_intersections.value,
        "sandbox": evidence.sandbox.value,
        **({"sandbox_capabilities": [word.value for word in evidence.sandbox_capabilities]} if evidence.sandbox_capabilities else {}),
        **({"declared_ranges": "required"} if evidence.declared_ranges_required else {}),
    }


def _data(terms: DataTerms) -> Json:
    return {
        "expectations": "required" if terms.expectations_required else "optional",
        "max_unknown_share": terms.max_unknown_share,
        "max_missing_labels": terms.max_missing_labels,
        "max_age_days": terms.max_age_days,
        **({} if terms.max_looks is None else {"max_looks": terms.max_looks}),
    }


def _forbidden(inputs: ForbiddenInputs) -> Json:
    return [*([_SENSITIVE] if inputs.sensitive else []), *inputs.columns]


def _model(terms: ModelTerms) -> dict[str, Json]:
    """Nothing where nothing is demanded, so that older policies keep their digest."""
    if terms == ModelTerms():
        return {}
    return {"model": {"format": terms.format.value, "trusted_types": list(terms.trusted_types)}}


def _documentation(sections: tuple[Section, ...]) -> dict[str, Json]:
    """The sections as a policy names them; nothing where none is demanded, so that older policies keep their digest."""
    words = list(dict.fromkeys(DATASHEET if section.of_datasheet else section.value for section in sections))
    return {"documentation": {"required": words}} if words else {}


def _explanations(terms: ExplanationTerms) -> dict[str, Json]:
    """Nothing where nothing is demanded, so that older policies keep their digest."""
    bounds = {key: getattr(terms, key) for key in ("surrogate_fidelity_min", "proxy_auc_max", "flip_rate_max", "reasons_stability_min")}
    written: dict[str, Json] = {key: bound for key, bound in bounds.items() if bound is not None}
    if terms.require:
        written["require"] = [part.value for part in terms.require]
    return {"explanations": written} if written else {}


def _mitigation(terms: MitigationTerms) -> Json:
    approved = None if terms.approved is None else [word.value for word in terms.approved]
    return {"approved": approved, "forbid_group_dependent": terms.forbid_group_dependent}


def _alternatives(terms: AlternativeTerms) -> Json:
    return {"require": list(terms.require), "utility_tolerance": terms.utility_tolerance}


def _record(terms: RecordTerms) -> Json:
    return {
        "signature": "required" if terms.signature_required else "optional",
        "ledger": "required" if terms.ledger_required else "optional",
        "max_age_days": terms.max_age_days,
        "grandfather": {entry.policy: entry.until.isoformat() for entry in terms.grandfather},
        **({} if terms.rollback_days is None else {"rollback_days": terms.rollback_days}),
    }


def _governance(said: Governance) -> Json:
    return {
        "owner": said.owner,
        "approved_by": list(said.approved_by),
        "effective_from": None if said.effective_from is None else said.effective_from.isoformat(),
        "effective_until": None if said.effective_until is None else said.effective_until.isoformat(),
        "supersedes": said.supersedes,
        "retention_days": said.retention_days,
    }


def _override(terms: OverrideTerms) -> Json:
    return {"approvers": terms.approvers, "roles": list(terms.roles), "max_days": terms.max_days}


def _rule(rule: Rule) -> Json:
    side, bound = rule.bound
    compared = {key: name for key, name in (("versus", rule.versus), ("anchor", rule.anchor)) if name is not None}
    return {
        "id": rule.id,
        "metric": rule.metric,
        side: bound,
        **compared,
        **({} if rule.inherits is None else {"baseline": _inheritance(rule.inherits)}),
        "enforcement": rule.enforcement.value,
        "scope": rule.scope.value,
        "features": None if rule.features is None else list(rule.features),
        **({"control_features": list(rule.control_features)} if rule.control_features else {}),
        "depth": rule.depth,
        "burden_of_proof": None if rule.burden_of_proof is None else rule.burden_of_proof.value,
        "applies_to": dict(rule.applies_to),
        "why": rule.why,
        "satisfies": list(rule.satisfies),
    }


def _inheritance(terms: Inheritance) -> Json:
    return {"inherited_until": terms.until.isoformat(), "tolerance": terms.tolerance}


def policy_of(written: PolicyFile) -> Policy:
    """The file's content as the core knows it."""
    return Policy(
        tier=written.tier,
        version=written.version,
        description=written.description,
        evidence=_evidence_of(written.evidence),
        data=_data_of(written.data),
        forbidden_inputs=_inputs_of(written.inputs),
        model_terms=ModelTerms(format=written.model.format, trusted_types=tuple(written.model.trusted_types)),
        documentation=written.documentation.sections,
        explanations=_explanations_of(written.explanations),
        mitigation=_mitigation_of(written.mitigation),
        alternatives=AlternativeTerms(require=tuple(written.alternatives.require), utility_tolerance=written.alternatives.utility_tolerance),
        record=_record_of(written.record),
        override=None if written.override is None else _override_of(written.override),
        review=review_of(written.review),
        min_cell=written.privacy.min_cell,
        governance=_governance_of(written.governance),
        monitoring=_monitoring_of(written.monitoring),
        report_only_until=_day(written.report_only_until),
        rules=tuple(_rule_of(rule) for rule in written.rules),
    )


def _explanations_of(written: ExplanationsEntry) -> ExplanationTerms:
    return ExplanationTerms(
        require=tuple(part for part in Part if part in written.require),
        surrogate_fidelity_min=written.surrogate_fidelity_min,
        proxy_auc_max=written.proxy_auc_max,
        flip_rate_max=written.flip_rate_max,
        reasons_stability_min=written.reasons_stability_min,
    )


def _evidence_of(written: EvidenceEntry) -> Evidence:
    enough, crossed = written.min_group, written.intersections
    return Evidence(
        burden_of_proof=written.burden_of_proof,
        confidence=Confidence(passing=written.confidence.passing, failing=written.confidence.failing),
        min_group=MinGroup(rows=enough.rows, positives=enough.positives, negatives=enough.negatives),
        intersections=Intersections(depth=crossed.depth, burden_of_proof=crossed.burden_of_proof),
        small_intersections=written.small_intersections,
        sandbox=written.sandbox,
        sandbox_capabilities=tuple(written.sandbox_capabilities),
        declared_ranges_required=written.declared_ranges == "required",
    )


def _data_of(written: DataEntry) -> DataTerms:
    return DataTerms(
        expectations_required=written.expectations == "required",
        max_unknown_share=written.max_unknown_share,
        max_missing_labels=written.max_missing_labels,
        max_age_days=written.max_age_days,
        max_looks=written.max_looks,
    )


def _inputs_of(written: InputsEntry) -> ForbiddenInputs:
    return ForbiddenInputs(sensitive=_SENSITIVE in written.forbid, columns=tuple(name for name in written.forbid if name != _SENSITIVE))


def _mitigation_of(written: MitigationEntry) -> MitigationTerms:
    return MitigationTerms(
        approved=None if written.approved is None else tuple(written.approved),
        forbid_group_dependent=written.forbid_group_dependent,
    )


def _override_of(written: OverrideEntry) -> OverrideTerms:
    return OverrideTerms(approvers=written.approvers, roles=tuple(written.roles), max_days=written.max_days)


def _governance_of(written: GovernanceEntry) -> Governance:
    return Governance(
        owner=written.owner,
        approved_by=tuple(written.approved_by),
        effective_from=_day(written.effective_from),
        effective_until=_day(written.effective_until),
        supersedes=written.supersedes,
        retention_days=written.retention_days,
    )


def _monitoring(terms: Monitoring) -> dict[str, Json]:
    """Every term under its own name; limits of drift only where there are some."""
    return {key: value for key, value in asdict(terms).items() if value is not None}


def _monitoring_of(written: MonitoringEntry) -> Monitoring:
    return Monitoring(**written.model_dump())


def _day(written: str | None) -> date | None:
    return None if written is None else date.fromisoformat(written)


def _record_of(written: RecordEntry) -> RecordTerms:
    return RecordTerms(
        signature_required=written.signature == "required",
        ledger_required=written.ledger == "required",
        max_age_days=written.max_age_days,
        grandfather=tuple(Grandfathered(policy=policy, until=date.fromisoformat(until)) for policy, until in sorted(written.grandfather.items())),
        rollback_days=written.rollback_days,
    )


def _rule_of(written: RuleEntry) -> Rule:
    metric = written.resolved
    return Rule(
        id=written.id,
        metric=metric.id if metric else written.metric,
        threshold=Threshold(max=written.max, min=written.min, max_drop=_drop(written), max_increase=written.max_increase),
        scope=written.scope or Scope.BETWEEN_GROUPS,
        enforcement=written.enforcement,
        features=None if written.features is None else tuple(written.features),
        control_features=tuple(written.control_features or ()),
        depth=written.depth,
        burden_of_proof=written.burden_of_proof,
        applies_to={} if written.applies_to.task is None else {"task": written.applies_to.task.value},
        why=written.why,
        satisfies=tuple(written.satisfies),
        versus=written.versus,
        anchor=written.anchor,
        inherits=None if written.baseline is None else _inheritance_of(written.baseline),
    )


def _inheritance_of(written: BaselineEntry) -> Inheritance:
    return Inheritance(until=date.fromisoformat(written.inherited_until), tolerance=written.tolerance)


def _drop(written: RuleEntry) -> float | None:
    """The largest drop from the baseline, whichever it is."""
    return written.max_drop if written.cumulative_max_drop is None else written.cumulative_max_drop
