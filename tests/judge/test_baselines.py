"""Comparisons with another model: never a pass by its absence, and never on counts that do not fit."""

from dataclasses import replace

import pytest

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.decision import Effect, Finding, Judgement, Outcome, Verdict
from gate.core.facts import BaselineFacts, BaselineStatus, Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.paired import Agreement, PairedCells, PairedCounts
from gate.core.policy import Burden, Enforcement, Policy, Rule, Scope, Threshold
from gate.judge import judge

FEATURE = SensitiveFeature(name="g", column="g", groups=(DeclaredGroup(name="a", value="a"), DeclaredGroup(name="b", value="b")))
MODEL = ModelConfig(
    name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=(FEATURE,), tier="t"
)
COMPARES = Rule(
    id="no-drop",
    metric="true_positive_rate",
    threshold=Threshold(max_drop=0.05),
    scope=Scope.BY_GROUP,
    enforcement=Enforcement.SOFT_MANDATORY,
    versus="champion",
)
USEFUL = Rule(id="useful", metric="accuracy", threshold=Threshold(min=0.5), scope=Scope.OVERALL, enforcement=Enforcement.SOFT_MANDATORY)
COMPARED = BaselineFacts(name="champion", status=BaselineStatus.COMPARED, version="1", digest="sha256:aa")
SAME = PairedCells(positives=Agreement(both=300, lost=3, gained=3, neither=100), negatives=Agreement(both=30, neither=400))
WORSE = PairedCells(positives=Agreement(both=280, lost=60, gained=3, neither=63), negatives=Agreement(both=30, neither=400))


def _group(name: str, cells: PairedCells) -> GroupCounts:
    (tp, fn), (fp, tn) = cells.positives.candidate, cells.negatives.candidate
    paired = PairedCounts(baselines=(("champion", cells),))
    return GroupCounts(feature="g", group=name, counts=ConfusionCounts(tp=tp, fn=fn, fp=fp, tn=tn), statistics=Statistics(paired=paired))


def _table(a: PairedCells = SAME, b: PairedCells = SAME) -> ContingencyTable:
    groups = (_group("a", a), _group("b", b))
    return ContingencyTable(overall=groups[0].counts + groups[1].counts, groups=groups, statistics=groups[0].statistics + groups[1].statistics)


def _bare(table: ContingencyTable) -> ContingencyTable:
    """The same counts without anything paired."""
    return replace(table, groups=tuple(replace(entry, statistics=Statistics()) for entry in table.groups), statistics=Statistics())


def _facts(*baselines: BaselineFacts) -> Facts:
    candidate = Candidate(name="m", version="2", digest="sha256:bb", inputs=("x",))
    return Facts(candidate=candidate, data=DataFacts(digest="sha256:cc"), predictions=PredictionFacts(source=PredictionSource.MODEL), baselines=baselines)


def _judged(table: ContingencyTable, *baselines: BaselineFacts, rules: tuple[Rule, ...] = (COMPARES, USEFUL)) -> Judgement:
    return judge(Policy(tier="t", rules=rules), MODEL, table, _facts(*baselines))


def _of(judgement: Judgement, rule: str) -> Finding:
    (finding,) = [finding for finding in judgement.findings if finding.rule == rule]
    return finding


@pytest.mark.parametrize(
    ("b", "verdict", "outcome"),
    [(SAME, Verdict.PASSED, Outcome.PASS), (WORSE, Verdict.BLOCKED, Outcome.FAIL)],
)
def test_a_drop_in_one_group_decides(b: PairedCells, verdict: Verdict, outcome: Outcome) -> None:
    """Every group has to be proven within the bound; one that is proven beyond it blocks."""
    judgement = _judged(_table(b=b), COMPARED)

    assert (judgement.verdict, _of(judgement, "no-drop").outcome) == (verdict, outcome)


@pytest.mark.parametrize("burden", list(Burden))
@pytest.mark.parametrize("status", [BaselineStatus.UNAVAILABLE, None])
def test_a_champion_that_does_not_answer_is_never_a_pass(status: BaselineStatus | None, burden: Burden) -> None:
    """Whoever bears the burden of proof, and whether the facts say why or say nothing, the candidate is held."""
    known = () if status is None else (replace(COMPARED, status=status, detail="predict: the feature store is down"),)
    judgement = _judged(_bare(_table()), *known, rules=(replace(COMPARES, burden_of_proof=burden), USEFUL))

    assert (judgement.verdict, _of(judgement, "no-drop").effect) == (Verdict.INCONCLUSIVE, Effect.HOLDS)
    assert _of(judgement, "baseline-unavailable").effect is Effect.HOLDS


