"""What a policy says of the technique that a model's own files name, as findings."""

from dataclasses import replace

import pytest
from two_groups import FACTS, MODEL, POLICY, TABLE

from gate.core.decision import Effect, Finding, Outcome, Verdict
from gate.core.facts import Facts, Misbehaviour, PredictionSource
from gate.core.mitigation import Lineage, MitigationTerms, Technique
from gate.core.policy import Policy
from gate.judge import judge
from gate.record.facts import facts_from_json, facts_json


def _made(technique: str, *, inputs: tuple[str, ...] = ("income",)) -> Facts:
    lineage = Lineage(technique=technique, candidate=technique, parameters=("seed=0",))
    model = replace(FACTS.predictions, source=PredictionSource.MODEL)
    return replace(FACTS, lineage=lineage, predictions=model, candidate=replace(FACTS.candidate, inputs=inputs))


def _policy(*approved: Technique, forbid: bool = False) -> Policy:
    return replace(POLICY, mitigation=MitigationTerms(approved=approved or None, forbid_group_dependent=forbid))


def _found(policy: Policy, facts: Facts, rule: str = "mitigation-technique") -> Finding | None:
    return next((finding for finding in judge(policy, MODEL, TABLE, facts).findings if finding.rule == rule), None)


def test_an_approved_technique_passes() -> None:
    """It is said, and changes no verdict."""
    found = _found(_policy(Technique.REWEIGHING), _made("reweighing"))

    assert found is not None
    assert (found.outcome, found.effect) == (Outcome.PASS, Effect.NONE)
    assert judge(_policy(Technique.REWEIGHING), MODEL, TABLE, _made("reweighing")).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("policy", "technique"),
    [
        (_policy(Technique.REWEIGHING), "grid_search"),
        (_policy(forbid=True), "threshold_optimizer"),
        (_policy(Technique.THRESHOLD_OPTIMIZER, forbid=True), "threshold_optimizer"),
        (POLICY, "a technique that nobody knows"),
        (POLICY, ""),
        (POLICY, "REWEIGHING"),
    ],
)
def test_anything_else_blocks(policy: Policy, technique: str) -> None:
    """What is not approved, what is forbidden although it is approved, and what is not known at all."""
    found = _found(policy, _made(technique))

    assert found is not None
    assert (found.outcome, found.effect) == (Outcome.FAIL, Effect.BLOCKS)


def test_an_empty_list_approves_nothing_but_the_plain_model() -> None:
    """No technique is not every technique."""
    nothing = replace(POLICY, mitigation=MitigationTerms(approved=()))

    assert all(nothing.mitigation.refusal(word.value) for word in Technique if word is not Technique.PLAIN)
    assert nothing.mitigation.refusal("plain") is None


def test_a_model_that_asks_for_the_group_is_forbidden_whatever_its_files_say() -> None:
    """A forged or absent lineage does not help: the signature says what reaches the model."""
    column = MODEL.sensitive_features[0].column
    for facts in (_made("reweighing", inputs=("income", column)), replace(_made("plain", inputs=(column,)), lineage=None)):
        found = _found(_policy(forbid=True), facts, "mitigation-group-dependent")

        assert found is not None
        assert (found.outcome, found.effect, found.groups) == (Outcome.FAIL, Effect.BLOCKS, (column,))


def test_a_model_that_does_not_ask_for_it_has_no_such_finding() -> None:
    """Without the column among its inputs, and where nothing is forbidden, nothing is found."""
    column = MODEL.sensitive_features[0].column

    assert _found(_policy(forbid=True), _made("plain"), "mitigation-group-dependent") is None
    assert _found(POLICY, _made("plain", inputs=(column,)), "mitigation-group-dependent") is None


def test_without_lineage_nothing_is_said() -> None:
    """A model that was made elsewhere says nothing of mitigation."""
    assert _found(_policy(Technique.REWEIGHING), replace(_made("plain"), lineage=None)) is None


def test_a_table_of_predictions_does_not_say_how_the_model_was_made() -> None:
    """Where the policy asks, it is said that nobody knows."""
    table = replace(FACTS, predictions=replace(FACTS.predictions, source=PredictionSource.FILE))
    found = _found(_policy(forbid=True), table)

    assert found is not None
    assert found.outcome is Outcome.NOT_APPLICABLE


def test_a_misbehaving_candidate_is_told_about_its_technique_too() -> None:
    """What is forbidden is found also where there is nothing to count."""
    facts = _made("grid_search")
    broken = replace(facts, predictions=replace(facts.predictions, misbehaviour=Misbehaviour(check="label", detail="none")))

    assert _found(_policy(Technique.REWEIGHING), broken) is not None


def test_lineage_comes_back_from_a_record() -> None:
    """What the files say is a fact of the decision; records without it keep their bytes."""
    facts = _made("reweighing")

    assert facts_from_json(facts_json(facts)) == facts
    assert "lineage" not in facts_json(FACTS)
