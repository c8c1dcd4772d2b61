"""Rows that would settle what is no plain rate: with as many as planned, about the stated share of simulated tables passes. Seeds are fixed."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.stats import norm

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.decision import Levels, RowsNeeded
from gate.core.moments import FRACTION_BITS, Moments, MomentScale
from gate.core.policy import MinGroup, Threshold
from gate.core.ranks import UNIT as PLACE
from gate.core.ranks import RankSums
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, ScoreCounts
from gate.core.sums import PAIRS, PATTERNS, CellSums
from gate.judge.growing import Growing
from gate.judge.planning import detectable, rows_needed
from gate.judge.questions import Question, answer, claims
from gate.judge.resizing import resized, resized_counts
from gate.metrics.bounded import UNBOUNDED, Reach
from gate.metrics.catalogue import by_name
from gate.metrics.comparisons import ALL_PAIRS, Comparison
from gate.metrics.rates import Cells

TABLES, LARGE = 150, 20_000
Group = tuple[ConfusionCounts, Statistics]
Draw = Callable[[np.random.Generator, int], list[Group]]


def _question(metric: str, groups: Sequence[Group], *, comparison: Comparison = ALL_PAIRS, reach: Reach = UNBOUNDED, **bound: float) -> Question:
    found = by_name(metric)
    assert found is not None
    whole = groups[0][1]
    for _, statistics in groups[1:]:
        whole = whole + statistics
    return Question(
        metric=found,
        threshold=Threshold(**bound),
        groups=tuple(f"g{i}" for i in range(len(groups))),
        cells=Cells.of([counts for counts, _ in groups]),
        statistics=tuple(statistics for _, statistics in groups),
        whole=whole,
        min_group=MinGroup(),
        levels=Levels(passing=0.05, failing=0.01 / claims(found, len(groups), comparison)),
        comparison=comparison,
        reach=reach,
    )


def _scored(rng: np.random.Generator, rows: int, *, area: float = 0.8) -> Group:
    """Scores of two normal distributions that tell the labels apart with this area."""
    label = rng.random(rows) < 0.4
    x = rng.normal(np.where(label, np.sqrt(2) * norm.ppf(area), 0.0), 1)
    return _binned(norm.cdf(x - 0.5), label)


def _binned(score: np.ndarray, label: np.ndarray) -> Group:
    rows = len(score)
    bins = np.minimum((score * BINS).astype(int), BINS - 1)
    error = np.abs(score - label)
    cells = zip(
        (bins * LABELS + np.where(label, POSITIVE, NEGATIVE)).tolist(),
        [1] * rows,
        (error * UNIT).astype(int).tolist(),
        (error**2 * UNIT).astype(int).tolist(),
        strict=True,
    )
    positives = int(label.sum())
    return ConfusionCounts(tp=positives, tn=rows - positives), Statistics(scores=ScoreCounts.of(cells))


def _calibrated(rng: np.random.Generator, rows: int) -> Group:
    """Scores that are .01 too low."""
    score = rng.beta(2, 3, rows)
    return _binned(np.clip(score - 0.01, 0, 1), rng.random(rows) < score)


def _erring(rng: np.random.Generator, rows: int) -> Group:
    """Errors with a long tail."""
    e = np.minimum(rng.exponential(0.1, rows), 1.0)
    unit = 1 << FRACTION_BITS
    powers = {"residual_1": 1, "residual_2": 2, "residual_3": 3, "absolute_1": 1, "absolute_3": 3, "residual_4": 4, "residual_6": 6}
    scale = MomentScale(residual=0, label=0, prediction=0, label_centre=0.0, prediction_centre=0.0)
    sums = {name: int(np.sum(e**power) * unit) for name, power in powers.items()}
    return ConfusionCounts(answered=rows), Statistics(moments=Moments(scale=scale, labelled=rows, **sums))


def _summed(cells: np.ndarray, *, clustered: bool) -> Statistics:
    """Sums over units with weight in the cells (tp, fn); shape (units, 2)."""
    products = dict.fromkeys(PAIRS, 0) | {
        (0, 0): int(cells[:, 0] @ cells[:, 0]),
        (0, 3): int(cells[:, 0] @ cells[:, 1]),
        (3, 3): int(cells[:, 1] @ cells[:, 1]),
    }
    pattern = np.bincount((cells[:, 0] > 0) * 1 + (cells[:, 1] > 0) * 8, minlength=PATTERNS)
    totals = (int(cells[:, 0].sum()), 0, 0, int(cells[:, 1].sum()), 0, 0)
    return Statistics(sums=CellSums(totals=totals, products=tuple(products.values()), clusters=tuple(map(int, pattern)) if clustered else None))


def _clustered(rng: np.random.Generator, rows: int) -> Group:
    """Five rows a person, with a correlation of .5 among them."""
    x = rng.binomial(5, rng.beta(0.4, 0.6, max(rows // 5, 1)))
    selected = int(x.sum())
    return ConfusionCounts(tp=selected, fn=5 * len(x) - selected), _summed(np.stack([x, 5 - x], axis=1), clustered=True)


def _weighted(rng: np.random.Generator, rows: int) -> Group:
    """Weights from one to ten."""
    weight, selected = rng.integers(1, 11, rows) * 1000, rng.random(rows) < 0.4
    return ConfusionCounts(tp=int(selected.sum()), fn=int((~selected).sum())), _summed(
        np.stack([weight * selected, weight * ~selected], axis=1), clustered=False
    )


def _plain(rng: np.random.Generator, rows: int, rate: float) -> Group:
    selected = int(rng.binomial(rows, rate))
    return ConfusionCounts(tp=selected, fn=rows - selected), Statistics()


def _strata(rng: np.random.Generator, rows: int) -> list[Group]:
    """Two groups in each of two strata, of which one selects far more often."""
    return [_plain(rng, rows, rate) for rate in (0.2, 0.2, 0.7, 0.7)]


def _lists(rng: np.random.Generator, queries: int) -> list[Group]:
    """Lists of ten rows in which two groups compete for three places."""
    of_b = rng.random((queries, 10)) < 0.4
    of_b[:, 0], of_b[:, 1] = True, False
    place = np.argsort(rng.random((queries, 10)), axis=1) + 1
    return [_placed(place, chosen) for chosen in (~of_b, of_b)]


def _placed(place: np.ndarray, chosen: np.ndarray) -> Group:
    n = chosen.sum(axis=1)
    x, e = ((value * chosen).sum(axis=1) for value in (place <= 3, 1 / np.log2(1 + place)))
    rows, rows_2 = int(n.sum()), int((n * n).sum())

    def sums(value: np.ndarray) -> tuple[int, int, int]:
        return int(float(value.sum()) * PLACE), int(float((value * value).sum()) * PLACE**2), int(float((value * n).sum()) * PLACE)

    queries = len(n)
    top, seen = sums(x), sums(e)
    ranks = RankSums(
        top_k=3, queries=queries, ordered=queries, rows=rows, rows_2=rows_2, contested=queries, contested_rows=rows, contested_rows_2=rows_2,
        top_1=top[0], top_2=top[1], top_rows=top[2], exposure_1=seen[0], exposure_2=seen[1], exposure_rows=seen[2],
    )  # fmt: skip
    return ConfusionCounts(answered=rows), Statistics(ranks=ranks)


def _both(draw: Callable[[np.random.Generator, int], Group]) -> Draw:
    return lambda rng, size: [draw(rng, size), draw(rng, size)]


STRATA = Comparison(strata=np.array([0, 0, 1, 1]))
WORLDS: dict[str, tuple[str, Draw, int, dict[str, float], Comparison]] = {
    "area": ("roc_auc_score_difference", _both(_scored), 150, {"max": 0.08}, ALL_PAIRS),
    "residual by group": ("mean_residual_group_max", _both(_calibrated), 320, {"max": 0.05}, ALL_PAIRS),
    "scoring rate": ("scoring_rate_ratio", _both(_scored), 150, {"min": 0.8}, ALL_PAIRS),
    "errors": ("mean_absolute_error_difference", _both(_erring), 320, {"max": 0.015}, ALL_PAIRS),
    "persons": ("demographic_parity_difference", _both(_clustered), 300, {"max": 0.1}, ALL_PAIRS),
    "weights": ("demographic_parity_ratio", _both(_weighted), 200, {"min": 0.8}, ALL_PAIRS),
    "strata": ("demographic_parity_difference", _strata, 100, {"max": 0.1}, STRATA),
    "first places": ("top_k_selection_rate_difference", _lists, 40, {"max": 0.1}, ALL_PAIRS),
    "exposure": ("exposure_ratio", _lists, 40, {"min": 0.9}, ALL_PAIRS),
}


def _few(groups: Sequence[Group], size: int, have: int) -> list[Group]:
    """A small table that shows what a large one does."""
    return [(resized_counts(counts, size=size, have=have), resized(statistics, size=size, have=have)) for counts, statistics in groups]


def _planned(question: Question) -> RowsNeeded:
    needed = rows_needed(question, answer(question))
    assert isinstance(needed, RowsNeeded), needed
    return needed


@pytest.mark.parametrize("world", WORLDS)
def test_as_many_as_planned_pass_about_as_often_as_stated(world: str) -> None:
    """Of 150 tables of the planned size, alike in all groups, 80 % are expected to pass; three standard errors and a few points are allowed."""
    metric, draw, pilot, bound, comparison = WORLDS[world]
    rng = np.random.default_rng(3)
    needed = _planned(_question(metric, _few(draw(rng, LARGE), pilot, LARGE), comparison=comparison, **bound))
    size = max(needed.if_equal.values())
    met = [answer(_question(metric, draw(rng, size), comparison=comparison, **bound)) for _ in range(TABLES)]
    share = float(np.mean([found is not None and found.met for found in met]))

    assert 0.68 <= share <= 0.95


@pytest.mark.parametrize("world", ["errors", "area", "persons"])
def test_a_wider_bound_needs_fewer_rows(world: str) -> None:
    """And half the gap more than none."""
    metric, draw, pilot, bound, comparison = WORLDS[world]
    few = _few(draw(np.random.default_rng(3), LARGE), pilot, LARGE)
    narrow, wide = (_planned(_question(metric, few, comparison=comparison, max=bound["max"] * times)) for times in (1, 1.5))

    assert max(wide.if_equal.values()) < max(narrow.if_equal.values()) < max((narrow.if_half or {}).values())


def test_a_gap_that_would_have_been_caught_is_caught_mostly() -> None:
    """Of tables with the smallest area that the rule claims to catch in one group, about 80 % are found to fail."""
    rng = np.random.default_rng(4)
    question = _question("roc_auc_score_difference", [_scored(rng, 700), _scored(rng, 700)], max=0.05)
    gap = detectable(question)
    assert gap is not None
    shown = [
        answer(_question("roc_auc_score_difference", [_scored(rng, 700, area=0.8 + gap / 2), _scored(rng, 700, area=0.8 - gap / 2)], max=0.05))
        for _ in range(TABLES)
    ]

    assert 0.68 <= np.mean([found is not None and found.broken for found in shown]) <= 0.95


def test_scores_in_one_bin_are_settled_by_no_number_of_rows() -> None:
    """What the bins hide stays hidden: no size is promised."""
    rng = np.random.default_rng(5)
    groups = []
    for _ in range(2):
        label = rng.random(200) < 0.5
        groups.append(_binned(rng.random(200) / BINS, label))
    question = _question("roc_auc_score_difference", groups, max=0.1)
    found = answer(question)

    assert found is not None
    assert not found.met
    assert "cannot be settled by a larger holdout" in str(rows_needed(question, found))
    assert detectable(question) is None


def test_a_plan_never_undercuts_what_limits_need() -> None:
    """However alike: a mean needs 300 rows, persons 30 a group, a ranking 30 queries, and what a pass needs is the judgement's own word."""
    rng = np.random.default_rng(6)
    of_errors = _planned(_question("mean_absolute_error_difference", _few([_erring(rng, LARGE), _erring(rng, LARGE)], 50, LARGE), max=0.9))
    of_persons = _planned(_question("demographic_parity_difference", _few([_clustered(rng, LARGE), _clustered(rng, LARGE)], 100, LARGE), max=0.9))
    of_queries = _planned(_question("top_k_selection_rate_difference", _few(_lists(rng, 2000), 10, 2000), max=0.9))

    assert [min(plan.if_equal.values()) for plan in (of_errors, of_persons, of_queries)] == [300, 150, 30]


def test_counts_of_the_same_size_are_the_same_counts() -> None:
    """Resizing to what there is changes nothing, and halving halves."""
    rng = np.random.default_rng(7)
    for counts, statistics in (_scored(rng, 400), _erring(rng, 400), _clustered(rng, 400), _lists(rng, 400)[0]):
        assert resized(statistics, size=400, have=400) == statistics
        assert resized_counts(counts, size=400, have=400) == counts
    _, scores = _scored(rng, 400)
    half = resized(scores, size=200, have=400).scores

    assert half is not None
    assert half.impossible is None
    assert abs(sum(half.rows) - 200) <= 1


def test_hundreds_of_groups_are_planned_for_by_a_few_sizes() -> None:
    """Limits of 250 groups of scores are computed for some sizes only, so that a check does not wait for them."""
    rng = np.random.default_rng(8)
    large = _scored(rng, 2000)
    sizes = rng.integers(40, 400, 250)
    groups = [(resized_counts(large[0], size=int(n), have=2000), resized(large[1], size=int(n), have=2000)) for n in sizes]
    question = _question("roc_auc_score_difference", groups, max=0.5)
    plan = Growing.of(question)
    plan.chance(plan.equal(0.0))

    assert len({size for _, size, _, _ in plan._known}) < 45
