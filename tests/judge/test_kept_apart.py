"""Attributes kept apart, labels of the accepted, and the development table: what follows for the verdict."""

import math
from dataclasses import replace

import numpy as np
import pytest
from two_groups import COUNTS, FACTS, MODEL, POLICY, RULE, TABLE

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Unassigned, UnassignedKind
from gate.core.decision import Effect, Finding, Outcome, Verdict
from gate.core.facts import AttributesFacts, DataFacts, Facts, Misbehaviour
from gate.core.model import AttributesSource, LabelsObserved, ModelConfig
from gate.core.policy import Burden, DataTerms, Evidence, ForbiddenInputs, Policy, Scope, Threshold
from gate.judge import judge

APART = replace(MODEL, data=replace(MODEL.data, attributes=AttributesSource(uri="a.csv", join_on="id")))
SELECTED = replace(MODEL, data=replace(MODEL.data, label_observed_for=LabelsObserved.SELECTED))
ACCURACY = replace(RULE, id="useful", metric="accuracy", scope=Scope.BY_GROUP, threshold=Threshold(min=0.5))


def _facts(unmatched: int, unused: int = 0) -> Facts:
    return replace(FACTS, data=DataFacts(digest="sha256:0", attributes=AttributesFacts(digest="sha256:1", columns=("g",), unmatched=unmatched, unused=unused)))


def _unmatched(rows: int) -> ContingencyTable:
    """The table with rows of no group more."""
    more = ConfusionCounts(tn=rows)
    return replace(TABLE, overall=TABLE.overall + more, unassigned=(Unassigned(feature="g", kind=UnassignedKind.MISSING_VALUE, rows=rows),))


def _named(rule: str, policy: Policy, table: ContingencyTable, facts: Facts, model: ModelConfig) -> tuple[Verdict, Finding]:
    judgement = judge(policy, model, table, facts)
    return judgement.verdict, next(finding for finding in judgement.findings if finding.rule == rule)


# ---------------------------------------------------------------------------------------------- a table of attributes


@pytest.mark.parametrize(("rows", "verdict", "outcome"), [(80, Verdict.PASSED, Outcome.PASS), (82, Verdict.INCONCLUSIVE, Outcome.INCONCLUSIVE)])
def test_rows_without_a_line_are_limited_as_missing_values_are(rows: int, verdict: Verdict, outcome: Outcome) -> None:
    """Up to the share of unknown rows that the policy allows they are reported; beyond it nothing passes, and nobody is named."""
    found, finding = _named("attributes-unmatched", POLICY, _unmatched(rows), _facts(rows, unused=3), APART)

    assert (found, finding.outcome) == (verdict, outcome)
    assert finding.message == f"{rows} of {4000 + rows:,} rows have no line in the table of attributes, so that g is missing; 3 of its lines belong to no row"


def test_lines_of_nobody_are_only_reported() -> None:
    """Attributes of people who are not in the holdout change nothing."""
    assert _named("attributes-unmatched", POLICY, TABLE, _facts(0, unused=10**6), APART)[0] is Verdict.PASSED


def test_a_perfect_match_is_not_worth_a_finding() -> None:
    """Only the policy's rules speak."""
    assert [finding.rule for finding in judge(POLICY, APART, TABLE, _facts(0)).findings] == ["parity"]


@pytest.mark.parametrize(
    ("model", "table", "facts"),
    [(APART, TABLE, FACTS), (MODEL, TABLE, _facts(0)), (APART, _unmatched(10), _facts(11)), (APART, TABLE, _facts(1))],
    ids=["no facts", "nothing declared", "too few missing", "none missing"],
)
def test_facts_that_contradict_declaration_or_counts_are_refused(model: ModelConfig, table: ContingencyTable, facts: Facts) -> None:
    """A forged record cannot hide rows that had no line among the attributes."""
    with pytest.raises(ValueError, match="table of attributes"):
        judge(POLICY, model, table, facts)