def test_only_a_champion_may_be_absent() -> None:
    """A first release is not applicable, and listed; a misspelt alias or a missing anchor holds."""
    absent = BaselineFacts(name="champion", status=BaselineStatus.ABSENT)
    first = _judged(_bare(_table()), absent)
    misspelt = _judged(_bare(_table()), replace(absent, name="champoin"), rules=(replace(COMPARES, versus="champoin"), USEFUL))
    anchor = _judged(_bare(_table()), replace(absent, name="first"), rules=(replace(COMPARES, versus=None, anchor="first"), USEFUL))

    assert (first.verdict, _of(first, "no-drop").outcome) == (Verdict.PASSED, Outcome.NOT_APPLICABLE)
    assert _of(first, "baseline-absent").message == "no champion yet: first release; not judged: no-drop"
    assert [misspelt.verdict, anchor.verdict] == [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE]


def test_a_first_release_shows_nothing_by_comparisons_alone() -> None:
    """Without another mandatory rule nothing was judged, so nothing passes."""
    judgement = _judged(_bare(_table()), BaselineFacts(name="champion", status=BaselineStatus.ABSENT), rules=(COMPARES,))

    assert judgement.verdict is Verdict.INCONCLUSIVE


def test_an_advisory_comparison_holds_nobody() -> None:
    """An absent baseline that only advisory rules ask for is said, and does not count."""
    unavailable = replace(COMPARED, status=BaselineStatus.UNAVAILABLE, detail="gone")
    judgement = _judged(_bare(_table()), unavailable, rules=(replace(COMPARES, enforcement=Enforcement.ADVISORY), USEFUL))

    assert (judgement.verdict, _of(judgement, "baseline-unavailable").effect) == (Verdict.PASSED, Effect.NONE)


@pytest.mark.parametrize("burden", [Burden.CANDIDATE, Burden.GATE, Burden.POINT_ESTIMATE])
def test_a_few_rows_that_agree_prove_nothing(burden: Burden) -> None:
    """Ten positives without a disagreement are below `min_group`: held under the candidate's burden, and never called a pass."""
    few = PairedCells(positives=Agreement(both=10), negatives=Agreement(both=30, neither=400))
    finding = _of(_judged(_table(b=few), COMPARED, rules=(replace(COMPARES, burden_of_proof=burden), USEFUL)), "no-drop")

    assert (finding.outcome, finding.insufficient) == (Outcome.INCONCLUSIVE, ("b",))
    assert finding.effect is (Effect.NONE if burden is Burden.GATE else Effect.HOLDS)
    assert finding.detectable_gap is None


def test_nothing_false_is_claimed_about_what_would_settle_it() -> None:
    """An open comparison names no rows; under the gate's burden it claims no drop that would have been caught."""
    few = PairedCells(positives=Agreement(both=40, neither=10), negatives=Agreement(both=30, neither=400))
    held, let = (_of(_judged(_table(b=few), COMPARED, rules=(replace(COMPARES, burden_of_proof=who), USEFUL)), "no-drop") for who in (None, Burden.GATE))

    assert (held.rows_needed, "depends on how often the two models disagree" in (held.rows_needed_reason or "")) == (None, True)
    assert "not worked out" in let.message


def _with(table: ContingencyTable, statistics: Statistics) -> ContingencyTable:
    """The table with other statistics of its second group."""
    return replace(table, groups=(table.groups[0], replace(table.groups[1], statistics=statistics)))


FORGERIES = {
    "the answers of another group": lambda table: _with(table, table.groups[0].statistics),
    "a group without paired counts": lambda table: _with(table, Statistics()),
    "no paired counts at all": _bare,
    "another baseline": lambda table: replace(table, statistics=Statistics(paired=PairedCounts(baselines=(("other", SAME),)))),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_paired_counts_that_do_not_fit_are_not_judged(forgery: str) -> None:
    """Cells that no check could have counted are an error, not a verdict."""
    with pytest.raises(ValueError, match="paired counts"):
        _judged(FORGERIES[forgery](_table(b=WORSE)), COMPARED)


def test_a_baseline_named_twice_is_not_judged() -> None:
    """Two facts about one baseline contradict each other, or could."""
    with pytest.raises(ValueError, match="named twice"):
        _judged(_bare(_table()), *[replace(COMPARED, status=BaselineStatus.ABSENT)] * 2)


def test_paired_counts_add_up() -> None:
    """Counts of two batches are the counts of both, field by field, and only against the same baselines."""
    one, two = PairedCounts(baselines=(("champion", SAME),)), PairedCounts(baselines=(("champion", WORSE),))

    assert (one + two).against("champion") == SAME + WORSE
    with pytest.raises(ValueError, match="cannot be added to none"):
        Statistics() + Statistics(paired=one)
    assert one.against("first") is None
    with pytest.raises(ValueError, match="do not add up"):
        one + PairedCounts(baselines=(("first", SAME),))
    with pytest.raises(ValueError, match="at least one"):
        PairedCounts(baselines=())
