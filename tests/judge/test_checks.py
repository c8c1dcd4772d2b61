"""Our own checks: each names what is wrong, and none of them is waved through by a burden of proof."""

from dataclasses import replace

import pytest
from two_groups import COUNTS, FACTS, MODEL, POLICY, RULE, TABLE

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Unassigned, UnassignedKind
from gate.core.decision import Effect, Finding, Outcome, Verdict
from gate.core.facts import ExpectationResult, ExpectationsFacts, Facts, Misbehaviour, PredictionSource
from gate.core.model import DeclaredGroup, ModelConfig, SensitiveFeature
from gate.core.policy import DataTerms, ForbiddenInputs, Policy
from gate.judge import judge


def _table(groups: tuple[GroupCounts, ...]) -> ContingencyTable:
    """A table of one feature, whose rows are those of its groups."""
    overall = ConfusionCounts()
    for entry in groups:
        overall = overall + entry.counts
    return ContingencyTable(overall=overall, groups=groups)


def _found(rule: str, policy: Policy = POLICY, table: ContingencyTable = TABLE, facts: Facts = FACTS, model: ModelConfig = MODEL) -> tuple[Verdict, Finding]:
    judgement = judge(policy, model, table, facts)
    return judgement.verdict, next(finding for finding in judgement.findings if finding.rule == rule)


def test_nothing_to_say_is_no_finding() -> None:
    """On clean data only the policy's rules speak, and the candidate passes."""
    judgement = judge(POLICY, MODEL, TABLE, FACTS)

    assert [finding.rule for finding in judgement.findings] == ["parity"]
    assert judgement.verdict is Verdict.PASSED


def test_misbehaviour_is_the_only_finding() -> None:
    """Where the candidate misbehaved there is nothing to count, and the verdict is blocked."""
    facts = replace(FACTS, predictions=replace(FACTS.predictions, misbehaviour=Misbehaviour(check="length", detail="3 answers for 5 rows")))
    judgement = judge(POLICY, MODEL, ContingencyTable(overall=ConfusionCounts(), groups=()), facts)

    assert [finding.rule for finding in judgement.findings] == ["candidate-misbehaved"]
    assert judgement.verdict is Verdict.BLOCKED
    assert "3 answers for 5 rows" in judgement.findings[0].message


@pytest.mark.parametrize(
    ("age", "verdict", "outcome"),
    [
        (None, Verdict.INCONCLUSIVE, "inconclusive"),
        (366, Verdict.INCONCLUSIVE, "inconclusive"),
        (-355056, Verdict.INCONCLUSIVE, "inconclusive"),
        (10, Verdict.PASSED, "pass"),
    ],
)
def test_an_old_or_undated_holdout_holds(age: int | None, verdict: Verdict, outcome: str) -> None:
    """Over the limit, or of unknown age where the policy sets one: inconclusive."""
    policy = replace(POLICY, data=DataTerms(max_age_days=365))
    found = _found("data-age", policy, facts=replace(FACTS, data=replace(FACTS.data, age_days=age)))

    assert (found[0], found[1].outcome.value) == (verdict, outcome)


@pytest.mark.parametrize(
    ("inputs", "source", "outcome"),
    [
        (("income", "g"), PredictionSource.MODEL, Outcome.FAIL),
        (None, PredictionSource.MODEL, Outcome.INCONCLUSIVE),
        (None, PredictionSource.FILE, Outcome.NOT_APPLICABLE),
        (("income", "zip"), PredictionSource.MODEL, Outcome.FAIL),
    ],
)
def test_forbidden_inputs(inputs: tuple[str, ...] | None, source: PredictionSource, outcome: Outcome) -> None:
    """A forbidden input blocks, unknown inputs hold, a table of predictions has none."""
    policy = replace(POLICY, forbidden_inputs=ForbiddenInputs(sensitive=True, columns=("zip",)))
    facts = replace(FACTS, candidate=replace(FACTS.candidate, inputs=inputs), predictions=replace(FACTS.predictions, source=source))

    assert _found("forbidden-input", policy, facts=facts)[1].outcome is outcome


def test_allowed_inputs_say_nothing() -> None:
    """A model that takes none of the forbidden columns has no finding."""
    policy = replace(POLICY, forbidden_inputs=ForbiddenInputs(sensitive=True))

    assert all(finding.rule != "forbidden-input" for finding in judge(policy, MODEL, TABLE, FACTS).findings)


@pytest.mark.parametrize(("success", "verdict"), [(True, Verdict.PASSED), (False, Verdict.BLOCKED)])
def test_data_expectations(success: bool, verdict: Verdict) -> None:  # noqa: FBT001 -- a parameter of the test
    """A suite that is met is shown, one that is not blocks and names the expectation and its column."""
    result = ExpectationResult(expectation="expect_column_values_to_not_be_null", column="income", success=success, unexpected_rows=0 if success else 7)
    facts = replace(FACTS, expectations=ExpectationsFacts(suite="s", results=(result,)))
    found = _found("data-expectations", facts=facts)

    assert found[0] is verdict
    assert success or "expect_column_values_to_not_be_null on income" in found[1].message


