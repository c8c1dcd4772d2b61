"""Findings of our own checks, whole: every key that a script may read, not only the outcome."""

from dataclasses import replace

import pytest

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Unassigned, UnassignedKind
from gate.core.decision import Effect, Finding, Outcome
from gate.core.facts import Candidate, DataFacts, ExpectationResult, ExpectationsFacts, Facts, Misbehaviour, PredictionFacts, PredictionSource
from gate.core.model import DataSource, DeclaredGroup, ExcludedGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import DataTerms, Enforcement, ForbiddenInputs, Policy, Rule, Scope, Threshold
from gate.judge import judge

COUNTS = ConfusionCounts(tp=700, fp=300, tn=700, fn=300)
GROUPS = tuple(GroupCounts(feature="g", group=name, counts=COUNTS) for name in "ab")
TABLE = ContingencyTable(overall=COUNTS + COUNTS, groups=GROUPS)
FEATURE = SensitiveFeature(name="g", column="col", groups=tuple(DeclaredGroup(name=name, value=name) for name in "ab"))
MODEL = ModelConfig(name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=(FEATURE,))
RULE = Rule(
    id="parity", metric="demographic_parity_difference", threshold=Threshold(max=0.2), scope=Scope.BETWEEN_GROUPS, enforcement=Enforcement.SOFT_MANDATORY
)
POLICY = Policy(tier="t", rules=(RULE,))
FACTS = Facts(
    candidate=Candidate(name="m", version="1", digest="sha256:0", inputs=("income", "col")),
    data=DataFacts(digest="sha256:0", age_days=10),
    predictions=PredictionFacts(source=PredictionSource.MODEL, sandbox="none"),
)
MORE_DATA = "more rows of the same kind do not settle this: the holdout or its declaration has to be mended"


def _found(rule: str, *, policy: Policy = POLICY, table: ContingencyTable = TABLE, facts: Facts = FACTS) -> Finding:
    return next(finding for finding in judge(policy, MODEL, table, facts).findings if finding.rule == rule)


def _ours(rule: str, outcome: Outcome, message: str, **keys: object) -> Finding:
    """A finding of a check, with what all of them have in common."""
    effects = {Outcome.FAIL: Effect.BLOCKS, Outcome.INCONCLUSIVE: Effect.HOLDS}
    settled = {Outcome.PASS: "within the limit", Outcome.FAIL: "violation proven", Outcome.INCONCLUSIVE: MORE_DATA, Outcome.NOT_APPLICABLE: "not applicable"}
    common = {
        "effect": effects.get(outcome, Effect.NONE),
        "enforcement": Enforcement.SOFT_MANDATORY,
        "rows_needed_reason": settled[outcome],
        "reason": None if "value" in keys else "a check, not a metric",
    }
    return Finding(rule=rule, outcome=outcome, message=message, **{**common, **keys})  # type: ignore[arg-type]


def test_misbehaviour() -> None:
    """What the candidate did wrong, as a hard block."""
    facts = replace(FACTS, predictions=replace(FACTS.predictions, misbehaviour=Misbehaviour(check="length", detail="3 answers for 5 rows")))

    assert _ours("candidate-misbehaved", Outcome.FAIL, "length: 3 answers for 5 rows", enforcement=Enforcement.HARD_MANDATORY) == _found(
        "candidate-misbehaved", facts=facts
    )


@pytest.mark.parametrize(("cells", "words"), [({"tp": 60, "fp": 40}, "everybody"), ({"fn": 60, "tn": 40}, "nobody")], ids=["everybody", "nobody"])
def test_constant_predictions(cells: dict[str, int], words: str) -> None:
    """Selecting everybody or nobody has no gap and no use."""
    counts = ConfusionCounts(**cells)
    table = ContingencyTable(overall=counts + counts, groups=tuple(replace(entry, counts=counts) for entry in GROUPS))
    message = f"the candidate selects {words} among 200 rows: no gap between groups, and no use either"

    assert _ours("constant-predictions", Outcome.FAIL, message, enforcement=Enforcement.HARD_MANDATORY) == _found("constant-predictions", table=table)


