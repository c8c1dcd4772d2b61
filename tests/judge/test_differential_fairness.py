"""Differential fairness: two ratios, shown as ε."""

import math

import pytest

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.decision import Finding, Outcome
from gate.core.facts import Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import Enforcement, Policy, Rule, Scope, Threshold
from gate.judge.findings import rule_findings


def _finding(*selected: tuple[int, int], epsilon: float) -> Finding:
    """The finding on groups with so many selected of so many rows."""
    names = [f"g{i}" for i in range(len(selected))]
    counts = [ConfusionCounts(tp=x // 2, fp=x - x // 2, tn=(n - x) // 2, fn=n - x - (n - x) // 2) for x, n in selected]
    table = ContingencyTable(
        overall=sum(counts, ConfusionCounts()), groups=tuple(GroupCounts(feature="g", group=name, counts=c) for name, c in zip(names, counts, strict=True))
    )
    feature = SensitiveFeature(name="g", column="g", groups=tuple(DeclaredGroup(name=name, value=name) for name in names))
    model = ModelConfig(
        name="m",
        tier="high",
        task=Task.BINARY_CLASSIFICATION,
        data=DataSource(label="y"),
        predictions=PredictionColumns(column="p"),
        sensitive_features=(feature,),
    )
    rule = Rule(
        id="epsilon", metric="differential_fairness", threshold=Threshold(max=epsilon), scope=Scope.BETWEEN_GROUPS, enforcement=Enforcement.SOFT_MANDATORY
    )
    facts = Facts(
        candidate=Candidate(name="m", version=None, digest=None), data=DataFacts(digest="sha256:0"), predictions=PredictionFacts(source=PredictionSource.FILE)
    )
    return rule_findings(Policy(tier="high", rules=(rule,)), model, table, facts)[0]


def test_epsilon_is_the_worse_of_both_outcomes() -> None:
    """|ln| of the ratio of selection rates and of rejection rates, Foulds et al. 2020, whichever is larger."""
    rare, common = _finding((100, 1000), (200, 1000), epsilon=0.1), _finding((900, 1000), (800, 1000), epsilon=0.1)

    assert rare.value == pytest.approx(math.log(2))
    assert common.value == pytest.approx(math.log(2))
    assert rare.outcome is common.outcome is Outcome.FAIL


def test_limits_stand_the_right_way_round() -> None:
    """The lower limit of ε is below, the upper above its value."""
    found = _finding((500, 1000), (450, 1000), epsilon=0.3)

    assert found.outcome is Outcome.PASS
    assert found.lower is not None
    assert found.upper is not None
    assert found.value is not None
    assert found.lower < found.value < found.upper < 0.3


def test_groups_that_are_alike_have_a_lower_limit_below_zero() -> None:
    """Where either group may be ahead, the limits lie on both sides of 0: none is folded over to the other side."""
    found = _finding((500, 1000), (500, 1000), epsilon=0.3)

    assert found.lower is not None
    assert found.upper is not None
    assert found.pair_value == 0
    assert found.lower < 0 < found.upper


def test_small_rejection_rates_do_not_hide() -> None:
    """Selection .98 and .995 are alike, rejection .02 and .005 are not: no pass by looking at one outcome."""
    assert _finding((4900, 5000), (4975, 5000), epsilon=0.5).outcome is Outcome.FAIL


def test_an_infinite_epsilon_is_no_number_and_fails() -> None:
    """A group that is never selected beside one that is: null with a reason, and a violation all the same."""
    found = _finding((0, 1000), (500, 1000), epsilon=5.0)

    assert found.value is None
    assert found.reason is not None
    assert found.reason.startswith("infinite")
    assert _finding((0, 1000), (500, 1000), epsilon=1.0).outcome is Outcome.FAIL
    assert found.outcome is not Outcome.PASS


def test_nobody_rejected_is_not_equal_rejection() -> None:
    """0 / 0 in one outcome passes nothing."""
    assert _finding((1000, 1000), (1000, 1000), epsilon=5.0).outcome is Outcome.INCONCLUSIVE
