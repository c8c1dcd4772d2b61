"""What the formats promise whatever the decision is."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
import samples

from gate.core.decision import Decision, Effect, Finding, Outcome, RowsNeeded, Verdict
from gate.core.facts import PredictionFacts, PredictionSource
from gate.core.policy import Burden, Enforcement, Scope, Threshold
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


@pytest.mark.parametrize("width", [72, 80, 100, 160])
def test_a_log_keeps_within_its_width(width: int) -> None:
    """No line of a log is longer than the log is wide."""
    lines = text.render(samples.not_disproved(), width=width, color=False).splitlines()

    assert max(len(line) for line in lines) <= width


def test_colour_is_added_only_when_asked_for() -> None:
    """A log without colour holds no escape codes, and colour changes no word."""
    plain, coloured = (text.render(samples.blocked(), width=100, color=color) for color in (False, True))
    stripped = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", coloured).splitlines()]

    assert ("\x1b" in plain, "\x1b" in coloured, stripped == plain.splitlines()) == (False, True, True)


@pytest.mark.parametrize("width", [72, 80, 100, 160])
def test_a_log_never_cuts_a_word_of_its_own(width: int) -> None:
    """Outcomes, intervals and bounds are whole at every width, and long rules break at their hyphens."""
    long = replace(HELD, rule="demographic-parity-watch-of-everybody", feature="race×sex", groups=("white×female", "hispanic×male"))
    log = text.render(samples.decision(Verdict.INCONCLUSIVE, (long, OPEN, replace(HELD, lower=-0.123, upper=0.456))), width=width, color=False)
    table = log[: log.index("\n\n", log.index("Outcome"))]

    assert (table.count("INCONCLUSIVE"), "not disproved" in table, "[-0.123, 0.456]" in table, table.count("≤ 0.10")) == (3, True, True, 3)


def test_many_passes_are_counted_instead_of_listed() -> None:
    """Twenty rules that pass take one line, which says where they are."""
    log = text.render(samples.many_groups(), width=100, color=False)

    assert ("Not shown: 20 that pass. decision.json lists all 21 findings." in log, "rule-7" in log) == (True, False)


@pytest.mark.parametrize("render", RENDERERS)
def test_many_rules_that_all_pass_are_not_taken_for_none(render: Callable[[Decision], str]) -> None:
    """A long policy that is met is shown by the rules that came closest to their bounds."""
    passes = tuple(replace(MET, rule=f"rule-{place}", value=place / 1000) for place in range(70))
    shown = render(samples.decision(Verdict.PASSED, passes))

    assert ("PASSED" in shown, "rule-69" in shown, "No rule was judged" in shown, "more" in shown or "Not shown: 58 that pass" in shown) == (
        True,
        True,
        False,
        True,
    )


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


def test_a_look_is_shown_with_its_level_and_how_many_are_allowed() -> None:
    """Which look, of how many, and what a pass was judged at; or that looks are not counted although the tier limits them."""
    counted, uncounted = samples.inconclusive(), samples.not_disproved()
    terms = {"evidence": {"confidence": {"pass": 0.9, "fail": 0.99}}, "data": {"max_looks": 5}}
    limited = [replace(decision, policy=replace(decision.policy, effective=terms)) for decision in (counted, uncounted)]

    assert [wording.looks(decision) for decision in (counted, uncounted, *limited)] == [
        "look 2 at this holdout, passes at level 0.0083",
        "looks at this holdout are not counted",
        "look 2 of 5 at this holdout, passes at level 0.017",
        "looks at this holdout are not counted (the tier allows 5)",
    ]


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
def test_an_outcome_has_its_own_words(finding: Finding, words: str) -> None:
    """Nothing that was let through without proof is called a pass."""
    assert remarks.outcome(finding) == words


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
def test_the_verdict_is_one_sentence(verdict: Verdict, findings: tuple[Finding, ...], sentence: str) -> None:
    """The sentence says how many rules, which ones, and how sure."""
    assert wording.verdict_sentence(samples.decision(verdict, findings)) == sentence


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


def test_the_pair_has_its_own_value_where_it_is_not_the_metrics() -> None:
    """An interval never stands beside a number that it does not belong to."""
    assert figures.interval(replace(OPEN, value=0.219, pair_value=0.193, lower=-0.07, upper=0.346)) == "pair 0.193 [-0.070, 0.346]"


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


NEEDED = RowsNeeded(unit="rows", have={"": 40}, if_equal={"": 90}, if_half={"": 120}, binding="")


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (replace(HELD, rows_needed_reason="more will not help"), "More will not help."),
        (replace(HELD, rows_needed=NEEDED), "If the groups are truly equal: 90 rows (40 now), in total. If the true gap is half the threshold: 120 rows."),
        (replace(HELD, rows_needed=NEEDED, scope=Scope.OVERALL), "At least: 90 rows (40 now), in total. If the true distance is half as large: 120 rows."),
        (replace(OPEN, detectable_gap=0.27), "A true gap of 0.270 or more would have been caught (80 % power)."),
        (
            replace(OPEN, metric="demographic_parity_ratio", threshold=Threshold(min=0.8), detectable_gap=0.4),
            "A true ratio of 0.400 or less would have been caught (80 % power).",
        ),
        (OPEN, "These rows could not have disproved any value."),
        (replace(BLOCKS, rows_needed_reason="violation proven"), "Violation proven."),
        (replace(MET, rows_needed_reason="compliance proven"), ""),
    ],
)
def test_an_open_question_is_answered(finding: Finding, words: str) -> None:
    """Whoever reads a table knows what would settle it, in the direction of the rule."""
    assert remarks.open_question(finding) == words


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (replace(HELD, message="no estimate", reason="0 / 0"), "No estimate. No value: 0 / 0."),
        (replace(HELD, message="nobody is selected: 0 / 0", reason="0 / 0"), "Nobody is selected: 0 / 0."),
        (replace(HELD, message="true_positive_rate is 0.5", reason=None), "true_positive_rate is 0.5."),
        (replace(HELD, metric=None, message="too old.", reason="a check, not a metric"), "Too old."),
    ],
)
def test_a_message_is_a_sentence_that_says_why_there_is_no_value(finding: Finding, words: str) -> None:
    """Messages read as sentences, ids stay ids, and no reason is said twice."""
    assert remarks.message(finding) == words


@pytest.mark.parametrize(
    ("findings", "words"),
    [
        (
            (replace(HELD, rows_needed=NEEDED),),
            "Collect more rows where most are missing: the whole table (rows); then check the same version on the larger holdout.",
        ),
        (
            (replace(HELD, value=0.2),),
            "Improve the model where the estimate itself is at or beyond the bound, as more rows will rather block it: held on race.",
        ),
        ((replace(HELD, metric=None),), "Settle what the findings name"),
    ],
)
def test_an_inconclusive_decision_says_what_would_help(findings: tuple[Finding, ...], words: str) -> None:
    """More rows are advised only where they may lead to a pass."""
    assert wording.next_step(samples.decision(Verdict.INCONCLUSIVE, findings))[1].startswith(words)


CHECK = samples.finding("data-age", Outcome.INCONCLUSIVE, Effect.HOLDS, metric=None, feature=None, groups=(), value=1400.0, threshold=Threshold(max=365))


def test_a_check_shows_what_it_measured_and_its_limit() -> None:
    """Days and shares are shown as such, and a check without a number shows none."""
    absent = replace(CHECK, value=None, threshold=None, feature="race", groups=("a", "b", "c"))
    shown = [(figures.value(finding), figures.threshold(finding.threshold), remarks.place(finding)) for finding in (CHECK, absent)]

    assert shown == [("1,400", "≤ 365", "all rows"), ("", "", "race: a, b and c")]


def test_marks_lie_on_their_scale() -> None:
    """Every mark of every chart lies between 0 and 100 percent, bounds around the estimate."""
    decision = samples.not_disproved()
    marks = [mark for mark in charts.finding_marks(decision.judgement.findings) if mark]
    marks += [row.mark for forest in charts.forests(decision) for row in forest.rows]
    placed = [(mark.lower, mark.value, mark.upper) for mark in marks if mark.lower is not None]

    assert all(0 <= lower <= value <= upper <= 100 for lower, value, upper in placed if value is not None and upper is not None)
    assert len(placed) > 10


def test_a_band_needs_two_groups_with_enough_rows() -> None:
    """What a difference allows is not drawn from one group alone."""
    allowances = {(forest.feature, forest.rate): forest.allowance for forest in charts.forests(samples.blocked())}

    assert (allowances["race", "false_positive_rate"], allowances["race", "selection_rate"]) == ("", "at least 0.80 of the highest group (four-fifths)")


def test_figures_show_the_rates_that_rules_judge() -> None:
    """A card is about the rules of its policy; without a rule it shows what was measured."""
    decision = samples.inconclusive()
    unruled = replace(decision, judgement=replace(decision.judgement, findings=()))

    assert charts.rates_judged(decision) == ("true_positive_rate",)
    assert charts.rates_judged(unruled) == ("selection_rate", "true_positive_rate", "false_positive_rate")


def test_a_figure_shows_the_largest_groups() -> None:
    """A figure of many groups stays readable and says how many it leaves out."""
    forest = charts.forests(samples.many_groups(300))[0]

    assert (len(forest.rows), forest.omitted, forest.rows[-1].group) == (charts.ROWS, 260, "area-299")
