"""False passes of weighted and clustered rows, by simulation at the boundary; seeds are fixed."""

import math

import numpy as np
import pytest

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.decision import Levels
from gate.core.policy import MinGroup, Threshold
from gate.core.sums import PAIRS, PATTERNS, CellSums
from gate.judge.questions import Question, answer
from gate.metrics.catalogue import by_name
from gate.metrics.rates import Cells

pytestmark = pytest.mark.statistics

TABLES = 600
PASS = 0.05


def _sums(cells: np.ndarray, *, clustered: bool) -> Statistics:
    """The sums over units with weight in the cells (tp, fn); shape (units, 2)."""
    places = (0, 3)
    products = {(places[i], places[j]): int(cells[:, i] @ cells[:, j]) for i, j in ((0, 0), (0, 1), (1, 1))}
    pattern = np.bincount((cells[:, 0] > 0) * 1 + (cells[:, 1] > 0) * 8, minlength=PATTERNS) if clustered else None
    totals = [0] * 6
    totals[0], totals[3] = (int(n) for n in cells.sum(axis=0))
    clusters = None if pattern is None else tuple(int(n) for n in pattern)
    return Statistics(sums=CellSums(totals=tuple(totals), products=tuple(products.get(pair, 0) for pair in PAIRS), clusters=clusters))


def _met(groups: list[tuple[int, int, Statistics]], *, plain: bool = False) -> bool:
    metric = by_name("demographic_parity_difference")
    assert metric is not None
    question = Question(
        metric=metric,
        threshold=Threshold(max=0.1),
        groups=("a", "b"),
        cells=Cells.of([ConfusionCounts(tp=selected, fn=rest) for selected, rest, _ in groups]),
        min_group=MinGroup(rows=1, positives=1, negatives=1),
        levels=Levels(passing=PASS, failing=0.005),
        statistics=() if plain else tuple(statistics for *_, statistics in groups),
    )
    found = answer(question)
    return found is not None and found.met


def _at_most(rate: float, level: float) -> bool:
    return rate <= level + 3 * math.sqrt(level * (1 - level) / TABLES)


def test_five_rows_a_person_pass_no_more_often_than_promised() -> None:
    """At a correlation of .5 within persons, a gap at the threshold passes in at most 5 % with clusters, and in over 10 % without."""
    rng = np.random.default_rng(1)
    met = []
    for _ in range(TABLES):
        groups = []
        for p in (0.4, 0.5):
            chance = rng.beta(p, 1 - p, 200)  # correlation 1 / (1 + a + b) = .5
            x = rng.binomial(5, chance)
            groups.append((int(x.sum()), int(1000 - x.sum()), _sums(np.stack([x, 5 - x], axis=1), clustered=True)))
        met.append((_met(groups), _met(groups, plain=True)))
    clustered, plain = np.mean(met, axis=0)

    assert _at_most(float(clustered), PASS)
    assert plain > 0.1


def test_heavy_weights_with_another_rate_pass_hardly_more_often_than_promised() -> None:
    """Where one row in ten weighs ten times as much and has another rate, a gap at the threshold passes in at most .06 plus three standard errors."""
    rng = np.random.default_rng(2)
    met = []
    for _ in range(TABLES):
        groups = []
        for shift in (0.0, 0.1):
            weight = np.where(rng.random(800) < 0.1, 10, 1)
            x = rng.random(800) < np.where(weight == 10, 0.5, 0.1) + shift
            cells = np.stack([weight * x, weight * ~x], axis=1)
            groups.append((int(x.sum()), int((~x).sum()), _sums(cells, clustered=False)))
        met.append(_met(groups))

    assert _at_most(float(np.mean(met)), 0.06)
