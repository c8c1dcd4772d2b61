"""The card in Markdown, HTML and JSON: the same text from the same decision, and nothing in it acts."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
import samples
import yaml

from gate.core.card import CardText, Section, card_facts
from gate.core.decision import Decision, Outcome
from gate.report import card_json, html, markdown
from gate.report.card_diff import card_changes

SCHEMA = json.loads((Path(__file__).parents[2] / "policies/card.schema.json").read_text(encoding="utf-8"))
TEXT = "Loans of up to 50 thousand for people who ask for one themselves.\n\nNot for anything else."
HOSTILE = '<script>alert(1)</script> [x](javascript:alert(1)) \u202e @team ::set-output name=a::b {{ 7*7 }}\n---\nlicense: "mit"\n# BLOCKED'


def _with(decision: Decision, text: str = TEXT, section: Section = Section.INTENDED_USE, **other: object) -> Decision:
    card = card_facts([CardText(section=section, text=text)], **other)  # type: ignore[arg-type]
    return replace(decision, facts=replace(decision.facts, card=card))


def _metadata(page: str) -> dict[str, object]:
    head, _, _ = page.removeprefix("---\n").partition("\n---\n")
    found = yaml.safe_load(head)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_the_card_as_data_has_the_published_form(sample: str) -> None:
    """Every card.json is what policies/card.schema.json says, and says the decision's own verdict."""
    decision = samples.DECISIONS[sample]()
    data = json.loads(card_json.render(decision))
    jsonschema.Draft202012Validator(SCHEMA).validate(data)

    assert (data["verdict"], len(data["findings"])) == (decision.verdict.value, len(decision.judgement.findings))


def test_all_formats_show_what_was_written() -> None:
    """A paragraph stands in each, and what nobody wrote is named."""
    decision = _with(samples.passed())

    for page in (markdown.render(decision), html.render(decision), card_json.render(decision).decode()):
        assert "Not for anything else." in page
    assert "Nobody has written: Model details" in html.render(decision)
    assert "intended_use" not in json.loads(card_json.render(decision))["unwritten"]


@pytest.mark.parametrize("render", [markdown.render, html.render, card_json.render])
def test_the_same_decision_gives_the_same_bytes(render: object) -> None:
    """Nothing of a card depends on when or where it is made."""
    assert callable(render)
    assert render(_with(samples.blocked())) == render(_with(samples.blocked()))


@pytest.mark.parametrize("section", [Section.INTENDED_USE, Section.USES])
def test_text_is_inert(section: Section) -> None:
    """Markup, commands, mentions and characters that turn the reading direction are shown, and end no block of metadata."""
    decision = _with(samples.passed(), HOSTILE, section, license_=HOSTILE[:150], tags=[HOSTILE[:150]], datasets=[HOSTILE[:150]])
    pages = (markdown.render(decision), html.render(decision))

    for page in pages:
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "\n# BLOCKED" not in page
    assert "[x](javascript" not in pages[0]
    assert "::set-output" not in pages[0]
    assert "@team" not in pages[0]
    assert _metadata(pages[0])["model_name"] == "loan-approval"


def test_the_metadata_are_those_of_the_hub() -> None:
    """Any YAML reader finds name, licence, tags, data sets, and each measured number with its outcome."""
    decision = _with(samples.blocked(), license_="apache-2.0", tags=["loans"], datasets=["applications-2023"])
    found = _metadata(markdown.render(decision))
    measured = [finding for finding in decision.judgement.findings if finding.value is not None and finding.metric is not None]

    assert (found["license"], found["datasets"], found["tags"]) == ("apache-2.0", ["applications-2023"], ["fairness-gate", "tier-high", "blocked", "loans"])
    listed = found["model-index"][0]["results"][0]["metrics"]  # type: ignore[index]
    assert [(entry["value"], entry["args"]["outcome"]) for entry in listed] == [(finding.value, finding.outcome.value) for finding in measured]


def test_a_development_table_is_tagged_as_no_decision() -> None:
    """Whoever searches for passed models does not find one that nothing was decided about."""
    decision = samples.passed()
    decision = replace(decision, facts=replace(decision.facts, data=replace(decision.facts.data, development=True, look=None)))

    assert _metadata(markdown.render(decision))["tags"] == ["fairness-gate", "tier-high", "development"]


def test_the_same_card_does_not_differ_from_itself() -> None:
    """No difference is made up."""
    assert card_changes(_with(samples.blocked()), _with(samples.blocked())) == ()


def test_a_comparison_names_what_changed() -> None:
    """Outcome, estimate, text, licence and rows that differ are each said, under their names."""
    before = _with(samples.blocked(), license_="mit")
    moved = tuple(
        replace(finding, outcome=Outcome.INCONCLUSIVE, value=0.2) if finding.rule == "equal-opportunity" and finding.feature == "race" else finding
        for finding in before.judgement.findings
    )
    after = replace(before, judgement=replace(before.judgement, findings=moved))
    after = _with(after, "Loans of any amount, for anyone who asks.", license_="apache-2.0")
    after = replace(after, facts=replace(after.facts, data=replace(after.facts.data, digest="sha256:" + "9" * 64)))
    said = {(change.kind, change.subject): change.message for change in card_changes(before, after)}

    assert set(said) == {
        ("data", "data"),
        ("outcome", "equal-opportunity (race)"),
        ("estimate", "equal-opportunity (race)"),
        ("text", "Intended use"),
        ("text", "license"),
    }
    assert said["text", "license"] == "mit → apache-2.0"


def test_a_lost_finding_is_a_difference() -> None:
    """A rule that the later policy no longer has is not silently gone."""
    before = samples.blocked()
    after = replace(before, judgement=replace(before.judgement, findings=before.judgement.findings[1:]))

    assert [change.message.endswith("→ not judged") for change in card_changes(before, after)] == [True]
