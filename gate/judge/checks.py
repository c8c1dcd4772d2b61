"""Findings of our own checks: coverage of declared groups, labels, data checks, inputs, predictions.

They ignore the burden of proof: not knowing who the rows are about is no sampling uncertainty.
"""

from collections.abc import Iterator

from gate.core.counts import ContingencyTable, UnassignedKind
from gate.core.decision import CoverageEntry, Effect, Finding, Outcome
from gate.core.facts import Facts, PredictionSource
from gate.core.mitigation import MitigationTerms
from gate.core.model import LabelsObserved, ModelConfig, SensitiveFeature
from gate.core.model_files import ModelFiles
from gate.core.policy import Enforcement, ModelFormat, Policy, Scope, Threshold

__all__ = ["MODEL_FILE", "check_findings", "coverage", "forbidden_columns", "untrusted_file"]

_TYPES = 10
MODEL_FILE = "model-file"
"""The check that a model fails whose files the policy does not let be loaded."""


def check_findings(policy: Policy, model: ModelConfig, table: ContingencyTable, facts: Facts) -> tuple[Finding, ...]:
    """Every check that has something to say; misbehaviour, and forbidden inputs, alone when there is nothing to count."""
    if facts.predictions.misbehaviour is not None:
        known = (*_inputs(policy, model, facts), *_files(policy, facts), *_documentation(policy, facts))
        known = (*known, *_mitigation(policy, facts), *_group_dependent(policy, model, facts))
        return (_misbehaved(facts), *(finding for finding in known if finding.outcome is Outcome.FAIL))
    return (
        *_constant(table),
        *_absent(model, table),
        *_excluded(policy, model, table),
        *_unassigned(policy, table),
        *_unmatched(policy, table, facts),
        *_labels(policy, model, table),
        *_expectations(facts),
        *_age(policy, facts),
        *_looks(policy, facts),
        *_inputs(policy, model, facts),
        *_files(policy, facts),
        *_documentation(policy, facts),
        *_mitigation(policy, facts),
        *_group_dependent(policy, model, facts),
    )


def coverage(model: ModelConfig, table: ContingencyTable) -> tuple[CoverageEntry, ...]:
    """What the declaration does not cover: absent groups, missing and undeclared values, missing labels."""
    rows = table.overall.rows
    absent = [
        CoverageEntry(feature=feature.name, kind="absent-group", group=group, rows=0, share=0.0)
        for feature in model.declared_features
        for group in _absent_groups(table, feature)
    ]
    excluded = [
        CoverageEntry(feature=feature.name, kind="excluded-group", group=entry.group, rows=found, share=found / rows, why=entry.why)
        for feature in model.sensitive_features
        for entry in feature.exclude
        for found in (_rows(table, feature, entry.group),)
    ]
    unassigned = [
        CoverageEntry(feature=entry.feature, kind=entry.kind.value, rows=entry.rows, share=entry.rows / rows, examples=entry.examples)
        for entry in table.unassigned
        if entry.rows
    ]
    unlabelled = rows - table.overall.labelled
    labels = [CoverageEntry(feature=model.data.label, kind="missing-label", rows=unlabelled, share=unlabelled / rows)] if unlabelled else []
    return (*absent, *excluded, *unassigned, *labels)


_SETTLED = {
    Outcome.PASS: "within the limit",
    Outcome.FAIL: "violation proven",
    Outcome.INCONCLUSIVE: "more rows of the same kind do not settle this: the holdout or its declaration has to be mended",
    Outcome.NOT_APPLICABLE: "not applicable",
}


def _stop(
    rule: str,
    outcome: Outcome,
    message: str,
    *,
    feature: str | None = None,
    groups: tuple[str, ...] = (),
    value: float | None = None,
    limit: float | None = None,
    enforcement: Enforcement = Enforcement.SOFT_MANDATORY,
) -> Finding:
    """A finding of our own: a fail blocks, an inconclusive one holds."""
    consequences = {Outcome.FAIL: Effect.BLOCKS, Outcome.INCONCLUSIVE: Effect.HOLDS}
    return Finding(
        rule=rule,
        scope=Scope.OVERALL if feature is None else Scope.BY_GROUP,
        feature=feature,
        groups=groups,
        outcome=outcome,
        effect=consequences.get(outcome, Effect.NONE),
        enforcement=enforcement,
        value=value,
        reason=None if value is not None else "a check, not a metric",
        threshold=None if limit is None else Threshold(max=limit),
        rows_needed_reason=_SETTLED[outcome],
        message=message,
    )


