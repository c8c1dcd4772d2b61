"""Half the sum of two gaps per pair of groups, judged without letting one hide the other."""

from itertools import combinations

import fairlearn.metrics as fl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.counts import ConfusionCounts
from gate.core.decision import Levels
from gate.core.metric import Metric
from gate.core.policy import MinGroup, Threshold
from gate.judge.questions import Answer, Question, answer, claims
from gate.metrics.catalogue import by_name
from gate.metrics.comparisons import Comparison
from gate.metrics.rates import Cells

NAME = "average_abs_odds_difference"


def _metric(name: str = NAME) -> Metric:
    found = by_name(name)
    assert found is not None
    return found


def _asked(groups: list[ConfusionCounts], bound: float, name: str = NAME) -> Answer | None:
    metric = _metric(name)
    return answer(
        Question(
            metric=metric,
            threshold=Threshold(max=bound),
            groups=tuple(map(str, range(len(groups)))),
            cells=Cells.of(groups),
            min_group=MinGroup(rows=1, positives=1, negatives=1),
            levels=Levels(passing=0.05, failing=0.01 / claims(metric, len(groups))),
        )
    )


def _group(positives: int, negatives: int, tpr: float, fpr: float) -> ConfusionCounts:
    tp, fp = round(positives * tpr), round(negatives * fpr)
    return ConfusionCounts(tp=tp, fn=positives - tp, fp=fp, tn=negatives - fp)


def _fairlearns(groups: list[ConfusionCounts]) -> float:
    """Fairlearn's equalized odds with agg=mean, of a pair of groups: AIF360's average absolute odds difference."""
    cells = [
        (label, answer, place)
        for place, g in enumerate(groups)
        for label, answer, n in ((1, 1, g.tp), (1, 0, g.fn), (0, 1, g.fp), (0, 0, g.tn))
        for _ in range(n)
    ]
    label, answers, place = np.array(cells).T
    return float(fl.equalized_odds_difference(label, answers, sensitive_features=place, agg="mean"))


@pytest.mark.parametrize("seed", range(30))
def test_it_is_fairlearns_for_the_worst_pair(seed: int) -> None:
    """Of two groups, Fairlearn's equalized odds with agg=mean to 1e-12; of three, the largest that it gives for any pair."""
    rng = np.random.default_rng(seed)
    groups = [ConfusionCounts(tp=a, fp=b, tn=c, fn=d) for a, b, c, d in rng.integers(1, 12, (3, 4)).tolist()]
    found, pair = _asked(groups, 0.2), _asked(groups[:2], 0.2)

    assert found is not None
    assert pair is not None
    assert pair.value == pytest.approx(_fairlearns(groups[:2]), abs=1e-12)
    assert found.value == pytest.approx(max(_fairlearns(list(two)) for two in combinations(groups, 2)), abs=1e-12)


_counts = st.builds(ConfusionCounts, tp=st.integers(1, 400), fp=st.integers(1, 400), tn=st.integers(1, 400), fn=st.integers(1, 400))


@given(groups=st.lists(_counts, min_size=2, max_size=4), bound=st.floats(0.01, 0.5))
def test_it_lies_between_half_of_equalized_odds_and_all_of_it(groups: list[ConfusionCounts], bound: float) -> None:
    """A mean of two gaps is at most the larger one and at least half of it; nothing is proven met and broken at once."""
    mean, worst = _asked(groups, bound), _asked(groups, bound, "equalized_odds_difference")

    assert mean is not None
    assert worst is not None
    assert (worst.value or 0) / 2 - 1e-12 <= (mean.value or 0) <= (worst.value or 0) + 1e-12
    assert not (mean.met and mean.broken)


@pytest.mark.parametrize("gap", [0.3, -0.3], ids=["alike", "opposed"])
def test_gaps_of_opposite_sign_do_not_cancel(gap: float) -> None:
    """A signed average would read 0 where one rate is as much too high as the other is too low: here both signs break the rule."""
    found = _asked([_group(2000, 2000, 0.8, 0.4), _group(2000, 2000, 0.5, 0.4 - gap)], 0.1)

    assert found is not None
    assert found.value == pytest.approx(0.3)
    assert found.broken


@pytest.mark.parametrize("protected", [0, 1])
def test_of_protected_groups_neither_half_is_lost(protected: int) -> None:
    """A gap in false positives stands in both rates, so both count both ways, whoever is protected."""
    groups = [_group(2000, 2000, 0.9, 0.1), _group(2000, 2000, 0.6, 0.4)]
    comparison = Comparison(protected=np.arange(2) == protected)
    metric = _metric()
    levels = Levels(passing=0.05, failing=0.01 / claims(metric, 2, comparison))
    asked = Question(
        metric=metric,
        threshold=Threshold(max=0.1),
        groups=("a", "b"),
        cells=Cells.of(groups),
        min_group=MinGroup(),
        levels=levels,
        comparison=comparison,
    )
    found = answer(asked)

    assert found is not None
    assert (found.met, found.broken) == (False, True)


def test_a_group_without_negatives_proves_nothing() -> None:
    """Half of the mean is not known, so the rule is not met, however alike the other half is."""
    found = _asked([_group(4000, 0, 0.8, 0), _group(4000, 4000, 0.8, 0.2)], 0.5)

    assert found is None


def test_few_negatives_are_no_proof() -> None:
    """Thousands of positives do not make up for ten negatives."""
    found = _asked([_group(4000, 10, 0.8, 0.2), _group(4000, 4000, 0.8, 0.2)], 0.1)

    assert found is not None
    assert found.value == pytest.approx(0)
    assert not found.met


def test_the_plain_average_has_no_gap_that_a_rule_could_name() -> None:
    """Its two rates could cancel, so only the sum of absolute gaps is in the catalogue."""
    names = ["average_odds_difference", "average_odds_ratio", "average_odds_group_min"]

    assert [by_name(name) for name in names] == [None] * 3


TABLES = 300


@pytest.mark.statistics
@pytest.mark.parametrize(("sizes", "base"), [([(400, 600)] * 2, (0.8, 0.2)), ([(40, 40), (600, 600)], (0.97, 0.4)), ([(300, 900)] * 4, (0.8, 0.2))])
@pytest.mark.parametrize(("tpr", "fpr"), [(0.1, 0.1), (0.1, -0.1), (0.2, 0.0), (0.0, 0.2)])
def test_a_mean_gap_at_the_bound(sizes: list[tuple[int, int]], tpr: float, fpr: float, base: tuple[float, float]) -> None:
    """A mean gap of exactly the bound passes in at most 5 % of tables and is reported as failing in at most 1 %, however it is made up."""
    rng = np.random.default_rng(17)
    positives, negatives = (np.array(column) for column in zip(*sizes, strict=True))
    rates = np.array([[base[0] - tpr, base[1] - fpr], *[base] * (len(sizes) - 1)])
    met = broken = 0
    for _ in range(TABLES):
        tp, fp = rng.binomial(positives, rates[:, 0]), rng.binomial(negatives, rates[:, 1])
        counts = zip(tp.tolist(), fp.tolist(), positives.tolist(), negatives.tolist(), strict=True)
        found = _asked([ConfusionCounts(tp=a, fn=p - a, fp=b, tn=n - b) for a, b, p, n in counts], 0.1)
        met, broken = met + (found is not None and found.met), broken + (found is not None and found.broken)

    assert met / TABLES <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / TABLES)
    assert broken / TABLES <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / TABLES)