def test_an_absent_group() -> None:
    """The feature and every declared group that no row belongs to."""
    table = ContingencyTable(overall=COUNTS, groups=(GROUPS[0], replace(GROUPS[1], counts=ConfusionCounts())))
    expected = _ours(
        "coverage-absent-group", Outcome.INCONCLUSIVE, "no row of the holdout belongs to b, declared for g", feature="g", groups=("b",), scope=Scope.BY_GROUP
    )

    assert expected == _found("coverage-absent-group", table=table)


@pytest.mark.parametrize(("limit", "outcome"), [(0.1, Outcome.PASS), (0.05, Outcome.PASS), (0.0499, Outcome.INCONCLUSIVE)])
def test_rows_without_a_value(limit: float, outcome: Outcome) -> None:
    """The share of rows that are in no declared group, against the limit: at the limit is within it."""
    table = ContingencyTable(
        overall=ConfusionCounts(tp=700, fp=300, tn=700, fn=300),
        groups=(
            replace(GROUPS[0], counts=ConfusionCounts(tp=300, fp=200, tn=300, fn=100)),
            replace(GROUPS[1], counts=ConfusionCounts(tp=400, fp=100, tn=300, fn=200)),
        ),
        unassigned=(Unassigned(feature="g", kind=UnassignedKind.MISSING_VALUE, rows=100),),
    )
    policy, share = replace(POLICY, data=DataTerms(max_unknown_share=limit)), 0.05
    message = "100 of 2,000 rows have no value for g; together 5.00% are in no declared group"
    expected = _ours("coverage-missing-value", outcome, message, feature="g", scope=Scope.BY_GROUP, value=share, threshold=Threshold(max=limit))

    assert expected == _found("coverage-missing-value", policy=policy, table=table)


def test_rows_without_a_label() -> None:
    """The share of rows without a label, over the whole table."""
    unlabelled = replace(COUNTS, unlabelled_selected=10, unlabelled_rejected=10)
    table = ContingencyTable(overall=unlabelled + COUNTS, groups=(replace(GROUPS[0], counts=unlabelled), GROUPS[1]))
    expected = _ours("coverage-missing-label", Outcome.INCONCLUSIVE, "20 of 4,020 rows have no label", value=20 / 4_020, threshold=Threshold(max=0.0))

    assert expected == _found("coverage-missing-label", table=table)


@pytest.mark.parametrize(("success", "outcome"), [(True, Outcome.PASS), (False, Outcome.FAIL)])
def test_expectations(success: bool, outcome: Outcome) -> None:  # noqa: FBT001
    """How many expectations are not met, and which."""
    results = (
        ExpectationResult(expectation="not_null", column="income", success=success, unexpected_rows=3),
        ExpectationResult(expectation="row_count", column=None, success=success),
    )
    message = "all 2 expectations of s are met" if success else "2 of 2 expectations of s are not met: not_null on income, row_count"

    assert _ours("data-expectations", outcome, message) == _found(
        "data-expectations", facts=replace(FACTS, expectations=ExpectationsFacts(suite="s", results=results))
    )


@pytest.mark.parametrize(
    ("age", "outcome", "message"),
    [
        (10, Outcome.PASS, "the holdout was collected 10 days ago"),
        (11, Outcome.INCONCLUSIVE, "the holdout was collected 11 days ago"),
        (-1, Outcome.PASS, "the holdout was collected -1 days ago"),
        (-2, Outcome.INCONCLUSIVE, "the holdout is dated 2 days in the future (data.collected)"),
        (None, Outcome.INCONCLUSIVE, "gate.yaml does not say when the holdout was collected (data.collected)"),
    ],
)
def test_age(age: int | None, outcome: Outcome, message: str) -> None:
    """Days against the limit; the future and the unknown are no age."""
    policy = replace(POLICY, data=DataTerms(max_age_days=10))
    keys = {} if age is None else {"value": float(age)}
    expected = _ours("data-age", outcome, message, threshold=Threshold(max=10), **keys)

    assert expected == _found("data-age", policy=policy, facts=replace(FACTS, data=replace(FACTS.data, age_days=age)))


