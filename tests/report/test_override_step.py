"""Whoever is stopped is told who may let it pass all the same, and only where somebody may."""

from dataclasses import replace

from samples import blocked, inconclusive, passed

from gate.core.decision import Decision, Document, Effect
from gate.core.policy import Enforcement
from gate.report import text
from gate.report.wording import next_step

TERMS = {"approvers": 2, "roles": ["model-risk", "compliance"], "max_days": 30}


def _with_terms(decision: Decision, *, hard: bool = False) -> Decision:
    findings = tuple(
        replace(finding, enforcement=Enforcement.HARD_MANDATORY if hard and finding.effect is not Effect.NONE else Enforcement.SOFT_MANDATORY)
        for finding in decision.judgement.findings
    )
    policy = Document(digest=decision.policy.digest, effective={**dict(decision.policy.effective), "override": TERMS})  # type: ignore[arg-type]  # an object
    return replace(decision, policy=policy, judgement=replace(decision.judgement, findings=findings))


def test_the_way_to_an_override_is_said_in_the_log() -> None:
    """The command, how many approve, of which roles, for how long."""
    for decision in (_with_terms(blocked()), _with_terms(inconclusive())):
        said = " ".join(text.render(decision, width=300, color=False).split())

        assert "gate override request" in said
        assert "it takes 2 approvals by model-risk or compliance, for 30 days at most" in said


def test_it_is_not_said_where_nobody_may() -> None:
    """Not without terms, not for a hard rule, not for what passed, not for a table."""
    table = _with_terms(blocked())
    table = replace(table, facts=replace(table.facts, candidate=replace(table.facts.candidate, version=None)))

    for decision in (blocked(), _with_terms(blocked(), hard=True), _with_terms(passed()), table):
        assert not any("override" in step for step in next_step(decision))
