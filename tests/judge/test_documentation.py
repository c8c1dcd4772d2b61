"""What a policy demands of the model card, as a finding."""

from dataclasses import replace

import pytest
from two_groups import FACTS, MODEL, POLICY, TABLE

from gate.core.card import CardFacts, CardText, Section, card_facts
from gate.core.decision import Effect, Finding, Outcome, Verdict
from gate.core.facts import Facts, Misbehaviour
from gate.core.policy import Enforcement
from gate.errors import StorageError
from gate.judge import judge
from gate.record.facts import facts_from_json, facts_json

TEXT = "Loans of up to 50 thousand for people who ask for one themselves."
DEMANDING = replace(POLICY, documentation=(Section.INTENDED_USE, Section.USES))


def _card(**texts: str) -> Facts:
    return replace(FACTS, card=card_facts(CardText(section=Section[name.upper()], text=text) for name, text in texts.items()))


def _found(facts: Facts) -> Finding:
    return next(finding for finding in judge(DEMANDING, MODEL, TABLE, facts).findings if finding.rule == "documentation-missing")


def test_what_is_written_passes() -> None:
    """With every demanded section, the finding passes and the verdict is that of the rules."""
    facts = _card(intended_use=TEXT, uses=TEXT)

    assert (_found(facts).outcome, _found(facts).effect) == (Outcome.PASS, Effect.NONE)
    assert judge(DEMANDING, MODEL, TABLE, facts).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        (FACTS, ("intended_use", "datasheet.uses")),
        (_card(uses=TEXT), ("intended_use",)),
        (_card(intended_use="  \n ", uses=TEXT), ("intended_use",)),
        (_card(intended_use="TODO", uses=TEXT), ("intended_use",)),
        (_card(caveats=TEXT, training_data=TEXT), ("intended_use", "datasheet.uses")),
    ],
)
def test_what_is_missing_blocks(facts: Facts, missing: tuple[str, ...]) -> None:
    """No card, a blank section, a placeholder or text elsewhere blocks, by name, and nobody may waive it."""
    finding = _found(facts)

    assert (finding.outcome, finding.effect, finding.enforcement) == (Outcome.FAIL, Effect.BLOCKS, Enforcement.HARD_MANDATORY)
    assert finding.groups == missing
    assert judge(DEMANDING, MODEL, TABLE, facts).verdict is Verdict.BLOCKED


def test_a_policy_that_demands_nothing_has_no_finding() -> None:
    """Decisions under policies that say nothing of documentation stay as they were, card or none."""
    assert judge(POLICY, MODEL, TABLE, FACTS) == judge(POLICY, MODEL, TABLE, _card(intended_use="TODO"))


def test_a_candidate_that_misbehaves_is_told_what_is_missing_too() -> None:
    """A block for another reason hides no missing documentation."""
    facts = replace(FACTS, predictions=replace(FACTS.predictions, misbehaviour=Misbehaviour(check="length", detail="too few")))

    assert _found(facts).outcome is Outcome.FAIL


def test_facts_keep_the_card() -> None:
    """What was written comes back from a record as it was; records without a card keep their bytes."""
    facts = _card(intended_use=TEXT, uses="one\n\ntwo")

    assert facts_from_json(facts_json(facts)) == facts
    assert "card" not in facts_json(FACTS)


def test_changed_text_is_noticed() -> None:
    """A record whose card was rewritten after the check does not carry the digest of what it says."""
    written = card_facts([CardText(section=Section.CAVEATS, text=TEXT)])

    with pytest.raises(ValueError, match="digest"):
        CardFacts(digest=written.digest, texts=(CardText(section=Section.CAVEATS, text=TEXT.replace("50", "90")),))
    with pytest.raises(StorageError):
        facts_from_json({**facts_json(FACTS), "card": {"digest": written.digest, "texts": [{"section": "caveat", "text": TEXT}]}})