def test_a_forbidden_input() -> None:
    """Every forbidden column that the model takes, named and sorted."""
    policy = replace(POLICY, forbidden_inputs=ForbiddenInputs(sensitive=True, columns=("income", "zip")))
    expected = _ours("forbidden-input", Outcome.FAIL, "the model takes col, income as input, which this policy forbids", groups=("col", "income"))

    assert expected == _found("forbidden-input", policy=policy)


@pytest.mark.parametrize(
    ("source", "outcome", "message"),
    [
        (PredictionSource.FILE, Outcome.NOT_APPLICABLE, "a table of predictions does not say what the model takes as input"),
        (
            PredictionSource.MODEL,
            Outcome.INCONCLUSIVE,
            "the model has no signature, so its inputs are not known: log it with one (mlflow.models.infer_signature)",
        ),
    ],
)
def test_unknown_inputs(source: PredictionSource, outcome: Outcome, message: str) -> None:
    """A model without a signature cannot show what it does not take; a table of predictions takes nothing."""
    policy = replace(POLICY, forbidden_inputs=ForbiddenInputs(sensitive=True))
    facts = replace(FACTS, candidate=replace(FACTS.candidate, inputs=None), predictions=replace(FACTS.predictions, source=source))

    assert _ours("forbidden-input", outcome, message) == _found("forbidden-input", policy=policy, facts=facts)


def test_a_rule_that_does_not_apply() -> None:
    """The finding says what the rule applies to, and that alone nothing is judged."""
    rule = replace(RULE, applies_to={"task": "ranking", "name": "x"}, why="because")
    expected = Finding(
        rule="parity", metric="demographic_parity_difference", scope=Scope.BETWEEN_GROUPS, outcome=Outcome.NOT_APPLICABLE, effect=Effect.NONE,
        enforcement=Enforcement.SOFT_MANDATORY, threshold=Threshold(max=0.2), reason="not applicable", rows_needed_reason="not applicable",
        message="applies to name x, task ranking only", why="because",
    )  # fmt: skip

    assert expected == _found("parity", policy=replace(POLICY, rules=(rule,)))
    assert _found("nothing-judged", policy=replace(POLICY, rules=(rule,))) == Finding(
        rule="nothing-judged", outcome=Outcome.INCONCLUSIVE, effect=Effect.HOLDS, enforcement=Enforcement.SOFT_MANDATORY,
        rows_needed_reason="no mandatory rule of this policy applies to this model",
        message="no mandatory rule of this policy applies to this model, so nothing was shown",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shares", "outcomes"),
    [
        ({"x": 0.02}, [Outcome.PASS]),
        ({"x": 0.01}, [Outcome.INCONCLUSIVE]),
        ({"x": 0.5}, [Outcome.PASS]),
        ({"x": 0.02, "y": 0.02}, [Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE]),
    ],
    ids=["within", "over its own limit", "the policy's limit holds", "together too many"],
)
def test_excluded_groups(shares: dict[str, float], outcomes: list[Outcome]) -> None:
    """`gate.yaml` may exclude no more than the policy lets anyone leave unjudged, however generous its own limits are."""
    groups = (*FEATURE.groups, *(DeclaredGroup(name=name, value=name) for name in shares))
    exclude = tuple(ExcludedGroup(group=name, why="small", max_share=share) for name, share in shares.items())
    model = replace(MODEL, sensitive_features=(replace(FEATURE, groups=groups, exclude=exclude),))
    few = ConfusionCounts(tp=15, fp=15, tn=15, fn=15)
    entries = (*GROUPS, *(GroupCounts(feature="g", group=name, counts=few) for name in shares))
    rest = replace(COUNTS, tn=COUNTS.tn - 60 * len(shares))
    entries = (replace(GROUPS[0], counts=rest), *entries[1:])
    table = ContingencyTable(overall=sum((entry.counts for entry in entries[1:]), rest), groups=entries)
    policy = replace(POLICY, data=DataTerms(max_unknown_share=0.02))
    found = [finding for finding in judge(policy, model, table, FACTS).findings if finding.rule == "coverage-excluded-group"]

    assert table.overall.rows == 4_000
    assert [finding.value for finding in found] == [60 / 4_000] * len(shares)
    assert outcomes == [finding.outcome for finding in found]
