"""What the report says to people whom it may concern: no word of the trade, and nothing better than what was found."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest
import samples
import scored

from gate.core.decision import Decision, Effect, Inherited, Outcome, Verdict
from gate.core.facts import PredictionSource
from gate.judge.suppression import published
from gate.policy.policy_file import OWN_CHECKS
from gate.report import page
from gate.report.affected import told

JARGON = re.compile(
    r"threshold|interval|metric|burden|inconclusive|dispar|mandatory|candidate|policy|confiden|bound|estimate|holdout|baseline|champion|×|_|p-value|proven",
    re.IGNORECASE,
)


def _developed(decision: Decision) -> Decision:
    return replace(decision, facts=replace(decision.facts, data=replace(decision.facts.data, look=None, development=True)))


def _inherited() -> Decision:
    kept = Inherited(source="1", until=date(2027, 3, 31), tolerance=0.02)
    return samples.decision(Verdict.PASSED, (samples.finding("parity", Outcome.FAIL, value=0.2, lower=0.15, upper=0.25, inherited=kept),), samples.RACE)


def _with(rule: str) -> Decision:
    """A check of our own that did not come out well."""
    check = samples.finding(rule, Outcome.FAIL, Effect.BLOCKS, metric=None, feature=None, groups=(), threshold=None, levels=None, burden_of_proof=None)
    return samples.decision(Verdict.BLOCKED, (check,))


def _scored() -> Decision:
    return scored.unplanned(scored.table(scored.rows(700, 5), 0.5))


CASES: Mapping[str, Callable[[], Decision]] = {
    **samples.DECISIONS,
    **{f"{name}, development": lambda name=name: _developed(samples.DECISIONS[name]()) for name in samples.DECISIONS},
    "scored": _scored,
    "inherited": _inherited,
    "suppressed": lambda: published(samples.blocked(), 1_000_000),
    **{rule: lambda rule=rule: _with(rule) for rule in (*OWN_CHECKS, "a-check-of-tomorrow")},
}


def _words(decision: Decision) -> list[str]:
    """Everything that is said."""
    said = told(decision)
    return [
        said.answer,
        *said.warnings,
        *(line for entry in said.about for line in (*entry.sentences, *entry.header, *(cell for row in entry.rows for cell in row))),
    ]


@pytest.mark.parametrize("case", CASES)
def test_it_has_no_word_of_the_trade(case: str) -> None:
    """Whoever knows nothing of statistics, or of this program, reads every word."""
    assert [words for words in _words(CASES[case]()) if JARGON.search(words)] == []


@pytest.mark.parametrize("case", CASES)
def test_only_what_passed_is_called_as_the_rules_ask(case: str) -> None:
    """A violation or an open question is never told as kept, whatever it does to the promotion."""
    decision = CASES[case]()
    fine = sum(": as the rules ask" in words for words in _words(decision))

    assert fine <= sum(finding.outcome is Outcome.PASS for finding in decision.judgement.findings)
    for finding in decision.judgement.findings:
        if finding.outcome in {Outcome.FAIL, Outcome.INCONCLUSIVE}:
            alone = replace(decision, judgement=replace(decision.judgement, findings=(finding,)))
            sentences = [sentence for entry in told(alone).about for sentence in entry.sentences]

            assert len(sentences) == 1
            assert ": as the rules ask" not in sentences[0]


@pytest.mark.parametrize("case", CASES)
def test_the_answer_is_that_of_the_verdict(case: str) -> None:
    """Yes, no or not yet; a development table gives none, and a pass is never a promise of fairness."""
    decision = CASES[case]()
    wanted = {Verdict.PASSED: "The answer is yes", Verdict.BLOCKED: "The answer is no", Verdict.INCONCLUSIVE: "There is no answer yet"}[decision.verdict]
    answer = told(decision).answer

    assert answer.startswith("This was a rehearsal" if decision.development else wanted)
    assert ("does not mean that the model is fair" in answer) is answer.startswith("The answer is yes")


def test_a_pass_with_a_reserve_is_no_plain_yes() -> None:
    """What is inherited, not disproved, or judged without error control is said in the answer itself; so is a pass of nothing."""
    answers = {name: told(CASES[name]()).answer for name in ("inherited", "not_disproved", "passed")}
    empty = told(samples.decision(Verdict.PASSED, ())).answer

    assert "keeps the rules" in answers["passed"]
    assert [name for name, answer in answers.items() if "keeps the rules" in answer] == ["passed"]
    assert "breaks rules" in answers["inherited"]
    assert "keeps the rules" not in empty
    assert any("2027-03-31" in words for words in _words(_inherited()))


def test_what_others_are_warned_of_stands_here_too() -> None:
    """A service, no sandbox, labels of the accepted, suppressed cells, a policy that only reports: each is a sentence."""
    base = samples.passed()
    predictions = base.facts.predictions
    changed = [
        replace(base, facts=replace(base.facts, predictions=replace(predictions, source=PredictionSource.ENDPOINT))),
        replace(base, facts=replace(base.facts, predictions=replace(predictions, sandbox="none"))),
        replace(base, config=replace(base.config, effective={"data": {"label_observed_for": "selected"}})),
        published(base, 1_000_000),
        replace(base, policy=replace(base.policy, effective={"report_only_until": "2027-01-31"})),
    ]

    assert told(base).warnings == ()
    assert [len(told(decision).warnings) for decision in changed] == [1] * 5


def test_no_number_of_a_group_is_told_that_is_not_published() -> None:
    """Where small cells are kept apart, the tables and the rates of groups go too; what was decided stays."""
    said = _words(published(samples.blocked(), 1_000_000))

    assert not any("Of 100 cases" in words for words in said)
    assert [entry.rows for entry in told(published(samples.blocked(), 1_000_000)).about if entry.rows] == []
    assert any("That stops the model." in words for words in said)


def test_a_rate_of_few_cases_is_marked() -> None:
    """A number that nobody may rely on is not printed like the others, and one that is not there is not zero."""
    rows = {row[0]: row for entry in told(samples.not_disproved()).about for row in entry.rows}

    assert "too few cases to rely on" in rows["black, female"][-1]
    assert rows["hispanic, female"][2:] == ("not known", "not known")


def test_many_groups_stay_readable() -> None:
    """The largest groups are listed, and how many are not."""
    (entry,) = [entry for entry in told(samples.many_groups(300)).about if entry.feature == "postcode"]

    assert (len(entry.rows), entry.omitted) == (40, 260)


def test_the_page_offers_three_readers() -> None:
    """Each has a switch of its own, one is chosen, and every section is for somebody."""
    written = page.render(samples.blocked())
    sections = re.findall(r'<section aria-labelledby="([^"]+)"(?: data-for="([^"]+)")?>', written)

    assert re.findall(r'id="reader-(\w+)"( checked)?', written) == [("engineer", " checked"), ("reviewer", ""), ("affected", "")]
    assert {reader for _, readers in sections for reader in readers.split()} == {"engineer", "reviewer", "affected"}
    assert [name for name, readers in sections if not readers] == []
