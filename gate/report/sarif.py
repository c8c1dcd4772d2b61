"""The findings as SARIF 2.1.0 (OASIS), for code scanning: what stops a candidate is an alert on the line of its rule.

Only findings that do not pass are results, since viewers show every result as an alert; all rules are listed with the
tool, so that a rule without a result is one that was met. What people have waived stays a result, marked as suppressed
(3.35 of the specification), by whom and why. Text is plain in SARIF; viewers read links in it, which
are made inert like control characters and commands.
"""

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from gate.core.decision import Decision, Effect, Finding, Outcome
from gate.core.document import Json
from gate.core.override import Waiver
from gate.core.place import Place
from gate.report import figures, provisos, remarks, wording
from gate.report.escape import LONG, SHORT, clean
from gate.report.escape import inert as safe
from gate.report.phrases import name

__all__ = ["MOST", "render"]

MOST = 5_000
"""Results that are written: GitHub takes 25,000 in 10 MB and shows 5,000; the worst come first."""
_LEVELS = {Effect.BLOCKS: "error", Effect.HOLDS: "warning", Effect.NONE: "note"}


def render(decision: Decision, places: Mapping[str, Place], waived: Mapping[str, Waiver] | None = None) -> str:
    """One run with one result per finding that does not pass.

    Args:
        decision: what was decided.
        places: rule id → where it stands; "" → where findings of the gate's own checks lead to.
        waived: rule id → what waives it; None where nobody has looked, and then the file says nothing of suppressions.
    """
    findings = [finding for finding in remarks.ordered(decision.judgement.findings) if finding.outcome in {Outcome.FAIL, Outcome.INCONCLUSIVE}]
    rules = _rules(decision)
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "fairness-gate", "semanticVersion": clean(decision.gate_version, limit=SHORT), "rules": list(rules.values())}},
        "automationDetails": {"id": safe(f"fairness-gate/{decision.facts.candidate.name}/", limit=SHORT)},
        "results": [_result(finding, decision, places, tuple(rules)) | _suppressions(finding, waived) for finding in findings[:MOST]],
        "columnKind": "unicodeCodePoints",
        "properties": {
            "verdict": decision.verdict.value,
            "status": provisos.status(decision),
            "tier": clean(decision.tier, limit=SHORT),
            "candidate": {"name": clean(decision.facts.candidate.name, limit=SHORT), "digest": clean(decision.facts.candidate.digest, limit=SHORT)},
            "provisos": [safe(proviso) for proviso in provisos.provisos(decision)],
            "findingsLeftOut": max(0, len(findings) - MOST),
        },
    }
    return json.dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}, indent=1, ensure_ascii=False) + "\n"


def _rules(decision: Decision) -> dict[str, dict[str, Any]]:
    """Every rule and check that made a finding, once, in order."""
    return {finding.rule: _rule(finding, _satisfies(decision.policy.effective, finding.rule)) for finding in decision.judgement.findings}


def _rule(finding: Finding, clauses: Iterable[str]) -> dict[str, Any]:
    bound = f": {finding.metric} {figures.threshold(finding.threshold)}" if finding.metric is not None else ""
    rule: dict[str, Any] = {
        "id": clean(finding.rule, limit=SHORT),
        "shortDescription": {"text": safe(f"{name(finding.rule)}{bound}", limit=SHORT)},
        "properties": {"tags": ["fairness", *(clean(clause, limit=SHORT) for clause in clauses)], "enforcement": finding.enforcement.value},
    }
    return rule | ({"fullDescription": {"text": safe(finding.why)}, "help": {"text": safe(finding.why)}} if finding.why.strip() else {})


def _satisfies(policy: Json, rule: str) -> Iterable[str]:
    """The clauses that the policy names for a rule."""
    rules = policy.get("rules") if isinstance(policy, Mapping) else None
    for written in rules if isinstance(rules, list) else ():
        if isinstance(written, Mapping) and written.get("id") == rule:
            clauses = written.get("satisfies")
            return [str(clause) for clause in clauses] if isinstance(clauses, list) else []
    return []


def _result(finding: Finding, decision: Decision, places: Mapping[str, Place], rules: tuple[str, ...]) -> dict[str, Any]:
    place = places.get(finding.rule) or places.get("") or Place(path="policy.yaml")
    where = remarks.subject(finding)
    said = " ".join(part for part in (f"{where}: {remarks.outcome(finding)}.", remarks.message(finding), remarks.settle(finding)) if part)
    return {
        "ruleId": clean(finding.rule, limit=SHORT),
        "ruleIndex": rules.index(finding.rule),
        "level": _LEVELS[finding.effect],
        "message": {"text": safe(f"{wording.candidate(decision)}: {said}", limit=LONG)},
        "locations": [{"physicalLocation": _physical(place), "logicalLocations": [{"fullyQualifiedName": safe(remarks.place(finding), limit=SHORT)}]}],
        "partialFingerprints": {"finding/v1": _fingerprint(decision, finding)},
        "properties": _numbers(finding),
    }


def _suppressions(finding: Finding, waived: Mapping[str, Waiver] | None) -> dict[str, Any]:
    """What waives a finding that stops the candidate; an empty list says that nothing does, as all results say it or none."""
    if waived is None:
        return {}
    waiver = None if finding.effect is Effect.NONE else waived.get(finding.rule)
    if waiver is None:
        return {"suppressions": []}
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": safe(f"waived {waiver.account}", limit=LONG)}]}


def _physical(place: Place) -> dict[str, Any]:
    return {"artifactLocation": {"uri": quote(place.path, safe="/-._~"), "uriBaseId": "%SRCROOT%"}, "region": {"startLine": place.line}}


def _numbers(finding: Finding) -> dict[str, Any]:
    """The numbers of a finding; an unknown one is left out."""
    threshold = finding.threshold
    bounds = {} if threshold is None else {"max": threshold.max, "min": threshold.min, "max_drop": threshold.max_drop, "max_increase": threshold.max_increase}
    named: dict[str, Any] = {"outcome": finding.outcome.value, "value": finding.value, "lower": finding.lower, "upper": finding.upper, **bounds}
    if finding.inherited is not None:
        named["inherited_until"] = finding.inherited.until.isoformat()
    return {key: value for key, value in named.items() if value is not None}


def _fingerprint(decision: Decision, finding: Finding) -> str:
    """The same for the same rule, feature and model in every run, so that an alert stays one alert."""
    said = json.dumps([decision.facts.candidate.name, finding.rule, finding.feature])
    return sha256(said.encode()).hexdigest()