def _misbehaved(facts: Facts) -> Finding:
    fault = facts.predictions.misbehaviour
    detail = f"{fault.check}: {fault.detail}" if fault else ""
    return _stop("candidate-misbehaved", Outcome.FAIL, detail, enforcement=Enforcement.HARD_MANDATORY)


def _constant(table: ContingencyTable) -> Iterator[Finding]:
    selected, rows, moments = table.overall.selected, table.overall.rows, table.statistics.moments
    classes = table.statistics.classes
    if classes is not None:
        if max(classes.chosen) == rows:
            message = f"the candidate predicts the same class for all {rows:,} rows: no gap between groups, and no use either"
            yield _stop("constant-predictions", Outcome.FAIL, message, enforcement=Enforcement.HARD_MANDATORY)
        return
    if (ranks := table.statistics.ranks) is not None:
        if ranks.ordered == 0:
            message = f"the candidate orders no query: in each of {ranks.queries:,}, all rows have the same score"
            yield _stop("constant-predictions", Outcome.FAIL, message, enforcement=Enforcement.HARD_MANDATORY)
        return
    if moments is not None:
        if moments.prediction_2 == 0:
            message = f"the candidate predicts the same number for all {rows:,} rows: no gap between groups, and no use either"
            yield _stop("constant-predictions", Outcome.FAIL, message, enforcement=Enforcement.HARD_MANDATORY)
        return
    if selected in (0, rows):
        answer = "selects nobody" if selected == 0 else "selects everybody"
        message = f"the candidate {answer} among {rows:,} rows: no gap between groups, and no use either"
        yield _stop("constant-predictions", Outcome.FAIL, message, enforcement=Enforcement.HARD_MANDATORY)


def _absent_groups(table: ContingencyTable, feature: SensitiveFeature) -> tuple[str, ...]:
    """Declared groups without rows; nobody has to be in a group that is not judged, nor in the pool of undeclared values."""
    optional = {*feature.excluded, feature.other}
    return tuple(entry.group for entry in table.of(feature.name) if entry.counts.rows == 0 and entry.group not in optional)


def _absent(model: ModelConfig, table: ContingencyTable) -> Iterator[Finding]:
    for feature in model.declared_features:
        absent = _absent_groups(table, feature)
        if absent:
            message = f"no row of the holdout belongs to {', '.join(absent)}, declared for {feature.name}"
            yield _stop("coverage-absent-group", Outcome.INCONCLUSIVE, message, feature=feature.name, groups=absent)


def _rows(table: ContingencyTable, feature: SensitiveFeature, group: str) -> int:
    return sum(entry.counts.rows for entry in table.of(feature.name) if entry.group == group)


def _excluded(policy: Policy, model: ModelConfig, table: ContingencyTable) -> Iterator[Finding]:
    """Every group that is not judged, said also where it is within its limit.

    `gate.yaml` may limit a group further than the policy does, never less: all excluded groups of a feature together are
    rows that nobody judges, as those of unknown groups are.
    """
    rows, most = table.overall.rows, policy.data.max_unknown_share
    for feature in model.sensitive_features:
        together = sum(_rows(table, feature, entry.group) for entry in feature.exclude)
        for entry in feature.exclude:
            found, limit = _rows(table, feature, entry.group), min(entry.max_share, most)
            outcome = Outcome.PASS if found <= limit * rows and together <= most * rows else Outcome.INCONCLUSIVE
            shared = f"; all that is excluded is {together / rows:.2%}" if len(feature.exclude) > 1 else ""
            message = f"{found:,} of {rows:,} rows are {entry.group}, which is not judged for {feature.name}{shared}: {entry.why}"
            yield _stop("coverage-excluded-group", outcome, message, feature=feature.name, groups=(entry.group,), value=found / rows, limit=limit)


def _unassigned(policy: Policy, table: ContingencyTable) -> Iterator[Finding]:
    rows, limit = table.overall.rows, policy.data.max_unknown_share
    unknown: dict[str, int] = {}
    for entry in table.unassigned:
        unknown[entry.feature] = unknown.get(entry.feature, 0) + entry.rows
    for entry in table.unassigned:
        if entry.rows:
            within = unknown[entry.feature] <= limit * rows
            kind = "have no value" if entry.kind is UnassignedKind.MISSING_VALUE else f"have a value that is not declared ({', '.join(entry.examples)})"
            message = f"{entry.rows:,} of {rows:,} rows {kind} for {entry.feature}; together {unknown[entry.feature] / rows:.2%} are in no declared group"
            outcome = Outcome.PASS if within else Outcome.INCONCLUSIVE
            yield _stop(f"coverage-{entry.kind.value}", outcome, message, feature=entry.feature, value=entry.rows / rows, limit=limit)


