"""The decision record, `decision.json`: the contract that scripts, reviewers and `gate replay` read."""

from collections.abc import Iterable
from dataclasses import replace

from gate.core.canonical import canonical
from gate.core.counts import ConfusionCounts
from gate.core.decision import CoverageEntry, Decision, Estimate, Finding, GroupResult, Inherited, Insufficient, RowsNeeded, Suppression
from gate.core.document import Document, Json
from gate.core.facts import AttributesFacts
from gate.core.policy import Threshold
from gate.record.facts import facts_json

__all__ = ["COUNTS_FILE", "INLINE_GROUPS", "JUDGEMENT", "SCHEMA", "decision_bytes", "decision_json"]

SCHEMA = "gate.decision/v1"
JUDGEMENT = "v1"
COUNTS_FILE = "counts.parquet"
INLINE_GROUPS = 200
"""So many groups stand in the record itself; the counts file always holds all of them."""


def decision_bytes(decision: Decision) -> bytes:
    """The record as canonical JSON with a newline at its end: equal decisions give equal bytes."""
    return canonical(decision_json(decision)) + b"\n"


def decision_json(decision: Decision) -> dict[str, Json]:
    """The record as JSON values. A number that does not exist is null with a reason, never 0 and never NaN."""
    candidate, data, overall = decision.facts.candidate, decision.facts.data, decision.counts.overall
    return {
        "schema": SCHEMA,
        "judgement": JUDGEMENT,
        "verdict": decision.verdict.value,
        "candidate": {"name": candidate.name, "version": candidate.version, "digest": candidate.digest},
        "policy": {"tier": decision.tier, **_document(decision.policy)},
        "config": _document(decision.config),
        "data": {"digest": data.digest, "rows": overall.rows, "labelled": overall.labelled, **_attributes(data.attributes)},
        "counts": {"digest": decision.counts_digest, "file": None if decision.suppressed else COUNTS_FILE},
        "facts": facts_json(decision.facts),
        "findings": [_finding(finding) for finding in decision.judgement.findings],
        **_groups(decision.judgement.groups, decision.judgement.findings),
        "coverage": [_coverage(entry) for entry in decision.judgement.coverage],
        "looks": decision.looks,
        "gate": {"version": decision.gate_version},
        **({"development": True} if decision.development else {}),
        **({} if decision.suppressed is None else {"suppressed": _suppressed(decision.suppressed)}),
    }


def _suppressed(found: Suppression) -> Json:
    return {"min_cell": found.min_cell, "features": list(found.features), "overall": found.overall}


def _attributes(facts: AttributesFacts | None) -> dict[str, Json]:
    """The digest of the table of attributes, where there is one."""
    return {} if facts is None else {"attributes_digest": facts.digest}


def _document(document: Document) -> dict[str, Json]:
    return {"digest": document.digest, "effective": document.effective}


def _finding(finding: Finding) -> dict[str, Json]:
    levels = finding.levels
    return {
        "rule": finding.rule,
        "metric": finding.metric,
        "scope": finding.scope.value,
        "feature": finding.feature,
        "groups": list(finding.groups),
        "outcome": finding.outcome.value,
        "effect": finding.effect.value,
        "enforcement": finding.enforcement.value,
        "burden_of_proof": finding.burden_of_proof.value if finding.burden_of_proof else None,
        "value": finding.value,
        "pair_value": finding.pair_value,
        "lower": finding.lower,
        "upper": finding.upper,
        "reason": finding.reason,
        "threshold": _threshold(finding.threshold) if finding.threshold else None,
        "levels": {"pass": levels.passing, "fail": levels.failing} if levels else None,
        "insufficient": list(finding.insufficient),
        "rows_needed": _rows_needed(finding.rows_needed) if finding.rows_needed else None,
        "rows_needed_reason": finding.rows_needed_reason,
        "detectable_gap": finding.detectable_gap,
        "message": finding.message,
        "why": finding.why,
        **({} if finding.versus is None else {"versus": finding.versus}),
        **({} if finding.inherited is None else {"inherited": _inherited(finding.inherited)}),
    }


def _inherited(said: Inherited) -> Json:
    return {"from": said.source, "until": said.until.isoformat(), "tolerance": said.tolerance}


def _threshold(threshold: Threshold) -> dict[str, Json]:
    """The one bound that is set."""
    bounds = {"max": threshold.max, "min": threshold.min, "max_drop": threshold.max_drop, "max_increase": threshold.max_increase}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _rows_needed(needed: RowsNeeded) -> dict[str, Json]:
    return {
        "if_equal": dict(needed.if_equal),
        "if_half": None if needed.if_half is None else dict(needed.if_half),
        "unit": needed.unit,
        "have": dict(needed.have),
        "binding": needed.binding,
    }


def _groups(groups: tuple[GroupResult, ...], findings: Iterable[Finding]) -> dict[str, Json]:
    """The groups in their order of declaration; where there are too many, also how many stand in the counts file only."""
    inline = _inline(groups, findings)
    omitted = len(groups) - len(inline)
    entries: Json = [_group(group) for group in inline]
    return {"groups": entries, "groups_omitted": omitted} if omitted else {"groups": entries}


def _inline(groups: tuple[GroupResult, ...], findings: Iterable[Finding]) -> tuple[GroupResult, ...]:
    """All groups if they are few; otherwise those that decide a finding, and the largest of the others."""
    if len(groups) <= INLINE_GROUPS:
        return groups
    deciding = {(finding.feature, group) for finding in findings for group in finding.groups}
    named = {place for place, group in enumerate(groups) if (group.counts.feature, group.counts.group) in deciding}
    by_size = sorted(set(range(len(groups))) - named, key=lambda place: (-groups[place].counts.counts.rows, place))
    kept = named.union(by_size[: max(0, INLINE_GROUPS - len(named))])
    return tuple(groups[place] for place in sorted(kept))


def _group(result: GroupResult) -> dict[str, Json]:
    counts = result.counts.counts
    return {
        "feature": result.counts.feature,
        "group": result.counts.group,
        "rows": counts.rows,
        **(_confusion(counts) if result.counts.statistics == replace(result.counts.statistics, moments=None, classes=None, ranks=None) else _numbers(counts)),
        **({} if result.effective_rows is None else {"effective_rows": result.effective_rows}),
        "metrics": {metric: _metric(number) for metric, number in result.metrics.items()},
    }


def _confusion(counts: ConfusionCounts) -> dict[str, Json]:
    unlabelled = {"unlabelled_selected": counts.unlabelled_selected, "unlabelled_rejected": counts.unlabelled_rejected}
    return {"tp": counts.tp, "fp": counts.fp, "tn": counts.tn, "fn": counts.fn, **{name: rows for name, rows in unlabelled.items() if rows}}


def _numbers(counts: ConfusionCounts) -> dict[str, Json]:
    """Where labels are numbers there is no confusion matrix; how many rows have a label is said only where not all do."""
    return {} if counts.labelled == counts.rows else {"labelled": counts.labelled}


def _metric(number: Estimate | Insufficient) -> dict[str, Json]:
    if isinstance(number, Insufficient):
        return {"value": None, "reason": number.reason}
    return {"value": number.value, "lower": number.lower, "upper": number.upper, "sufficient": number.sufficient}


def _coverage(entry: CoverageEntry) -> dict[str, Json]:
    return {
        "feature": entry.feature,
        "kind": entry.kind,
        "rows": entry.rows,
        "share": entry.share,
        **({} if entry.group is None else {"group": entry.group}),
        **({"examples": list(entry.examples)} if entry.examples else {}),
        **({"why": entry.why} if entry.why else {}),
    }
