"""Judgement: from policy, configuration, counts and facts to findings and a verdict. Pure arithmetic.

This room knows no file, no registry, no clock and no randomness. The same four inputs always give the same
judgement, which is what makes a decision replayable.
"""

from gate.core.counts import ContingencyTable
from gate.core.decision import Judgement
from gate.core.facts import Facts
from gate.core.model import ModelConfig
from gate.core.policy import Policy
from gate.judge.baselines import baseline_findings, unpaired
from gate.judge.checks import check_findings, coverage
from gate.judge.consistency import contradiction, unattributed
from gate.judge.explanations import explanation_findings
from gate.judge.findings import rule_findings
from gate.judge.groups import group_results
from gate.judge.reach import reach_of
from gate.judge.verdict import verdict

__all__ = ["judge"]


def judge(policy: Policy, model: ModelConfig, table: ContingencyTable, facts: Facts, *, planning: bool = True) -> Judgement:
    """The judgement of one candidate.

    Args:
        policy: the policy of the model's tier.
        model: the model's entry of `gate.yaml`.
        table: the counts of every declared feature and of every intersection up to the policy's depth.
        facts: everything else that was found out.
        planning: whether to say how many rows would settle what is inconclusive; no verdict depends on it.

    Raises:
        ValueError: the counts cannot come from the declared features.
    """
    if facts.predictions.misbehaviour is not None:
        findings = check_findings(policy, model, table, facts)
        return Judgement(verdict=verdict(findings), findings=findings, groups=(), coverage=())
    wrong = contradiction(model, table, depth=policy.evidence.intersections.depth) or unpaired(table, facts.baselines)
    wrong = wrong or unattributed(model, table, facts.data.attributes)
    if wrong is not None:
        raise ValueError(wrong)
    look = facts.data.look
    findings = (
        *check_findings(policy, model, table, facts),
        *baseline_findings(policy, model, facts.baselines),
        *rule_findings(policy, model, table, facts, planning=planning),
        *explanation_findings(policy, model, facts),
    )
    groups = group_results(policy, table, findings, labels=model.data.labels or (), look=look, reach=reach_of(model))
    return Judgement(verdict=verdict(findings), findings=findings, groups=groups, coverage=coverage(model, table))
