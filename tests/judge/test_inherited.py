"""The ratchet: a violation that the champion has already may stay for a time; what is new, worse or unknown never does."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.decision import Effect, Finding, Judgement, Outcome, Verdict
from gate.core.facts import BaselineFacts, BaselineStatus, Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.paired import Agreement, PairedCells, PairedCounts
from gate.core.policy import Burden, Enforcement, Evidence, Inheritance, Policy, Rule, Scope, Threshold
from gate.judge import judge

UNTIL = date(2027, 3, 31)
NAMES = ("a", "b", "c")
FEATURE = SensitiveFeature(name="g", column="g", groups=tuple(DeclaredGroup(name=name, value=name) for name in NAMES))
MODEL = ModelConfig(
    name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=(FEATURE,), tier="t"
)
PARITY = Rule(
    id="parity",
    metric="demographic_parity_difference",
    threshold=Threshold(max=0.1),
    scope=Scope.BETWEEN_GROUPS,
    enforcement=Enforcement.SOFT_MANDATORY,
    inherits=Inheritance(until=UNTIL),
)
FLOOR = replace(PARITY, id="floor", metric="true_positive_rate", threshold=Threshold(min=0.6), scope=Scope.BY_GROUP)
CHAMPION = BaselineFacts(name="champion", status=BaselineStatus.COMPARED, version="1", digest="sha256:aa")


@pytest.fixture(autouse=True)
def _no_planning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would settle a finding takes time and changes no outcome."""
    monkeypatch.setattr("gate.judge.findings.rows_needed", lambda *_: "not asked here")
    monkeypatch.setattr("gate.judge.findings.detectable", lambda *_: None)


def _cells(champion: int, candidate: int) -> PairedCells:
    """2,000 positives, of which the models select so many, and 2,000 negatives likewise; they disagree as little as can be."""
    both = min(champion, candidate)
    kind = Agreement(both=both, lost=champion - both, gained=candidate - both, neither=2000 - max(champion, candidate))
    return PairedCells(positives=kind, negatives=kind)


def _group(name: str, cells: PairedCells) -> GroupCounts:
    (tp, fn), (fp, tn) = cells.positives.candidate, cells.negatives.candidate
    paired = PairedCounts(baselines=(("champion", cells),))
    return GroupCounts(feature="g", group=name, counts=ConfusionCounts(tp=tp, fn=fn, fp=fp, tn=tn), statistics=Statistics(paired=paired))


def _table(*cells: PairedCells) -> ContingencyTable:
    groups = tuple(_group(name, entry) for name, entry in zip(NAMES, cells, strict=True))
    overall, statistics = groups[0].counts, groups[0].statistics
    for entry in groups[1:]:
        overall, statistics = overall + entry.counts, statistics + entry.statistics
    return ContingencyTable(overall=overall, groups=groups, statistics=statistics)


def _bare(table: ContingencyTable) -> ContingencyTable:
    return replace(table, groups=tuple(replace(entry, statistics=Statistics()) for entry in table.groups), statistics=Statistics())


def _judged(table: ContingencyTable, rule: Rule = PARITY, *baselines: BaselineFacts, inheriting: bool = True, burden: Burden = Burden.CANDIDATE) -> Judgement:
    facts = Facts(
        candidate=Candidate(name="m", version="2", digest="sha256:bb", inputs=("x",)),
        data=DataFacts(digest="sha256:cc"),
        predictions=PredictionFacts(source=PredictionSource.MODEL),
        baselines=baselines,
        inheriting=(rule.id,) if inheriting else (),
    )
    return judge(Policy(tier="t", rules=(rule,), evidence=Evidence(burden_of_proof=burden)), MODEL, table, facts)


def _finding(judgement: Judgement) -> Finding:
    (finding,) = judgement.findings
    return finding


UNFAIR = _table(_cells(1400, 1400), _cells(1000, 1000), _cells(1400, 1400))