@pytest.mark.parametrize(("unmatched", "unused"), [(-1, 0), (0, -1)])
def test_a_negative_number_of_rows_is_no_fact(unmatched: int, unused: int) -> None:
    """What cannot be is refused where it is read."""
    with pytest.raises(ValueError, match="never negative"):
        AttributesFacts(digest="d", columns=("g",), unmatched=unmatched, unused=unused)


def test_who_asks_for_what_is_apart_and_forbidden_is_blocked_with_both_reasons() -> None:
    """The candidate cannot be served, and the policy's own finding says why it must not be."""
    candidate = replace(FACTS.candidate, inputs=("income", "g"))
    fault = replace(FACTS.predictions, misbehaviour=Misbehaviour(check="inputs", detail="its signature asks for 'g'"))
    policy = replace(POLICY, forbidden_inputs=ForbiddenInputs(sensitive=True))
    judgement = judge(policy, APART, ContingencyTable(overall=ConfusionCounts(), groups=()), replace(_facts(0), candidate=candidate, predictions=fault))

    assert [finding.rule for finding in judgement.findings] == ["candidate-misbehaved", "forbidden-input"]
    assert judgement.verdict is Verdict.BLOCKED


# ------------------------------------------------------------------------------------------- labels of the accepted


def _partly(labelled: ConfusionCounts, rejected: int) -> ContingencyTable:
    """Two equal groups, each with so many rows that nobody knows the truth of."""
    counts = labelled + ConfusionCounts(unlabelled_rejected=rejected)
    return ContingencyTable(overall=counts + counts, groups=tuple(GroupCounts(feature="g", group=name, counts=counts) for name in "ab"))


def test_missing_labels_are_no_fault_where_only_the_accepted_have_any() -> None:
    """The same rows pass with `selected` and not without; the finding says whom error rates describe."""
    table = _partly(COUNTS, 500)
    strict = _named("coverage-missing-label", POLICY, table, FACTS, MODEL)
    verdict, finding = _named("coverage-missing-label", POLICY, table, FACTS, SELECTED)

    assert (strict[0], strict[1].outcome) == (Verdict.INCONCLUSIVE, Outcome.INCONCLUSIVE)
    assert (verdict, finding.outcome, finding.threshold, finding.value) == (Verdict.PASSED, Outcome.PASS, None, 1000 / 5000)
    assert finding.message == "labels exist for accepted cases only: 1,000 of 5,000 rows have none, and error rates describe the accepted only"


def test_the_remark_is_made_though_no_label_is_missing() -> None:
    """Whoever drops the rejected rows beforehand does not lose the warning with them."""
    assert "describe the accepted only" in _named("coverage-missing-label", POLICY, TABLE, FACTS, SELECTED)[1].message


@pytest.mark.parametrize("burden", list(Burden))
@pytest.mark.parametrize("metric", ["true_positive_rate", "accuracy", "false_positive_rate"])
def test_without_any_label_nothing_that_needs_one_passes(burden: Burden, metric: str) -> None:
    """Rows of the rejected alone leave every label-based rule undecided, whoever bears the burden of proof."""
    counts = ConfusionCounts(unlabelled_selected=1000, unlabelled_rejected=1000)
    table = ContingencyTable(overall=counts + counts, groups=tuple(GroupCounts(feature="g", group=name, counts=counts) for name in "ab"))
    policy = Policy(tier="t", rules=(RULE, replace(ACCURACY, metric=metric)), evidence=Evidence(burden_of_proof=burden))
    verdict, finding = _named("useful", policy, table, FACTS, SELECTED)

    assert (verdict, finding.outcome, finding.effect, finding.value) == (Verdict.INCONCLUSIVE, Outcome.INCONCLUSIVE, Effect.HOLDS, None)


