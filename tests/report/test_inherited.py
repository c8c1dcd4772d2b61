"""A pass with inherited violations is never shown as a plain one, in any output."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest
import samples
from junitparser import JUnitXml

from gate.core.decision import Decision, Effect, Inherited, Outcome, Verdict
from gate.judge.suppression import published
from gate.report import badge, github, html, junit, markdown, page, provisos, sarif, text

DAY = "2027-03-31"


def _decision() -> Decision:
    found = samples.finding(
        "parity", Outcome.FAIL, Effect.NONE, value=0.2, lower=0.15, upper=0.25, inherited=Inherited(source="1", until=date(2027, 3, 31), tolerance=0.02),
        message=f"the gap is 0.2; inherited violation, accepted until {DAY}: champion (version 1) is proven to violate this too",
    )  # fmt: skip
    return samples.decision(Verdict.PASSED, (found,), samples.RACE)


OUTPUTS: Mapping[str, Callable[[Decision], str | bytes]] = {
    "log": lambda decision: text.render(decision, width=100, color=False),
    "card": markdown.render,
    "html": html.render,
    "report": page.render,
    "summary": lambda decision: markdown.summary(decision, {}),
    "description": lambda decision: markdown.description_block(decision, {}),
    "sarif": lambda decision: sarif.render(decision, {}),
    "junit": junit.render,
}


def _shown(output: str, decision: Decision) -> str:
    said = OUTPUTS[output](decision)
    return said.decode() if isinstance(said, bytes) else said


@pytest.mark.parametrize("output", OUTPUTS)
def test_every_output_says_until_when_a_violation_is_accepted(output: str) -> None:
    """Whoever reads one of them alone learns that the champion's violation is still there, and of its day."""
    shown = _shown(output, _decision())

    assert DAY in shown
    assert "nherited" in shown


@pytest.mark.parametrize("output", ["log", "card", "html", "report", "summary", "description"])
def test_the_headline_is_no_plain_pass(output: str) -> None:
    """What people read first says that violations were inherited; without any, it says passed alone."""
    decision = _decision()
    plain = replace(decision, judgement=replace(decision.judgement, findings=tuple(replace(f, inherited=None) for f in decision.judgement.findings)))

    assert "PASSED WITH INHERITED VIOLATIONS" in _shown(output, decision)
    assert "WITH INHERITED VIOLATIONS" not in _shown(output, plain)


def test_the_badge_is_not_green() -> None:
    """A badge is a colour and three words: yellow, and that violations were inherited."""
    shown = json.loads(badge.render(_decision()))

    assert (shown["message"], shown["color"]) == ("passed with inherited violations, tier high", "yellow")


@pytest.mark.parametrize("inherited", [True, False])
def test_machines_read_the_words_that_people_read(inherited: bool) -> None:  # noqa: FBT001 -- a case
    """The version's tag, SARIF and JUnit say that violations are inherited, and `verdict` stays what scripts rely on."""
    decision = _decision()
    plain = replace(decision, judgement=replace(decision.judgement, findings=tuple(replace(f, inherited=None) for f in decision.judgement.findings)))
    shown, wanted = (decision, "passed with inherited violations") if inherited else (plain, "passed")
    run = json.loads(sarif.render(shown, {}))["runs"][0]["properties"]
    suite = next(iter(JUnitXml.fromstring(junit.render(shown))))

    assert (provisos.status(shown), run["status"], run["verdict"]) == (wanted, wanted, "passed")
    assert [(entry.name, entry.value) for entry in suite.properties()] == [("status", wanted)]


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.INCONCLUSIVE])
def test_only_a_pass_is_said_to_pass_with_something(verdict: Verdict) -> None:
    """Whatever stops a candidate besides, its status is not one of a pass."""
    decision = replace(_decision(), judgement=replace(_decision().judgement, verdict=verdict))

    assert provisos.status(decision) == verdict.value
    assert json.loads(badge.render(decision))["isError"] is True


def test_an_annotation_on_github_says_it() -> None:
    """The line of the policy is marked with what was inherited."""
    assert any("nherited" in annotation.message for annotation in github.annotations(_decision(), {}))


def test_the_day_stays_where_numbers_are_not_published() -> None:
    """With privacy.min_cell the numbers go, but not the day after which verify refuses."""
    (found,) = published(_decision(), 1_000_000).judgement.findings

    assert (found.value, found.inherited) == (None, _decision().judgement.findings[0].inherited)


def test_a_number_that_is_not_published_is_not_called_undefined() -> None:
    """The log says that the number exists, and is not for everybody."""
    shown = text.render(published(_decision(), 1_000_000), width=100, color=False)

    assert "not published" in shown
    assert "undefined" not in shown
