"""Limits of weighted sums of rare rows, by enumeration, and what they add to the comparison of two models."""

import math

import numpy as np
import pytest
from scipy.stats import chi2, poisson

from gate.core.metric import Rate
from gate.core.paired import Agreement, PairedCells
from gate.metrics.discordant import sum_limits
from gate.metrics.paired import drop

LEVELS = [0.05, 0.01, 0.001, 0.0001]


@pytest.mark.parametrize("level", LEVELS)
def test_one_kind_of_row_has_the_exact_limits_of_a_poisson_count(level: float) -> None:
    """Garwood's limits, times the weight."""
    found = sum_limits(np.array([[7]]), np.array([[0.5]]), level=level)

    assert found.value[0] == 3.5
    assert 3.5 - found.lower[0] >= 3.5 - 0.5 * chi2.ppf(level, 14) / 2 - 1e-12
    assert found.upper[0] - 3.5 >= 0.5 * chi2.isf(level, 16) / 2 - 3.5 - 1e-12


@pytest.mark.parametrize("level", LEVELS)
def test_rows_that_were_not_seen_are_not_ruled_out(level: float) -> None:
    """No row of a kind leaves room for −ln α of them, either way."""
    found = sum_limits(np.array([[0, 0]]), np.array([[0.2, -0.2]]), level=level)

    assert found.value[0] == 0
    assert found.upper[0] >= -0.2 * math.log(level) - 1e-12
    assert found.lower[0] <= 0.2 * math.log(level) + 1e-12


@pytest.mark.parametrize("level", LEVELS[:-1])
@pytest.mark.parametrize("weights", [(1.0, 1.0), (1.0, 0.3), (1.0, 0.1), (1.0, -1.0), (1.0, -0.3), (0.3, -1.0)])
def test_each_limit_errs_at_its_level_at_most(weights: tuple[float, float], level: float) -> None:
    """Exactly, over every pair of counts, for expected counts from a tenth of a row to forty. At .0001 it is up to 3.2 times."""
    counts = np.array([(i, j) for i in range(90) for j in range(90)])
    found = sum_limits(counts, np.broadcast_to(np.array(weights), counts.shape), level=level)
    for one in (0.1, 1.0, 4.0, 12.0, 40.0):
        for other in (0.1, 1.0, 4.0, 12.0, 40.0):
            true = one * weights[0] + other * weights[1]
            chance = poisson.pmf(counts[:, 0], one) * poisson.pmf(counts[:, 1], other)

            assert chance[found.upper < true - 1e-12].sum() <= level
            assert chance[found.lower > true + 1e-12].sum() <= level


@pytest.mark.parametrize("rate", [Rate.PRECISION, Rate.FALSE_DISCOVERY_RATE, Rate.FALSE_OMISSION_RATE, Rate.F1_SCORE])
def test_two_models_that_answer_alike_are_not_proven_alike(rate: Rate) -> None:
    """A thousand rows without a disagreement leave room for −ln α rows that only one model gets right: it never passes by absence."""
    same = PairedCells(positives=Agreement(both=300, neither=200), negatives=Agreement(both=100, neither=400))
    for level in LEVELS:
        limits = drop(rate, [same], level=level)

        assert limits.value[0] == pytest.approx(0)
        assert limits.upper[0] >= -math.log(level) * 0.2 / 1000


@pytest.mark.statistics
@pytest.mark.parametrize("level", [0.01, 0.001])
def test_few_disagreements_among_many_rows(level: float) -> None:
    """A rise of the false omission rate that rests on fifty of 5,000 rows errs at its level; its limits erred at 1.95 times .001 without the guard."""
    tables, rng = 20_000, np.random.default_rng(6)
    chances = (0.5 * 0.5804, 0.5 * 0.0196, 0.5 * 0.0004, 0.5 * 0.3996, 0.5 * 0.2996, 0.5 * 0.0004, 0.5 * 0.0196, 0.5 * 0.6804)
    names = ("both", "lost", "gained", "neither")
    drawn = rng.multinomial(5000, chances, size=tables).tolist()
    cells = [
        PairedCells(positives=Agreement(**dict(zip(names, row[:4], strict=True))), negatives=Agreement(**dict(zip(names, row[4:], strict=True))))
        for row in drawn
    ]
    champion = (chances[2] + chances[3], chances[6] + chances[7])
    candidate = (chances[1] + chances[3], chances[5] + chances[7])
    true = champion[0] / sum(champion) - candidate[0] / sum(candidate)
    found = drop(Rate.FALSE_OMISSION_RATE, cells, level=level)
    allowed = level + 3 * math.sqrt(level * (1 - level) / tables)

    assert np.mean(found.upper < true) <= allowed
    assert np.mean(found.lower > true) <= allowed
