"""Looks divide the error levels: later ones are harder to pass, and all of them together keep the promise."""

import math
from dataclasses import replace

import numpy as np
import pytest
from two_groups import MODEL, RULE

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.decision import Effect, Estimate, Finding, Judgement, Levels, Outcome, Verdict
from gate.core.facts import MOST_LOOKS, Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.policy import Burden, Confidence, DataTerms, Evidence, Policy
from gate.judge import judge
from gate.judge.looks import levels_at

POLICY = Policy(tier="t", rules=(RULE,), data=DataTerms(max_looks=5))


def _judged(look: int | None, *, policy: Policy = POLICY, selected: tuple[int, int] = (500, 460)) -> Judgement:
    """Two groups of 1,000 rows, of which so many are selected, at a look."""
    cells = [ConfusionCounts(tp=part // 2, fp=part - part // 2, tn=500 - (part - part // 2), fn=500 - part // 2) for part in selected]
    groups = tuple(GroupCounts(feature="g", group=name, counts=counts) for name, counts in zip("ab", cells, strict=True))
    facts = Facts(
        candidate=Candidate(name="m", version="1", digest="sha256:0"),
        data=DataFacts(digest="sha256:0", look=look),
        predictions=PredictionFacts(source=PredictionSource.MODEL),
    )
    return judge(policy, MODEL, ContingencyTable(overall=cells[0] + cells[1], groups=groups), facts)


def _rule(judgement: Judgement) -> Finding:
    return next(finding for finding in judgement.findings if finding.rule == "parity")


def test_all_looks_together_spend_the_level() -> None:
    """1/2 + 1/6 + 1/12 + …: ten thousand looks stay below the level of a single one, and nearly reach it."""
    levels = [levels_at(Confidence(), look, burden=Burden.CANDIDATE) for look in range(1, 10_001)]

    assert [round(level.passing, 6) for level in levels[:3]] == [0.025, 0.008333, 0.004167]
    assert 0.0499 < math.fsum(level.passing for level in levels) < 0.05
    assert 0.00998 < math.fsum(level.failing for level in levels) < 0.01


@pytest.mark.parametrize("burden", list(Burden))
def test_a_look_that_is_not_counted_has_the_whole_level(burden: Burden) -> None:
    """Without a record nothing is divided, so that records from before looks were counted replay."""
    assert levels_at(Confidence(), None, burden=burden) == Levels(passing=0.05, failing=0.01)


def test_a_finding_records_the_level_that_was_used() -> None:
    """The look's share of the level, divided by the claims; the groups are shown at the same passing level."""
    found = _judged(3)

    assert _rule(found).levels == Levels(passing=0.05 / 12, failing=0.01 / 12 / 2)
    widths = [_width(_judged(look)) for look in (None, 1, 2, 3)]
    assert widths == sorted(widths)
    assert len(set(widths)) == 4


def _width(judgement: Judgement) -> float:
    rate = judgement.groups[0].metrics["selection_rate"]
    assert isinstance(rate, Estimate)
    assert rate.upper is not None
    assert rate.lower is not None
    return rate.upper - rate.lower


def test_what_passes_at_the_first_look_does_not_at_a_late_one() -> None:
    """The same counts: passed at the first look, inconclusive at the fifth, never passed again after that."""
    verdicts = [_judged(look, selected=(500, 455)).verdict for look in (None, 1, 2, 3, 4, 5)]

    assert verdicts[0] is Verdict.PASSED
    assert verdicts[-1] is Verdict.INCONCLUSIVE
    assert verdicts == sorted(verdicts, key=[Verdict.PASSED, Verdict.INCONCLUSIVE].index)


@pytest.mark.parametrize("look", [None, 1, 5, 1000, MOST_LOOKS])
def test_wearing_the_holdout_out_does_not_help_under_the_gates_burden(look: int | None) -> None:
    """A violation that the gate could prove at the first look is proven at every later one: nobody burns looks to get through."""
    policy = replace(POLICY, evidence=Evidence(burden_of_proof=Burden.GATE), data=DataTerms())
    judgement = _judged(look, policy=policy, selected=(560, 360))

    assert judgement.verdict is Verdict.BLOCKED
    assert _rule(judgement).levels is not None
    assert _rule(judgement).outcome is Outcome.FAIL


@pytest.mark.parametrize(("look", "verdict"), [(None, Verdict.PASSED), (5, Verdict.PASSED), (6, Verdict.INCONCLUSIVE), (60, Verdict.INCONCLUSIVE)])
@pytest.mark.parametrize("burden", list(Burden))
def test_a_worn_holdout_holds_whoever_bears_the_burden(burden: Burden, look: int | None, verdict: Verdict) -> None:
    """Past `max_looks` even a perfect model is inconclusive, through `looks-exhausted`, under every burden of proof."""
    judgement = _judged(look, policy=replace(POLICY, evidence=Evidence(burden_of_proof=burden)), selected=(500, 500))
    found = [finding for finding in judgement.findings if finding.rule == "looks-exhausted"]

    assert judgement.verdict is verdict
    assert [(finding.outcome, finding.effect, finding.value) for finding in found] == (
        [(Outcome.INCONCLUSIVE, Effect.HOLDS, look)] if verdict is Verdict.INCONCLUSIVE else []
    )


def test_without_a_limit_no_look_is_too_many() -> None:
    """`max_looks` is a key of the policy: where it is not set, only the levels fall."""
    assert [finding.rule for finding in _judged(MOST_LOOKS, policy=replace(POLICY, data=DataTerms())).findings] == ["parity"]


@pytest.mark.parametrize("look", [0, -1, MOST_LOOKS + 1])
def test_a_look_is_a_count(look: int) -> None:
    """Nothing is divided by zero, and no level sinks to nothing."""
    with pytest.raises(ValueError, match="not between 1 and"):
        DataFacts(digest="sha256:0", look=look)


@pytest.mark.statistics
def test_the_first_of_twenty_candidates_that_passes_is_hardly_ever_a_violation() -> None:
    """Twenty violating candidates, the first pass wins: at most 5 % with counted looks, several times that without."""
    trials, rng = 200, np.random.default_rng(15)
    selected = np.stack([rng.binomial(1000, 0.55, (trials, 20)), rng.binomial(1000, 0.45, (trials, 20))], axis=-1)

    def _passes(*, counted: bool) -> float:
        return float(np.mean([any(_met(row[j], j + 1 if counted else None) for j in range(20)) for row in selected]))

    assert _passes(counted=True) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / trials)
    assert _passes(counted=False) > 0.3


def _met(selected: "np.ndarray", look: int | None) -> bool:
    """Whether a candidate passes that selects so many of each group; an estimate beyond the bound never does."""
    if abs(int(selected[0]) - int(selected[1])) >= 100:
        return False
    return _judged(look, policy=replace(POLICY, data=DataTerms()), selected=(int(selected[0]), int(selected[1]))).verdict is Verdict.PASSED


@pytest.fixture(autouse=True)
def _no_planning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would settle a finding says nothing about the verdict, and is simulated."""
    monkeypatch.setattr("gate.judge.findings.rows_needed", lambda *_: "not asked here")
    monkeypatch.setattr("gate.judge.findings.detectable", lambda *_: None)
