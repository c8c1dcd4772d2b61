"""What would settle a finding: sizes that give 80 % power, and reasons where no size would."""

from dataclasses import replace

import numpy as np
import pytest

from gate.core.counts import ConfusionCounts
from gate.core.decision import Levels, RowsNeeded
from gate.core.policy import MinGroup, Threshold
from gate.judge.planning import detectable, rows_needed
from gate.judge.questions import Question, answer, claims
from gate.judge.sizing import power_to_fail, power_to_pass
from gate.metrics.catalogue import by_name
from gate.metrics.comparisons import Comparison
from gate.metrics.rates import Cells


def _question(metric: str, groups: list[ConfusionCounts], *, lenient: bool = False, **bound: float) -> Question:
    found = by_name(metric)
    assert found is not None
    return Question(
        metric=found,
        threshold=Threshold(**bound),
        groups=tuple(f"g{i}" for i in range(len(groups))),
        cells=Cells.of(groups),
        min_group=MinGroup(),
        levels=Levels(passing=0.05, failing=0.01 / claims(found, len(groups))),
        lenient=lenient,
    )


def _group(rows: int, *, base: float = 0.4, tpr: float = 0.7, fpr: float = 0.2) -> ConfusionCounts:
    positives = round(rows * base)
    tp, fp = round(positives * tpr), round((rows - positives) * fpr)
    return ConfusionCounts(tp=tp, fn=positives - tp, fp=fp, tn=rows - positives - fp)


def _planned(question: Question) -> RowsNeeded:
    needed = rows_needed(question, answer(question))
    assert isinstance(needed, RowsNeeded), needed
    return needed


@pytest.mark.parametrize(("groups", "equal", "half"), [(2, 400, 1120), (4, 630, 1690), (8, 830, 2000)])
def test_sizes_are_those_of_an_independent_simulation(groups: int, equal: int, half: int) -> None:
    """Rows per group for 80 % power at base rate .4 and bound .10: within 8 % of figures that were simulated elsewhere."""
    needed = _planned(_question("demographic_parity_difference", [_group(50)] * groups, max=0.1))

    assert needed.if_half is not None
    assert abs(needed.if_equal["g0"] / equal - 1) < 0.08
    assert abs(needed.if_half["g0"] / half - 1) < 0.08


def test_the_answer_depends_on_nothing_but_the_counts() -> None:
    """Twice the same question, twice the same sizes: no seed that anyone could choose."""
    question = _question("equalized_odds_difference", [_group(120), _group(200), _group(90)], max=0.1)

    assert rows_needed(question, answer(question)) == rows_needed(question, answer(question))


@pytest.mark.parametrize(
    ("metric", "bound", "unit"),
    [
        ("equal_opportunity_difference", {"max": 0.1}, "positives"),
        ("false_positive_rate_difference", {"max": 0.1}, "negatives"),
        ("equalized_odds_difference", {"max": 0.1}, "rows"),
        ("demographic_parity_ratio", {"min": 0.8}, "rows"),
        ("f1_score_difference", {"max": 0.1}, "selected or positive rows"),
        ("balanced_accuracy_difference", {"max": 0.1}, "rows"),
    ],
)
def test_what_is_counted_is_what_the_metric_divides_by(metric: str, bound: dict[str, float], unit: str) -> None:
    """Positives for a true positive rate, negatives for a false one, rows where both are needed; half a gap asks for more."""
    needed = _planned(_question(metric, [_group(150), _group(150)], **bound))

    assert needed.unit == unit
    assert needed.if_half is not None
    assert needed.if_half["g0"] > needed.if_equal["g0"] > needed.have["g0"]


def test_only_groups_that_lack_rows_are_named() -> None:
    """A group that is large enough is not asked for more; the smallest one binds."""
    needed = _planned(_question("demographic_parity_difference", [_group(20_000), _group(100), _group(300)], max=0.1))

    assert set(needed.have) == {"g1", "g2"}
    assert needed.binding == "g1"


def test_an_empty_group_is_asked_for_like_any_other() -> None:
    """A declared group without rows needs as many as the others would."""
    needed = _planned(_question("demographic_parity_difference", [_group(2000), _group(2000), ConfusionCounts()], max=0.1))

    assert (needed.have["g2"], needed.binding) == (0, "g2")


def test_the_size_named_really_has_the_power() -> None:
    """At the size named, a fair model passes in about 80 % of independently simulated tables."""
    size = _planned(_question("demographic_parity_difference", [_group(60)] * 3, max=0.1)).if_equal["g0"]
    rng = np.random.default_rng(11)
    nothing = np.zeros(3, dtype=np.int64)
    met = 0
    for _ in range(600):
        x = rng.binomial(size, 0.4, 3)
        cells = Cells(tp=x, fp=nothing, tn=size - x, fn=nothing, unlabelled_selected=nothing, unlabelled_rejected=nothing)
        question = _question("demographic_parity_difference", [_group(60)] * 3, max=0.1)
        found = answer(Question(**{**{name: getattr(question, name) for name in ("metric", "threshold", "groups", "min_group", "levels")}, "cells": cells}))
        met += found is not None and found.met

    assert 0.74 <= met / 600 <= 0.86


