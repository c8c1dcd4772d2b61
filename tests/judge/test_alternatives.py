"""Which candidate of a search is put forward."""

import pytest

from gate.core.alternatives import Tried
from gate.core.decision import Effect, Finding, Judgement, Outcome, Verdict
from gate.core.mitigation import Technique
from gate.core.policy import Burden, Enforcement, Threshold
from gate.judge.alternatives import UTILITY, beyond, disparities, efficient, recommended, utility


def _finding(rule: str, value: float | None, *, metric: str | None = "demographic_parity_difference", effect: Effect = Effect.NONE, **kept: object) -> Finding:
    outcome = Outcome.FAIL if effect is Effect.BLOCKS else Outcome.INCONCLUSIVE
    chosen = {"enforcement": Enforcement.SOFT_MANDATORY, "threshold": Threshold(max=0.2), "outcome": outcome, **kept}
    return Finding(rule=rule, metric=metric, value=value, effect=effect, message="", feature="sex", **chosen)  # type: ignore[arg-type]


def _tried(
    name: str,
    *,
    useful: float | None = 0.7,
    gap: float | None = 0.1,
    verdict: Verdict = Verdict.PASSED,
    technique: Technique = Technique.REWEIGHING,
    own: tuple[Finding, ...] = (),
) -> Tried:
    findings = (
        _finding("parity", gap),
        _finding(UTILITY, useful, metric="balanced_accuracy", enforcement=Enforcement.ADVISORY, threshold=Threshold(min=0.0)),
        _finding("mitigate:demographic_parity_difference", gap, enforcement=Enforcement.ADVISORY, threshold=Threshold(max=1.0)),
        *own,
    )
    return Tried(name=name, technique=technique, judgement=Judgement(verdict=verdict, findings=findings, groups=(), coverage=()))


def test_the_most_useful_of_those_that_pass() -> None:
    """Among candidates that pass and meet every rule as an estimate, utility decides."""
    found = recommended([_tried("plain", useful=0.9, gap=0.3), _tried("a", useful=0.7), _tried("b", useful=0.8)])

    assert found.name == "b"


def test_a_blocked_candidate_is_never_put_forward() -> None:
    """However useful it is, and however small its estimates."""
    found = recommended([_tried("a", useful=0.99, gap=0.0, verdict=Verdict.BLOCKED)])

    assert found.name is None
    assert found.nearest == "a"


def test_passing_as_not_disproved_does_not_suffice() -> None:
    """A gap beyond the bound that few rows cannot prove passes the judgement, and is not put forward all the same."""
    found = recommended([_tried("a", gap=0.25)])

    assert found.name is None


def test_no_number_meets_no_bound() -> None:
    """A mandatory rule without a number is missed, unless the judgement let it through."""
    assert recommended([_tried("a", gap=None)]).name is None
    let_through = _finding("parity", None, outcome=Outcome.PASS)
    entry = Tried(name="b", technique=Technique.PLAIN, judgement=Judgement(verdict=Verdict.PASSED, findings=(let_through,), groups=(), coverage=()))
    assert beyond(entry) == ()


def test_a_ratio_below_its_floor_is_beyond() -> None:
    """A floor is missed from below."""
    low = _finding("ratio", 0.7, metric="demographic_parity_ratio", threshold=Threshold(min=0.8))

    assert beyond(_tried("a", own=(low,))) == (low,)


def test_inconclusive_is_put_forward_only_where_nothing_passes() -> None:
    """Too few validation rows to pass anything: the estimates choose, and it is said."""
    found = recommended([_tried("a", verdict=Verdict.INCONCLUSIVE)])

    assert found.name == "a"
    assert "too few" in found.why
    assert recommended([_tried("a", useful=0.9, verdict=Verdict.INCONCLUSIVE), _tried("b", useful=0.6)]).name == "b"


def test_of_two_equals_the_one_that_does_not_ask_for_the_group() -> None:
    """Treating groups differently at decision time needs a reason."""
    found = recommended([_tried("a", technique=Technique.THRESHOLD_OPTIMIZER), _tried("b")])

    assert found.name == "b"


def test_nothing_that_could_be_judged() -> None:
    """Without a judgement nothing is put forward."""
    found = recommended([Tried(name="a", technique=Technique.PLAIN, reason="no model")])

    assert (found.name, found.nearest) == (None, None)


def test_a_check_that_blocks_is_no_pass() -> None:
    """Constant answers are a finding of the gate's own, which blocks whatever the verdict word says."""
    constant = _finding("constant-predictions", None, metric=None, effect=Effect.BLOCKS, threshold=None)

    assert recommended([_tried("a", own=(constant,))]).name is None


def test_efficient_are_those_that_nothing_beats() -> None:
    """Beaten is who is nowhere better and somewhere worse; who has no numbers is not compared."""
    tried = [_tried("a", useful=0.8, gap=0.2), _tried("b", useful=0.7, gap=0.1), _tried("c", useful=0.7, gap=0.2), _tried("d", useful=None)]

    assert efficient(tried) == {"a", "b"}


def test_findings_of_the_search_alone() -> None:
    """Utility and disparities are those that the search added, never a rule of the policy."""
    entry, none = _tried("a"), Tried(name="b", technique=Technique.PLAIN)

    assert utility(entry).rule == UTILITY  # type: ignore[union-attr]
    assert [finding.rule for finding in disparities(entry)] == ["mitigate:demographic_parity_difference"]
    assert (utility(none), disparities(none), beyond(none)) == (None, (), ())


@pytest.mark.parametrize("outcome", [Outcome.NOT_APPLICABLE])
def test_what_does_not_apply_is_not_missed(outcome: Outcome) -> None:
    """A rule that is not about this model is not missed."""
    assert beyond(_tried("a", own=(_finding("other", None, outcome=outcome, burden_of_proof=Burden.CANDIDATE),))) == ()