def test_selection_is_judged_on_all_rows() -> None:
    """Who is selected is known of everybody: the rates count rows with and without a label."""
    finding = next(finding for finding in judge(POLICY, SELECTED, _partly(COUNTS, 2000), FACTS).findings if finding.rule == "parity")
    group = judge(POLICY, SELECTED, _partly(COUNTS, 2000), FACTS).groups[0].metrics["selection_rate"]

    assert finding.outcome is not Outcome.FAIL
    assert getattr(group, "value", None) == pytest.approx(1000 / 4000)


@pytest.mark.parametrize("metric", ["accuracy", "true_positive_rate", "false_positive_rate", "positive_predictive_value"])
def test_rows_without_a_label_do_not_make_a_group_large_enough(metric: str) -> None:
    """Two labelled rows among thousands are below any minimum: the group is insufficient, and that is said."""
    tiny = ConfusionCounts(tp=1, tn=1, unlabelled_rejected=5000)
    groups = (GroupCounts(feature="g", group="a", counts=COUNTS), GroupCounts(feature="g", group="b", counts=tiny))
    table = ContingencyTable(overall=COUNTS + tiny, groups=groups)
    policy = replace(POLICY, rules=(replace(ACCURACY, metric=metric, threshold=Threshold(min=0.01)),), evidence=Evidence(burden_of_proof=Burden.CANDIDATE))
    verdict, finding = _named("useful", policy, table, FACTS, SELECTED)

    assert (verdict, finding.insufficient) == (Verdict.INCONCLUSIVE, ("b",))
    assert "b (2 of 30 labelled rows)" in finding.message or metric != "accuracy"


@pytest.mark.statistics
@pytest.mark.parametrize("accepted", [0.2, 0.6])
def test_a_violation_among_the_accepted_passes_no_more_often_than_promised(accepted: float) -> None:
    """A gap exactly at the bound, of rows of which only some have a label: at most 5 % of the tables pass, within three standard errors."""
    rng = np.random.default_rng(14)
    rule = replace(RULE, id="opportunity", metric="equal_opportunity_difference", threshold=Threshold(max=0.1))
    policy = replace(POLICY, rules=(rule,), evidence=Evidence(burden_of_proof=Burden.CANDIDATE))
    tables, passed = 600, 0
    for _ in range(tables):
        groups = tuple(GroupCounts(feature="g", group=name, counts=_drawn(rng, rate, accepted)) for name, rate in (("a", 0.8), ("b", 0.7)))
        table = ContingencyTable(overall=groups[0].counts + groups[1].counts, groups=groups)
        passed += judge(policy, SELECTED, table, FACTS).verdict is Verdict.PASSED

    assert passed / tables <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / tables)


def _drawn(rng: np.random.Generator, rate: float, accepted: float) -> ConfusionCounts:
    """1,500 rows, half of them positive; the others than the accepted have no label."""
    positives, negatives = (int(rng.binomial(750, accepted)) for _ in range(2))
    tp, fp = int(rng.binomial(positives, rate)), int(rng.binomial(negatives, 0.3))
    selected = int(rng.binomial(1500 - positives - negatives, 0.4))
    rejected = 1500 - positives - negatives - selected
    return ConfusionCounts(tp=tp, fn=positives - tp, fp=fp, tn=negatives - fp, unlabelled_selected=selected, unlabelled_rejected=rejected)


# -------------------------------------------------------------------------------------------- the development table


def test_the_age_of_the_holdout_is_not_that_of_the_development_table() -> None:
    """A tier that limits the age says nothing about rows that decide nothing."""
    policy = replace(POLICY, data=DataTerms(max_age_days=30))
    facts = replace(FACTS, data=DataFacts(digest="sha256:0", development=True))

    assert judge(policy, MODEL, TABLE, facts).verdict is Verdict.PASSED
    assert judge(policy, MODEL, TABLE, FACTS).verdict is Verdict.INCONCLUSIVE


def test_looks_at_a_development_table_are_not_counted() -> None:
    """A record that says both was not written by a check."""
    with pytest.raises(ValueError, match="not counted"):
        DataFacts(digest="d", look=1, development=True)