REASONS = {
    "estimate beyond the bound": (_question("demographic_parity_difference", [_group(100, tpr=0.9), _group(100, tpr=0.3)], max=0.1), "at or beyond"),
    "nothing to divide by": (_question("equal_opportunity_difference", [_group(50, base=0), _group(50, base=0)], max=0.1), "no estimate yet"),
    "floor above the pooled rate": (_question("true_positive_rate", [_group(60, tpr=0.5), _group(30, tpr=0.55)], min=0.6), "at or beyond"),
    "0 / 0": (_question("demographic_parity_ratio", [_group(50, tpr=0, fpr=0)] * 2, min=0.8), "no estimate yet"),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_reason_stands_where_no_size_would_help(case: str) -> None:
    """If the estimate is right, more rows block rather than pass; without an estimate there is nothing to plan on."""
    question, fragment = REASONS[case]
    reason = rows_needed(question, answer(question))

    assert isinstance(reason, str)
    assert fragment in reason


@pytest.mark.parametrize(
    ("metric", "bound"), [("true_positive_rate", {"min": 0.6}), ("false_positive_rate", {"max": 0.3}), ("balanced_accuracy", {"min": 0.6})]
)
def test_floors_and_ceilings_can_be_planned(metric: str, bound: dict[str, float]) -> None:
    """For a floor or ceiling, the estimate or the pooled rate is taken for the truth."""
    needed = _planned(_question(metric, [_group(60), _group(80)], **bound))

    assert needed.if_equal[needed.binding] >= needed.have[needed.binding]


def test_the_whole_table_can_be_planned() -> None:
    """An overall floor is planned for the one nameless group."""
    question = _question("balanced_accuracy", [_group(60)], min=0.7)
    needed = _planned(question)

    assert needed.binding == "g0"


@pytest.mark.parametrize(
    ("metric", "bound", "low", "high"),
    [
        ("demographic_parity_difference", {"max": 0.1}, 0.25, 0.55),
        ("equalized_odds_difference", {"max": 0.1}, 0.3, 0.7),
        ("demographic_parity_ratio", {"min": 0.8}, 0.05, 0.6),
        ("true_positive_rate", {"min": 0.5}, 0.05, 0.45),
        ("false_positive_rate", {"max": 0.3}, 0.35, 0.7),
        ("f1_score", {"min": 0.5}, 0.05, 0.45),
        ("balanced_accuracy_difference", {"max": 0.1}, 0.2, 0.6),
    ],
)
def test_the_mildest_violation_that_would_be_caught(metric: str, bound: dict[str, float], low: float, high: float) -> None:
    """It lies beyond the bound, by an amount that fits groups of 150 rows."""
    gap = detectable(_question(metric, [_group(150), _group(200)], **bound))

    assert gap is not None
    assert low <= gap <= high


def test_more_rows_catch_milder_violations() -> None:
    """The detectable gap shrinks towards the bound as groups grow."""
    gaps = [detectable(_question("demographic_parity_difference", [_group(n), _group(n)], max=0.1)) for n in (60, 400, 5000)]

    assert gaps[0] is not None
    assert gaps[1] is not None
    assert gaps[2] is not None
    assert gaps[0] > gaps[1] > gaps[2] > 0.1


def test_a_few_rows_catch_nothing() -> None:
    """Where not even the worst violation would be seen, none is named."""
    assert detectable(_question("demographic_parity_difference", [_group(3), _group(4)], max=0.1)) is None


def test_a_reference_needs_no_more_rows_than_all_pairs() -> None:
    """Fewer pairs have to be shown, and the sizes come from the pairs that are judged."""
    groups = [_group(150)] * 6
    question = _question("demographic_parity_difference", groups, max=0.1)
    referred = replace(question, comparison=Comparison(reference=np.arange(6) == 0))
    everyone, some = _planned(question), _planned(referred)

    assert some.if_half is not None
    assert everyone.if_half is not None
    assert some.if_equal["g1"] < everyone.if_equal["g1"]
    assert some.if_half["g1"] <= everyone.if_half["g1"]


@pytest.mark.parametrize(("metric", "first", "second"), [("true_positive_rate_difference", 0.9, 0.6), ("false_negative_rate_difference", 0.6, 0.9)])
def test_the_gap_that_would_be_caught_is_one_to_their_disadvantage(metric: str, first: float, second: float) -> None:
    """What is promised to be caught is a gap that is judged: for the protected group with the fewest rows, in its own bad direction."""
    others, protected = [_group(4000), _group(4000), _group(60)], [_group(900)]
    comparison = Comparison(protected=np.arange(4) == 3)
    question = replace(_question(metric, [*others, *protected], max=0.1), comparison=comparison)
    gap = detectable(question)
    shares = {"true_positive_rate_difference": lambda rate: rate, "false_negative_rate_difference": lambda rate: 1 - rate}[metric]
    behind = replace(question, cells=Cells.of([_group(4000, tpr=shares(first)), *others[1:2], _group(900, tpr=shares(first)), _group(900, tpr=shares(second))]))
    found = answer(behind)

    assert gap is not None
    assert 0.1 < gap < 0.4
    assert found is not None
    assert found.broken


def test_without_a_pair_no_simulation_passes() -> None:
    """A comparison that is empty gives no power, neither to pass nor to fail."""
    question = replace(_question("demographic_parity_difference", [_group(900)] * 2, max=0.1), comparison=Comparison(protected=np.zeros(2, dtype=bool)))
    trials, rates = [[np.array([900, 900])]], [[np.array([0.3, 0.3])]]

    assert answer(question) is None
    assert not question.provable
    assert power_to_pass(question, trials, rates) == power_to_fail(question, trials, rates) == 0
    assert detectable(question) is None