def _unmatched(policy: Policy, table: ContingencyTable, facts: Facts) -> Iterator[Finding]:
    """How the table of attributes fits the rows: how many, and never whose."""
    rows, limit, found = table.overall.rows, policy.data.max_unknown_share, facts.data.attributes
    if found is None or found.unmatched is None or found.unused is None or not (found.unmatched or found.unused):
        return
    outcome = Outcome.PASS if found.unmatched <= limit * rows else Outcome.INCONCLUSIVE
    message = (
        f"{found.unmatched:,} of {rows:,} rows have no line in the table of attributes, so that {', '.join(found.columns)} is missing; "
        f"{found.unused:,} of its lines belong to no row"
    )
    yield _stop("attributes-unmatched", outcome, message, value=found.unmatched / rows, limit=limit)


def _labels(policy: Policy, model: ModelConfig, table: ContingencyTable) -> Iterator[Finding]:
    """Missing labels, which are limited unless they can exist for the accepted only: then it is said whom error rates describe."""
    rows, limit = table.overall.rows, policy.data.max_missing_labels
    missing = rows - table.overall.labelled
    if model.data.label_observed_for is LabelsObserved.SELECTED:
        message = f"labels exist for accepted cases only: {missing:,} of {rows:,} rows have none, and error rates describe the accepted only"
        yield _stop("coverage-missing-label", Outcome.PASS, message, value=missing / rows)
    elif missing:
        outcome = Outcome.PASS if missing <= limit * rows else Outcome.INCONCLUSIVE
        yield _stop("coverage-missing-label", outcome, f"{missing:,} of {rows:,} rows have no label", value=missing / rows, limit=limit)


def _expectations(facts: Facts) -> Iterator[Finding]:
    if facts.expectations is None:
        return
    results = facts.expectations.results
    failed = [result for result in results if not result.success]
    if not failed:
        yield _stop("data-expectations", Outcome.PASS, f"all {len(results)} expectations of {facts.expectations.suite} are met")
        return
    listed = ", ".join(f"{result.expectation}" + (f" on {result.column}" if result.column else "") for result in failed[:5])
    message = f"{len(failed)} of {len(results)} expectations of {facts.expectations.suite} are not met: {listed}"
    yield _stop("data-expectations", Outcome.FAIL, message)


def _age(policy: Policy, facts: Facts) -> Iterator[Finding]:
    limit, age = policy.data.max_age_days, facts.data.age_days
    if limit is None or facts.data.development:  # the date in gate.yaml is the holdout's
        return
    if age is None:
        yield _stop("data-age", Outcome.INCONCLUSIVE, "gate.yaml does not say when the holdout was collected (data.collected)", limit=limit)
    elif age < -1:  # a day's grace for time zones
        yield _stop("data-age", Outcome.INCONCLUSIVE, f"the holdout is dated {-age} days in the future (data.collected)", value=float(age), limit=limit)
    else:
        outcome = Outcome.PASS if age <= limit else Outcome.INCONCLUSIVE
        yield _stop("data-age", outcome, f"the holdout was collected {age} days ago", value=float(age), limit=limit)


def _looks(policy: Policy, facts: Facts) -> Iterator[Finding]:
    look, limit = facts.data.look, policy.data.max_looks
    if look is not None and limit is not None and look > limit:
        message = f"this is look {look:,} at this holdout, and the policy allows {limit:,}: renew the holdout"
        yield _stop("looks-exhausted", Outcome.INCONCLUSIVE, message, value=float(look), limit=limit)


def forbidden_columns(policy: Policy, model: ModelConfig) -> frozenset[str]:
    """The columns that a policy forbids as inputs of a model."""
    sensitive = tuple(feature.column for feature in model.sensitive_features) if policy.forbidden_inputs.sensitive else ()
    return frozenset({*sensitive, *policy.forbidden_inputs.columns})


def _inputs(policy: Policy, model: ModelConfig, facts: Facts) -> Iterator[Finding]:
    forbidden = forbidden_columns(policy, model)
    if not forbidden:
        return
    inputs = facts.candidate.inputs
    if facts.predictions.source is PredictionSource.FILE:
        yield _stop("forbidden-input", Outcome.NOT_APPLICABLE, "a table of predictions does not say what the model takes as input")
    elif inputs is None:
        message = "the model has no signature, so its inputs are not known: log it with one (mlflow.models.infer_signature)"
        yield _stop("forbidden-input", Outcome.INCONCLUSIVE, message)
    elif found := sorted(forbidden.intersection(inputs)):
        yield _stop("forbidden-input", Outcome.FAIL, f"the model takes {', '.join(found)} as input, which this policy forbids", groups=tuple(found))