@pytest.mark.parametrize("burden", [Burden.CANDIDATE, Burden.GATE])
@pytest.mark.parametrize(
    ("rule", "table"),
    [(PARITY, UNFAIR), (PARITY, _table(_cells(1400, 1400), _cells(1000, 1100), _cells(1400, 1400))), (FLOOR, UNFAIR)],
    ids=["as-before", "better", "a-floor"],
)
def test_what_the_champion_has_already_stays_a_violation_and_is_accepted(rule: Rule, table: ContingencyTable, burden: Burden) -> None:
    """The outcome is fail all the same; only its effect is none, and it says from which version and until when."""
    judgement = _judged(table, rule, CHAMPION, burden=burden)
    finding = _finding(judgement)

    assert (judgement.verdict, finding.outcome, finding.effect) == (Verdict.PASSED, Outcome.FAIL, Effect.NONE)
    assert finding.inherited is not None
    assert (finding.inherited.source, finding.inherited.until) == ("1", UNTIL)
    assert "inherited violation, accepted until 2027-03-31" in finding.message


@pytest.mark.parametrize("burden", [Burden.CANDIDATE, Burden.GATE])
@pytest.mark.parametrize(
    ("table", "because"),
    [
        (_table(_cells(1400, 1400), _cells(1000, 900), _cells(1400, 1400)), "not proven to be at most 0.02 worse"),
        (_table(_cells(1400, 1400), _cells(1400, 1000), _cells(1400, 1400)), "not proven to violate it"),
        (_table(_cells(1400, 1400), _cells(1000, 1000), _cells(1400, 1000)), "where champion is not proven to violate it"),
        (_table(_cells(1000, 1400), _cells(1400, 1000), _cells(1200, 1200)), "not proven to violate it"),
    ],
    ids=["worse", "new", "new-in-another-pair", "turned-round"],
)
def test_what_is_worse_or_new_blocks(table: ContingencyTable, because: str, burden: Burden) -> None:
    """A larger gap, a gap that the champion has not, one more group, and the same gap the other way round all block, and say why."""
    judgement = _judged(table, PARITY, CHAMPION, burden=burden)

    assert (judgement.verdict, _finding(judgement).inherited) == (Verdict.BLOCKED, None)
    assert because in _finding(judgement).message


@pytest.mark.parametrize("status", [BaselineStatus.ABSENT, BaselineStatus.UNAVAILABLE, None])
def test_without_a_champion_that_answers_the_rule_stands(status: BaselineStatus | None) -> None:
    """A first release and a champion that cannot be loaded inherit nothing."""
    known = () if status is None else (replace(CHAMPION, status=status, detail="it is gone"),)

    assert _judged(_bare(UNFAIR), PARITY, *known).verdict is Verdict.BLOCKED


@pytest.mark.parametrize(
    ("rule", "burden", "inheriting"),
    [
        (PARITY, Burden.CANDIDATE, False),
        (replace(PARITY, enforcement=Enforcement.HARD_MANDATORY), Burden.CANDIDATE, True),
        (replace(PARITY, inherits=None), Burden.CANDIDATE, True),
        (PARITY, Burden.POINT_ESTIMATE, True),
        (replace(PARITY, metric="demographic_parity_ratio", threshold=Threshold(min=0.8)), Burden.CANDIDATE, True),
    ],
    ids=["day-over", "hard", "not-declared", "nothing-proven", "a-ratio"],
)
def test_nothing_else_is_inherited(rule: Rule, burden: Burden, inheriting: bool) -> None:  # noqa: FBT001 -- a case
    """A day that is over, a hard rule, a rule without the key, one that proves nothing and one that is not comparable stand as they are."""
    judgement = _judged(UNFAIR, rule, CHAMPION, inheriting=inheriting, burden=burden)

    assert (judgement.verdict, _finding(judgement).inherited) == (Verdict.BLOCKED, None)


