"""Tightening: what a child may change, what it may not, and that the proof is an order."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.policy import (
    Burden,
    Confidence,
    DataTerms,
    Enforcement,
    Evidence,
    ForbiddenInputs,
    Intersections,
    MinGroup,
    Policy,
    Rule,
    SandboxDemand,
    Scope,
    SmallIntersections,
    Threshold,
)
from gate.core.review import AnswerKind, Question, ReviewTerms
from gate.policy import loosenings

RULE = Rule(id="a", metric="selection_rate_difference", threshold=Threshold(max=0.2), scope=Scope.BETWEEN_GROUPS, enforcement=Enforcement.SOFT_MANDATORY)
FLOOR = Rule(id="b", metric="accuracy", threshold=Threshold(min=0.6), scope=Scope.OVERALL, enforcement=Enforcement.SOFT_MANDATORY)
PARENT = Policy(
    tier="t",
    rules=(RULE, FLOOR),
    evidence=Evidence(burden_of_proof=Burden.GATE, confidence=Confidence(passing=0.9, failing=0.98)),
    data=DataTerms(max_unknown_share=0.02, max_missing_labels=0.1, max_age_days=100),
    forbidden_inputs=ForbiddenInputs(columns=("zip",)),
)


def with_evidence(policy: Policy = PARENT, **changes: object) -> Policy:
    """The policy with other terms of evidence."""
    return replace(policy, evidence=replace(policy.evidence, **changes))


def with_data(**changes: object) -> Policy:
    """The policy with other terms for the data."""
    return replace(PARENT, data=replace(PARENT.data, **changes))


def with_rule(**changes: object) -> Policy:
    """The policy with another rule `a`."""
    return replace(PARENT, rules=(replace(RULE, **changes), FLOOR))


def compared(*, versus: str = "champion", **bound: float) -> Policy:
    """The policy with a rule that compares with another model."""
    return replace(PARENT, rules=(RULE, replace(FLOOR, threshold=Threshold(**bound), versus=versus)))


def anchored(drop: float, anchor: str = "first") -> Policy:
    """The policy with a rule that compares with an anchor."""
    return replace(PARENT, rules=(RULE, replace(FLOOR, threshold=Threshold(max_drop=drop), anchor=anchor)))


CROSSED = with_evidence(intersections=Intersections(depth=2))

STEPS = {  # a change in one direction tightens, and back it loosens
    "burden": (("evidence", "burden_of_proof"), PARENT, with_evidence(burden_of_proof=Burden.CANDIDATE)),
    "pass": (("evidence", "confidence", "pass"), PARENT, with_evidence(confidence=Confidence(passing=0.95, failing=0.98))),
    "fail": (("evidence", "confidence", "fail"), PARENT, with_evidence(confidence=Confidence(passing=0.9, failing=0.95))),
    "rows": (("evidence", "min_group", "rows"), PARENT, with_evidence(min_group=MinGroup(rows=40))),
    "positives": (("evidence", "min_group", "positives"), PARENT, with_evidence(min_group=MinGroup(positives=40))),
    "negatives": (("evidence", "min_group", "negatives"), PARENT, with_evidence(min_group=MinGroup(negatives=40))),
    "depth": (("evidence", "intersections", "depth"), PARENT, CROSSED),
    "burden of intersections": (
        ("evidence", "intersections", "burden_of_proof"),
        CROSSED,
        with_evidence(intersections=Intersections(depth=2, burden_of_proof=Burden.CANDIDATE)),
    ),
    "small": (("evidence", "small_intersections"), PARENT, with_evidence(small_intersections=SmallIntersections.BLOCK)),
    "sandbox": (("evidence", "sandbox"), PARENT, with_evidence(sandbox=SandboxDemand.REQUIRED)),
    "expectations": (("data", "expectations"), PARENT, with_data(expectations_required=True)),
    "unknown": (("data", "max_unknown_share"), PARENT, with_data(max_unknown_share=0.01)),
    "labels": (("data", "max_missing_labels"), PARENT, with_data(max_missing_labels=0.0)),
    "age": (("data", "max_age_days"), PARENT, with_data(max_age_days=99)),
    "age at all": (("data", "max_age_days"), with_data(max_age_days=None), PARENT),
    "looks": (("data", "max_looks"), with_data(max_looks=5), with_data(max_looks=4)),
    "looks at all": (("data", "max_looks"), PARENT, with_data(max_looks=5)),
    "forbid more": (("inputs", "forbid"), PARENT, replace(PARENT, forbidden_inputs=ForbiddenInputs(columns=("name", "zip")))),
    "forbid sensitive": (("inputs", "forbid"), PARENT, replace(PARENT, forbidden_inputs=ForbiddenInputs(sensitive=True, columns=("zip",)))),
    "max": (("max",), PARENT, with_rule(threshold=Threshold(max=0.19))),
    "min": (("min",), PARENT, replace(PARENT, rules=(RULE, replace(FLOOR, threshold=Threshold(min=0.7))))),
    "enforcement": (("enforcement",), PARENT, with_rule(enforcement=Enforcement.HARD_MANDATORY)),
    "advisory": (("enforcement",), with_rule(enforcement=Enforcement.ADVISORY), PARENT),
    "features": (("features",), with_rule(features=("x",)), with_rule(features=("x", "y"))),
    "all features": (("features",), with_rule(features=("x",)), PARENT),
    "depth of a rule": (("depth",), with_evidence(with_rule(depth=1), intersections=Intersections(depth=2)), CROSSED),
    "burden of a rule": (("burden_of_proof",), PARENT, with_rule(burden_of_proof=Burden.CANDIDATE)),
    "applies to all": (("applies_to",), with_rule(applies_to={"task": "binary_classification"}), PARENT),
    "another rule": (("rules",), replace(PARENT, rules=(RULE,)), PARENT),
    "max_drop": (("max_drop",), compared(max_drop=0.05), compared(max_drop=0.02)),
    "max_increase": (("max_increase",), compared(max_increase=0.05), compared(max_increase=0.02)),
    "cumulative_max_drop": (("cumulative_max_drop",), anchored(0.05), anchored(0.02)),
}


@pytest.mark.parametrize(("path", "looser", "tighter"), STEPS.values(), ids=STEPS.keys())
def test_a_step_is_accepted_one_way_and_refused_the_other(path: tuple[str, ...], looser: Policy, tighter: Policy) -> None:
    """Each key has exactly one direction that tightens, and the refusal names the key."""
    accepted = loosenings(looser, tighter)
    refused = loosenings(tighter, looser)

    assert accepted == ()
    assert path in [loosening.path for loosening in refused]


FIXED = {
    "metric": (("metric",), PARENT, with_rule(metric="accuracy_difference")),
    "scope": (("scope",), PARENT, replace(PARENT, rules=(RULE, replace(FLOOR, scope=Scope.BY_GROUP)))),
    "side of the bound": (("min",), PARENT, replace(PARENT, rules=(RULE, replace(FLOOR, threshold=Threshold(max=0.6))))),
    "point estimate from the gate": (("evidence", "burden_of_proof"), PARENT, with_evidence(burden_of_proof=Burden.POINT_ESTIMATE)),
    "point estimate from the candidate": (
        ("evidence", "burden_of_proof"),
        with_evidence(burden_of_proof=Burden.CANDIDATE),
        with_evidence(burden_of_proof=Burden.POINT_ESTIMATE),
    ),
    "point estimate of intersections": (
        ("evidence", "intersections", "burden_of_proof"),
        PARENT,
        with_evidence(intersections=Intersections(burden_of_proof=Burden.POINT_ESTIMATE)),
    ),
    "other features": (("features",), with_rule(features=("x",)), with_rule(features=("y",))),
    "another champion": (("versus",), compared(max_drop=0.05), compared(max_drop=0.02, versus="staging")),
    "another anchor": (("anchor",), anchored(0.05), anchored(0.02, "second")),
    "a floor into a drop": (("min",), PARENT, compared(max_drop=0.0)),
    "a drop into a rise": (("max_drop",), compared(max_drop=0.05), compared(max_increase=0.0)),
    "a drop from the champion into one from an anchor": (("max_drop",), compared(max_drop=0.05), anchored(0.0)),
    "min_group where small intersections are reported": (
        ("evidence", "min_group", "rows"),
        CROSSED,
        with_evidence(CROSSED, min_group=MinGroup(rows=40)),
    ),
}


@pytest.mark.parametrize(("path", "one", "other"), FIXED.values(), ids=FIXED.keys())
def test_what_cannot_be_compared_must_stay(path: tuple[str, ...], one: Policy, other: Policy) -> None:
    """Where neither value is provably tighter, both directions are refused."""
    assert path in [loosening.path for loosening in loosenings(one, other)]
    assert loosenings(other, one) != ()


def test_more_rows_per_group_are_tighter_where_small_intersections_block() -> None:
    """What falls below `min_group` then blocks instead of leaving the judgement."""
    child = with_evidence(CROSSED, min_group=MinGroup(rows=40), small_intersections=SmallIntersections.BLOCK)

    assert loosenings(CROSSED, child) == ()


def test_more_rows_per_group_are_tighter_where_no_rule_crosses() -> None:
    """Depth without a rule that uses it moves nothing out of judgement."""
    parent = replace(CROSSED, rules=tuple(replace(rule, depth=1) for rule in CROSSED.rules))
    child = with_evidence(parent, min_group=MinGroup(rows=40))

    assert loosenings(parent, child) == ()


def test_a_rule_keeps_its_burden_against_another_default() -> None:
    """What counts is the burden that a rule ends up with, wherever it is written."""
    parent = replace(with_rule(burden_of_proof=Burden.CANDIDATE), evidence=PARENT.evidence)
    dropped = loosenings(parent, PARENT)
    moved = loosenings(parent, with_evidence(burden_of_proof=Burden.CANDIDATE))

    assert [loosening.path for loosening in dropped] == [("burden_of_proof",)]
    assert moved == ()


def test_a_rule_keeps_its_depth_against_another_default() -> None:
    """A rule that crossed by the default may not be held back from it."""
    refused = loosenings(CROSSED, replace(CROSSED, rules=(replace(RULE, depth=1), FLOOR)))

    assert [(loosening.rule, loosening.path) for loosening in refused] == [("a", ("depth",))]


def test_a_missing_rule_is_a_loosening() -> None:
    """A child cannot remove rules."""
    refused = loosenings(PARENT, replace(PARENT, rules=(FLOOR,)))

    assert [loosening.message for loosening in refused] == ["rule `a` is in the parent and missing here; a child cannot remove rules"]


ASKED = Question(id="q", question="Who may overrule it?", roles=("risk", "legal"))
LATER = replace(ASKED, id="later", due_days=30)


def asking(*before: Question, after: tuple[Question, ...] = (LATER,)) -> Policy:
    """The policy with these questions."""
    return replace(PARENT, review=ReviewTerms(before=before, after=after))


@pytest.mark.parametrize(
    ("child", "key"),
    [
        (asking(), "before_deployment"),
        (asking(replace(ASKED, question="Is it fast?")), "before_deployment"),
        (asking(replace(ASKED, roles=("risk", "ml"))), "before_deployment"),
        (asking(replace(ASKED, answer=AnswerKind.TEXT)), "before_deployment"),
        (asking(ASKED, LATER, after=()), "after_deployment"),
        (asking(ASKED, after=(replace(LATER, due_days=31),)), "after_deployment"),
        (asking(ASKED, after=(replace(LATER, due_days=None),)), "after_deployment"),
    ],
)
def test_a_question_cannot_be_taken_back(child: Policy, key: str) -> None:
    """Not removed, reworded, opened to other roles, made easier, moved to the other list or put off."""
    found = loosenings(asking(ASKED), child)

    assert [finding.path for finding in found] == [("review", key)]
    assert "it may only ask more questions, each by the same words, of fewer roles and no later" in found[0].message


def test_questions_can_be_added_and_narrowed() -> None:
    """More of them, for fewer roles, sooner."""
    assert loosenings(asking(ASKED), asking(replace(ASKED, id="r"), replace(ASKED, roles=("risk",)), after=(replace(LATER, due_days=7),))) == ()


def test_words_and_tier_are_free() -> None:
    """What judges nothing may be rewritten."""
    child = replace(with_rule(why="other", satisfies=("x/1",)), tier="other", version=9, description="other")

    assert loosenings(PARENT, child) == ()


def test_the_sentence_names_key_and_both_values() -> None:
    """A reviewer understands the refusal without opening either file."""
    refused = loosenings(PARENT, with_data(max_age_days=None))

    assert [loosening.message for loosening in refused] == ["`data.max_age_days` is 100 in the parent and none here; it may only fall"]


shares = st.sampled_from([0.1, 0.2, 0.3])
evidences = st.builds(
    Evidence,
    burden_of_proof=st.sampled_from(Burden),
    confidence=st.builds(Confidence, passing=st.sampled_from([0.9, 0.95]), failing=st.sampled_from([0.95, 0.99])),
    min_group=st.builds(MinGroup, rows=st.sampled_from([30, 40])),
    intersections=st.builds(Intersections, depth=st.integers(1, 2), burden_of_proof=st.sampled_from(Burden)),
    small_intersections=st.sampled_from(SmallIntersections),
    sandbox=st.sampled_from(SandboxDemand),
)
rules = st.builds(
    Rule,
    id=st.just("a"),
    metric=st.just("selection_rate_difference"),
    threshold=st.builds(Threshold, max=shares),
    scope=st.just(Scope.BETWEEN_GROUPS),
    enforcement=st.sampled_from(Enforcement),
    features=st.sampled_from([None, ("x",), ("x", "y")]),
    depth=st.sampled_from([None, 1, 2]),
    burden_of_proof=st.sampled_from([None, *Burden]),
)
policies = st.builds(Policy, tier=st.just("t"), rules=st.tuples(rules), evidence=evidences)


@given(policies)
def test_every_policy_tightens_itself(policy: Policy) -> None:
    """Extending a policy without changing anything is always allowed."""
    assert loosenings(policy, policy) == ()


@given(policies, st.data())
def test_tightening_twice_is_tightening(policy: Policy, data: st.DataObject) -> None:
    """A grandchild is as tight as its grandparent, so that a chain of parents can be trusted link by link."""
    chain = [policy]
    for _ in range(2):
        options = [step for step in _steps(chain[-1]) if loosenings(chain[-1], step) == ()]
        chain.append(data.draw(st.sampled_from([chain[-1], *options])))

    assert loosenings(chain[0], chain[2]) == ()


def _steps(policy: Policy) -> list[Policy]:
    """The policy with one key changed, in either direction."""
    evidence, (rule, *_) = policy.evidence, policy.rules
    others = [
        replace(evidence, burden_of_proof=Burden.CANDIDATE),
        replace(evidence, confidence=Confidence(passing=0.95, failing=0.95)),
        replace(evidence, min_group=MinGroup(rows=40)),
        replace(evidence, intersections=Intersections(depth=2, burden_of_proof=evidence.intersections.burden_of_proof)),
        replace(evidence, small_intersections=SmallIntersections.BLOCK),
        replace(evidence, small_intersections=SmallIntersections.REPORT),
        replace(evidence, small_intersections=SmallIntersections.BLOCK, min_group=MinGroup(rows=40)),
        replace(evidence, sandbox=SandboxDemand.REQUIRED),
    ]
    changed = [
        replace(rule, threshold=Threshold(max=0.1)),
        replace(rule, features=None),
        replace(rule, depth=2),
        replace(rule, burden_of_proof=Burden.CANDIDATE),
        replace(rule, burden_of_proof=None),
        replace(rule, enforcement=Enforcement.HARD_MANDATORY),
    ]
    return [*(replace(policy, evidence=other) for other in others), *(replace(policy, rules=(one,)) for one in changed)]