def untrusted_file(policy: Policy, files: ModelFiles) -> str | None:
    """Why the policy does not let these files be loaded; None when it does."""
    terms = policy.model_terms
    if terms.format is ModelFormat.ANY:
        return None
    if files.beside_skops:
        return f"the policy wants a model that skops alone loads, and {'; '.join(files.beside_skops)}"
    strange = sorted(set(files.untrusted) - set(terms.trusted_types))
    if strange:
        return f"the model's file holds types that neither skops nor the policy trusts: {', '.join(strange[:_TYPES])}"
    return None


def _files(policy: Policy, facts: Facts) -> Iterator[Finding]:
    """What the policy demands of the model's files; they were looked at before any was loaded."""
    if policy.model_terms.format is ModelFormat.ANY:
        return
    if facts.predictions.source is PredictionSource.FILE:
        yield _stop("untrusted-model-file", Outcome.NOT_APPLICABLE, "a table of predictions has no files of a model")
    elif facts.predictions.source is PredictionSource.ENDPOINT:
        yield _stop("untrusted-model-file", Outcome.INCONCLUSIVE, "an endpoint does not show the files of its model: check the registered model")
    elif facts.model_files is None:
        yield _stop("untrusted-model-file", Outcome.INCONCLUSIVE, "the record does not say what the model's files hold: check the model again")
    elif reason := untrusted_file(policy, facts.model_files):
        yield _stop("untrusted-model-file", Outcome.FAIL, reason, enforcement=Enforcement.HARD_MANDATORY)
    else:
        yield _stop("untrusted-model-file", Outcome.PASS, "the model is one file of skops, with trusted types alone")


def _documentation(policy: Policy, facts: Facts) -> Iterator[Finding]:
    """What the policy wants people to write on the card: who is blocked by this can mend it by writing, so nobody may waive it."""
    if not policy.documentation:
        return
    card = facts.card
    missing = tuple(section.value for section in policy.documentation if card is None or card.text(section) is None)
    if not missing:
        yield _stop("documentation-missing", Outcome.PASS, "every section that the policy demands is written", enforcement=Enforcement.HARD_MANDATORY)
        return
    where = "no card.yaml names this model" if card is None else "card.yaml leaves them out, blank or to be done"
    message = f"the policy wants {', '.join(missing)} on the model card, and {where}: write them in card.yaml beside gate.yaml"
    yield _stop("documentation-missing", Outcome.FAIL, message, groups=missing, enforcement=Enforcement.HARD_MANDATORY)


def _mitigation(policy: Policy, facts: Facts) -> Iterator[Finding]:
    """What the policy says of the technique that a model's own files name, and of a model that asks for a sensitive feature.

    What the files say proves nothing by itself; what the signature asks for does: nothing else reaches the model.
    """
    rule, lineage = "mitigation-technique", facts.lineage
    if facts.predictions.source is PredictionSource.FILE and policy.mitigation != MitigationTerms():
        yield _stop(rule, Outcome.NOT_APPLICABLE, "a table of predictions does not say how the model was made")
    if facts.predictions.source is PredictionSource.ENDPOINT and policy.mitigation != MitigationTerms():
        yield _stop(rule, Outcome.INCONCLUSIVE, "a service does not show how its model was made")
    if lineage is None:
        return
    if reason := policy.mitigation.refusal(lineage.technique):
        yield _stop(rule, Outcome.FAIL, f"the model's files say that {lineage.technique} made it: {reason}")
    else:
        yield _stop(rule, Outcome.PASS, f"the model's files say that {lineage.technique} made it, which the policy lets through")


def _group_dependent(policy: Policy, model: ModelConfig, facts: Facts) -> Iterator[Finding]:
    """A model that asks for a sensitive feature where the policy wants none that treats groups differently, whatever its files say."""
    if not policy.mitigation.forbid_group_dependent:
        return
    sensitive = {feature.column for feature in model.sensitive_features}
    if found := sorted(sensitive.intersection(facts.candidate.inputs or ())):
        message = f"the model takes {', '.join(found)} as input, so it may treat groups differently at decision time, which the policy forbids"
        yield _stop("mitigation-group-dependent", Outcome.FAIL, message, groups=tuple(found))