def test_a_champion_does_not_inherit_from_itself() -> None:
    """An alias that was put on the candidate before its check excuses nothing."""
    judgement = _judged(UNFAIR, PARITY, replace(CHAMPION, digest="sha256:bb"))

    assert (judgement.verdict, _finding(judgement).inherited) == (Verdict.BLOCKED, None)
    assert "the candidate is the champion itself" in _finding(judgement).message


def test_too_few_rows_inherit_nothing() -> None:
    """Where rows cannot show that the candidate is not worse, it is not accepted, though it answers just as the champion does."""
    few = Agreement(both=35, neither=5)
    none = Agreement(both=5, neither=35)
    table = _table(*(PairedCells(positives=kind, negatives=kind) for kind in (few, none, few)))

    assert _judged(table, PARITY, CHAMPION).verdict is Verdict.BLOCKED


def test_a_candidate_that_is_worse_by_the_tolerance_is_accepted_at_most_as_often_as_the_level() -> None:
    """At the boundary, where the gap grew by just the tolerance, the error is at most 5 % and three standard errors."""
    generator, times = np.random.default_rng(3), 400
    shares = {"same": [0.65, 0.02, 0.02, 0.31], "worse": [0.45, 0.04, 0.02, 0.53 - 0.04]}  # both, lost, gained, neither

    def drawn(kind: str) -> PairedCells:
        both, lost, gained, neither = (int(n) for n in generator.multinomial(2000, shares[kind]))
        half = Agreement(both=both, lost=lost, gained=gained, neither=neither)
        return PairedCells(positives=half)

    wrong = sum(_judged(_table(drawn("same"), drawn("worse"), drawn("same")), PARITY, CHAMPION).verdict is Verdict.PASSED for _ in range(times))

    assert wrong / times <= 0.05 + 3 * (0.05 * 0.95 / times) ** 0.5


def _random_table(generator: np.random.Generator) -> ContingencyTable:
    """Both models in three groups: alike, worse, better, near the bound or far from it."""
    cells = []
    for _ in NAMES:
        champion = int(generator.integers(900, 1500))
        cells.append(_cells(champion, int(np.clip(champion + generator.choice([-200, -30, 0, 30, 200]), 0, 2000))))
    return _table(*cells)


RANK = {Verdict.PASSED: 0, Verdict.INCONCLUSIVE: 1, Verdict.BLOCKED: 2}


@pytest.mark.parametrize("burden", [Burden.CANDIDATE, Burden.GATE])
@pytest.mark.parametrize("rule", [PARITY, FLOOR], ids=["parity", "floor"])
def test_what_accepts_less_never_lets_more_through(rule: Rule, burden: Burden) -> None:
    """No key, a day that is over and a lower tolerance are each at least as strict, on 150 random tables; and some are accepted at all."""
    generator, accepted = np.random.default_rng(27), 0
    for _ in range(150):
        table = _random_table(generator)
        found = _judged(table, rule, CHAMPION, burden=burden)
        stricter = (
            _judged(table, replace(rule, inherits=None), CHAMPION, burden=burden),
            _judged(table, rule, CHAMPION, inheriting=False, burden=burden),
            _judged(table, replace(rule, inherits=Inheritance(until=UNTIL, tolerance=0.0)), CHAMPION, burden=burden),
        )
        accepted += _finding(found).inherited is not None

        assert all(RANK[other.verdict] >= RANK[found.verdict] for other in stricter)
    assert accepted > 5


def test_a_verdict_with_an_inherited_violation_is_a_fail_in_all_but_effect() -> None:
    """On every random table that is accepted, the finding without the key blocks or holds: nothing that passes is called inherited."""
    generator = np.random.default_rng(28)
    for _ in range(100):
        table = _random_table(generator)
        if _finding(_judged(table, PARITY, CHAMPION)).inherited is not None:
            alone = _finding(_judged(table, replace(PARITY, inherits=None), CHAMPION))

            assert alone.effect is not Effect.NONE
            assert alone.outcome is not Outcome.PASS
