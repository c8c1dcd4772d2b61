"""What the formats promise whatever the decision is."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import samples

from gate.core.decision import Decision, Effect, Outcome, Verdict
from gate.core.facts import PredictionFacts, PredictionSource
from gate.core.policy import Burden, Enforcement, Threshold
from gate.report import charts, figures, html, markdown, phrases, remarks, text, wording

RENDERERS: tuple[Callable[[Decision], str], ...] = (
    lambda decision: text.render(decision, width=100, color=False),
    markdown.render,
    lambda decision: markdown.description_block(decision, {}),
    html.render,
)


@pytest.mark.parametrize("render", RENDERERS)
@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_the_same_decision_gives_the_same_text(sample: str, render: Callable[[Decision], str]) -> None:
    """A report depends on the decision and on nothing else."""
    assert render(samples.DECISIONS[sample]()) == render(samples.DECISIONS[sample]())


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_the_verdict_is_the_first_word_of_a_log_and_of_a_description(sample: str) -> None:
    """Whoever sees twelve characters sees the verdict."""
    decision = samples.DECISIONS[sample]()
    word = decision.verdict.value.upper()

    assert [written.startswith(f"{word}: ") for written in (RENDERERS[0](decision), RENDERERS[2](decision))] == [True, True]


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_a_log_keeps_within_its_width(width: int) -> None:
    """No line of a log is longer than the log is wide."""
    lines = text.render(samples.not_disproved(), width=width, color=False).splitlines()

    assert max(len(line) for line in lines) <= width


def test_colour_is_added_only_when_asked_for() -> None:
    """A log without colour holds no escape codes, and colour changes no word."""
    plain, coloured = (text.render(samples.blocked(), width=100, color=color) for color in (False, True))
    stripped = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()]

    assert ("\x1b" in plain, "\x1b" in coloured, stripped == plain.splitlines()) == (False, True, True)


def test_many_passes_are_counted_instead_of_listed() -> None:
    """Twenty rules that pass take one line, which says where they are."""
    log = text.render(samples.many_groups(), width=100, color=False)

    assert ("Not shown: 20 that pass. decision.json lists all 21 findings." in log, "rule-7" in log) == (True, False)


@pytest.mark.parametrize("render", RENDERERS)
def test_a_decision_without_rules_or_groups_can_be_shown(render: Callable[[Decision], str]) -> None:
    """A candidate that misbehaved still gets its report."""
    assert "candidate-misbehaved" in render(samples.misbehaved())


@pytest.mark.parametrize("render", RENDERERS)
def test_no_rule_at_all_is_not_a_pass(render: Callable[[Decision], str]) -> None:
    """An empty decision says that nothing was shown."""
    assert "othing shows that the candidate may pass" in render(samples.decision(Verdict.BLOCKED, ()))


def test_the_page_asks_nothing_of_any_server() -> None:
    """The page has no script, no link, no image, and forbids itself to load any."""
    page = html.render(samples.blocked())

    assert re.findall(r"<(?:script|link|img|iframe|a)\b|\b(?:src|href)=|url\(|@import", page) == []
    assert "default-src 'none'" in page


def test_every_table_of_the_page_has_a_caption_and_every_heading_cell_a_scope() -> None:
    """A screen reader can tell what a table is about and what a cell belongs to."""
    page = html.render(samples.blocked())

    assert (page.count("<caption>"), page.count("<th ")) == (page.count("<table"), page.count('scope="'))


def test_headings_of_the_page_go_down_one_level_at_a_time() -> None:
    """The outline of the page has no gaps."""
    levels = [int(level) for level in re.findall(r"<h([1-6])", html.render(samples.not_disproved()))]

    assert (levels[0], max(after - before for before, after in pairwise(levels))) == (1, 1)


@pytest.mark.parametrize("render", [markdown.render, html.render])
@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_every_card_prints_the_promise(sample: str, render: Callable[[Decision], str]) -> None:
    """A card never goes without the error rates that it stands for."""
    assert wording.promise(samples.DECISIONS[sample]()) in render(samples.DECISIONS[sample]())


def test_the_promise_names_the_policys_own_error_rates() -> None:
    """A policy that asks for 0.9 does not promise 5 %."""
    decision = samples.passed()
    loose = replace(decision, policy=replace(decision.policy, effective={"evidence": {"confidence": {"pass": 0.9, "fail": 0.999}}}))

    assert ("at most 10 %, and" in wording.promise(loose), "at most 0.1 %." in wording.promise(loose)) == (True, True)


def test_the_promise_falls_back_on_the_defaults() -> None:
    """Where the policy says nothing of confidence, the defaults hold."""
    decision = samples.passed()

    assert wording.promise(replace(decision, policy=replace(decision.policy, effective=None))) == wording.promise(decision)


def test_point_estimates_are_said_to_have_no_error_control() -> None:
    """The naive rule is never mistaken for proof."""
    decision = samples.not_disproved()

    assert ("no error control on 1 of 3 rules" in wording.verdict_sentence(decision), "no error control" in wording.caveats(decision)[-1]) == (True, True)


def test_predictions_from_a_file_are_said_to_be() -> None:
    """A card does not pretend that a candidate ran."""
    decision = samples.passed()
    filed = replace(decision, facts=replace(decision.facts, predictions=PredictionFacts(source=PredictionSource.FILE)))

    assert wording.predictions(filed) == "read from a file; no candidate code ran"


HELD = samples.finding("held", Outcome.INCONCLUSIVE, Effect.HOLDS, value=0.05)
BLOCKS = samples.finding("blocks", Outcome.FAIL, Effect.BLOCKS, value=0.2)
FAR = samples.finding("far", Outcome.FAIL, Effect.BLOCKS, value=0.5, threshold=Threshold(min=0.9))
UNKNOWN = samples.finding("unknown", Outcome.FAIL, Effect.BLOCKS, value=None)
ADVISORY = samples.finding("advisory", Outcome.FAIL, enforcement=Enforcement.ADVISORY, value=0.9)
REPORTED = samples.finding("reported", Outcome.INCONCLUSIVE, value=0.05)
OPEN = samples.finding("open", Outcome.INCONCLUSIVE, burden_of_proof=Burden.GATE, value=0.05)
MET = samples.finding("met", Outcome.PASS, value=0.01)
IDLE = samples.finding("idle", Outcome.NOT_APPLICABLE)


def test_findings_are_ordered_worst_first() -> None:
    """What blocks comes first, the farthest beyond its threshold before all; what does not apply comes last."""
    findings = (IDLE, MET, OPEN, REPORTED, ADVISORY, HELD, BLOCKS, FAR, UNKNOWN)

    assert remarks.ordered(findings) == (UNKNOWN, FAR, BLOCKS, HELD, ADVISORY, REPORTED, OPEN, MET, IDLE)


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (BLOCKS, "FAIL"),
        (ADVISORY, "fail, advisory"),
        (HELD, "INCONCLUSIVE"),
        (replace(HELD, effect=Effect.BLOCKS), "INCONCLUSIVE, blocks"),
        (REPORTED, "undecided, reported"),
        (replace(REPORTED, enforcement=Enforcement.ADVISORY), "undecided, advisory"),
        (OPEN, "not disproved"),
        (MET, "pass"),
        (replace(MET, burden_of_proof=Burden.POINT_ESTIMATE), "pass, no error control"),
        (IDLE, "not applicable"),
    ],
)
def test_an_outcome_has_its_own_words(finding: object, words: str) -> None:
    """Nothing that was let through without proof is called a pass."""
    assert remarks.outcome(finding) == words  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("verdict", "findings", "sentence"),
    [
        (Verdict.BLOCKED, (BLOCKS, MET), "BLOCKED: 1 of 2 rules violated: blocks (race)."),
        (Verdict.BLOCKED, (replace(BLOCKS, metric=None), MET), "BLOCKED: 1 check failed: blocks on race."),
        (Verdict.INCONCLUSIVE, (HELD, MET), "INCONCLUSIVE: 1 of 2 rules undecided for want of evidence: held (race)."),
        (Verdict.INCONCLUSIVE, (replace(HELD, metric=None),), "INCONCLUSIVE: 1 check not met: held on race."),
        (Verdict.PASSED, (MET, IDLE), "PASSED: 1 of 1 rule proven met."),
        (Verdict.PASSED, (MET, OPEN), "PASSED: not disproved on 1 of 2 rules: open (race); 1 of 2 rules proven met."),
        (Verdict.PASSED, (MET, ADVISORY), "PASSED: 1 of 2 rules proven met; let through without proof: advisory on race (fail, advisory)."),
    ],
)
def test_the_verdict_is_one_sentence(verdict: Verdict, findings: tuple[object, ...], sentence: str) -> None:
    """The sentence says how many rules, which ones, and how sure."""
    assert wording.verdict_sentence(samples.decision(verdict, findings)) == sentence  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "beside", "shown"),
    [(0.21, None, "0.210"), (None, None, "undefined"), (-0.0001, None, "0.000"), (0.1003, 0.1, "0.1003"), (0.1, 0.1, "0.100"), (0.10000001, 0.1, "0.100000")],
)
def test_a_number_differs_visibly_from_its_threshold(value: float | None, beside: float | None, shown: str) -> None:
    """A reader never sees 0.100 fail a bound of 0.10."""
    assert figures.number(value, beside=beside) == shown


@pytest.mark.parametrize(
    ("threshold", "shown"),
    [(Threshold(max=0.1), "≤ 0.10"), (Threshold(min=0.8), "≥ 0.80"), (Threshold(max=0.025), "≤ 0.025"), (None, ""), (Threshold(max=0.0), "≤ 0.00")],
)
def test_a_threshold_is_shown_as_it_was_written(threshold: Threshold | None, shown: str) -> None:
    """The bound of the policy is never rounded away."""
    assert figures.threshold(threshold) == shown


@pytest.mark.parametrize(
    ("lower", "upper", "shown"), [(0.1, 0.2, "[0.100, 0.200]"), (0.1, None, "at least 0.100"), (None, 0.2, "at most 0.200"), (None, None, "")]
)
def test_an_absent_bound_is_not_invented(lower: float | None, upper: float | None, shown: str) -> None:
    """An interval with one end says so."""
    assert figures.span(lower, upper) == shown


@pytest.mark.parametrize(("text", "shown"), [("black", "black"), ("a ", '"a "'), (" ", '" "'), ("", '""'), ("a\nb", "a\\nb")])
def test_a_name_shows_the_spaces_at_its_edges(text: str, shown: str) -> None:
    """The group `a` and the group `a ` look different."""
    assert phrases.name(text) == shown


def test_marks_lie_on_their_scale() -> None:
    """Every mark of every chart lies between 0 and 100 percent, bounds around the estimate."""
    decision = samples.not_disproved()
    marks = [mark for mark in charts.finding_marks(decision.judgement.findings) if mark]
    marks += [row.mark for forest in charts.forests(decision) for row in forest.rows]
    placed = [(mark.lower, mark.value, mark.upper) for mark in marks if mark.lower is not None]

    assert all(0 <= lower <= value <= upper <= 100 for lower, value, upper in placed if value is not None and upper is not None)
    assert len(placed) > 20


def test_a_band_needs_two_groups_with_enough_rows() -> None:
    """What a difference allows is not drawn from one group alone."""
    allowances = {(forest.feature, forest.rate): forest.allowance for forest in charts.forests(samples.blocked())}

    assert (allowances["race", "false_positive_rate"], allowances["race", "selection_rate"]) == ("", "at least 0.80 of the highest group (four-fifths)")


def test_a_figure_shows_the_largest_groups() -> None:
    """A figure of many groups stays readable and says how many it leaves out."""
    forest = charts.forests(samples.many_groups(300))[0]

    assert (len(forest.rows), forest.omitted, forest.rows[-1].group) == (charts.ROWS, 260, "area-299")