def test_unknown_values_count_together() -> None:
    """Missing and undeclared values of one feature are added before they are compared with the limit."""
    unassigned = tuple(Unassigned(feature="g", kind=kind, rows=50, examples=("'x'",)) for kind in UnassignedKind)
    table = replace(TABLE, overall=TABLE.overall + ConfusionCounts(tn=100), unassigned=unassigned)  # 50 of 4,100 rows each
    policy = replace(POLICY, data=DataTerms(max_unknown_share=0.02))
    findings = [finding for finding in judge(policy, MODEL, table, FACTS).findings if finding.rule.startswith("coverage")]

    assert [finding.effect for finding in findings] == [Effect.HOLDS, Effect.HOLDS]
    assert "'x'" in findings[1].message


def test_no_mandatory_rule_that_applies_is_no_pass() -> None:
    """Where every rule is for another kind of model, nothing was shown: inconclusive."""
    policy = replace(POLICY, rules=(replace(RULE, applies_to={"task": "ranking"}),))
    verdict, finding = _found("nothing-judged", policy)

    assert (verdict, finding.effect) == (Verdict.INCONCLUSIVE, Effect.HOLDS)


def test_a_group_without_a_denominator_holds_under_the_gates_burden_too() -> None:
    """No positives in a declared group is no sampling uncertainty, whoever has to prove something."""
    groups = (GroupCounts(feature="g", group="a", counts=COUNTS), GroupCounts(feature="g", group="b", counts=ConfusionCounts(fp=100, tn=900)))
    policy = replace(POLICY, rules=(replace(RULE, metric="equal_opportunity_difference"),))
    verdict, finding = _found("parity", policy, _table(groups))

    assert (verdict, finding.outcome, finding.insufficient) == (Verdict.INCONCLUSIVE, Outcome.INCONCLUSIVE, ("b",))


def test_a_small_group_may_pass_undisproved_under_the_gates_burden() -> None:
    """Below min_group but with something to divide by: exact limits hold at any size, so only a proven violation stops it."""
    small = ConfusionCounts(tp=7, fp=3, tn=7, fn=3)
    groups = (GroupCounts(feature="g", group="a", counts=COUNTS), GroupCounts(feature="g", group="b", counts=small))
    verdict, finding = _found("parity", table=_table(groups))

    assert (verdict, finding.not_disproved) == (Verdict.PASSED, True)
    assert "b (20 of 30 rows)" in finding.message


def test_a_violation_proven_on_a_small_group_fails_all_the_same() -> None:
    """Fail wins over insufficient: twenty rows without a single selection prove a gap to a group that is always selected."""
    all_, none = ConfusionCounts(tp=700, fp=300), ConfusionCounts(tn=20)
    groups = (GroupCounts(feature="g", group="a", counts=all_), GroupCounts(feature="g", group="b", counts=none))

    assert _found("parity", table=_table(groups))[1].outcome is Outcome.FAIL


def test_an_unknown_metric_is_never_skipped() -> None:
    """A rule whose metric the catalogue does not know is an error, not a pass."""
    policy = replace(POLICY, rules=(RULE, replace(RULE, id="other", metric="no_such_metric")))

    with pytest.raises(ValueError, match="no_such_metric"):
        judge(policy, MODEL, TABLE, FACTS)


def test_beyond_two_hundred_groups_the_deciding_ones_stay() -> None:
    """A record shows the largest groups and those that decide; the counts file has all."""
    names = tuple(f"g{i:03}" for i in range(300))
    feature = SensitiveFeature(name="g", column="g", groups=tuple(DeclaredGroup(name=name, value=name) for name in names))
    odd = ConfusionCounts(tp=5, tn=60)
    counts = [COUNTS] * 299 + [odd]
    groups = tuple(GroupCounts(feature="g", group=name, counts=entry) for name, entry in zip(names, counts, strict=True))
    judgement = judge(POLICY, replace(MODEL, sensitive_features=(feature,)), _table(groups), FACTS)
    shown = {entry.counts.group for entry in judgement.groups}

    assert (len(shown), "g299" in shown) == (200, True)


CONTRADICTIONS = {
    "a vanished group": replace(TABLE, groups=TABLE.groups[:1]),
    "a group twice": replace(TABLE, groups=(TABLE.groups[0], TABLE.groups[0])),
    "another name": replace(TABLE, groups=(TABLE.groups[0], replace(TABLE.groups[1], group="c"))),
    "a feature that is not declared": replace(TABLE, groups=(*TABLE.groups, replace(TABLE.groups[0], feature="z"))),
    "rows from nowhere": replace(TABLE, groups=(TABLE.groups[0], replace(TABLE.groups[1], counts=COUNTS + COUNTS))),
    "rows that are lost": replace(TABLE, overall=TABLE.overall + ConfusionCounts(tn=1)),
    "no rows at all": replace(TABLE, overall=ConfusionCounts()),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_counts_that_cannot_come_from_the_declaration_are_not_judged(case: str) -> None:
    """A table that lacks a group, invents one or loses rows is an error, never a verdict."""
    with pytest.raises(ValueError, match=r"counts|rows"):
        judge(POLICY, MODEL, CONTRADICTIONS[case], FACTS)
