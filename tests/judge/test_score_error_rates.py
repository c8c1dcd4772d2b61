"""Metrics of scores, by simulation: how often a violation passes, and how often a model at the bound is reported as failing.

Seeds are fixed; a rate may exceed its level by three standard errors of the simulation.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from gate.core.scores import BINS
from gate.metrics.auc import Auc, auc_limits, auc_of
from gate.metrics.intervals import contrast_lower, contrast_upper
from gate.metrics.means import Means, mean_limits

pytestmark = pytest.mark.statistics

TABLES = 1000
PASS, FAIL = 0.05, 0.01
Draw = Callable[[np.random.Generator, int, int, float], tuple[NDArray[np.float64], NDArray[np.float64]]]


def _at_most(rate: float, level: float) -> bool:
    return rate <= level + 3 * math.sqrt(level * (1 - level) / TABLES)


def _binormal(rng: np.random.Generator, positives: int, negatives: int, area: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return norm.cdf(rng.normal(math.sqrt(2) * norm.ppf(area), 1, positives)), norm.cdf(rng.normal(0, 1, negatives))


def _far_off(rng: np.random.Generator, positives: int, negatives: int, area: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A few positives below all negatives, the others above: all that is wrong lies in few rows."""
    missed = rng.random(positives) > area
    return np.where(missed, 0.1 * rng.random(positives), 0.8 + 0.2 * rng.random(positives)), 0.4 + 0.2 * rng.random(negatives)


def _areas(draw: Draw, sizes: tuple[int, int], area: float, *, seed: int) -> list[Auc]:
    rng = np.random.default_rng(seed)
    bins = ([np.bincount(np.minimum((scores * BINS).astype(int), BINS - 1), minlength=BINS) for scores in draw(rng, *sizes, area)] for _ in range(TABLES))
    return [auc_of(positives, negatives) for positives, negatives in bins]


@pytest.mark.parametrize("draw", [_binormal, _far_off])
@pytest.mark.parametrize(("high", "low"), [(0.75, 0.65), (0.95, 0.85), (0.995, 0.895)])
@pytest.mark.parametrize("sizes", [((30, 30), (300, 500)), ((200, 200), (200, 200))])
def test_an_area_gap_at_the_bound(draw: Draw, high: float, low: float, sizes: tuple[tuple[int, int], tuple[int, int]]) -> None:
    """A gap of exactly the bound passes in at most 5 % of tables and is reported as failing in at most 1 %, small groups on either side."""
    for better, worse in (sizes, sizes[::-1]):
        first, second = _areas(draw, better, high, seed=1), _areas(draw, worse, low, seed=2)
        upper = contrast_upper(auc_limits(first, level=PASS), auc_limits(second, level=PASS))
        lower = contrast_lower(auc_limits(first, level=FAIL), auc_limits(second, level=FAIL))

        assert _at_most(float(np.mean(upper <= high - low)), PASS)
        assert _at_most(float(np.mean(lower > high - low)), FAIL)


@pytest.mark.parametrize("area", [0.6, 0.9, 0.995])
@pytest.mark.parametrize("sizes", [(30, 30), (30, 300), (200, 200)])
def test_an_area_at_the_bound(area: float, sizes: tuple[int, int]) -> None:
    """A floor or ceiling at the true area is proven met or broken at its level at most, also where few rows are far off."""
    for draw in (_binormal, _far_off):
        found = _areas(draw, sizes, area, seed=3)
        for level in (PASS, FAIL):
            limits = auc_limits(found, level=level)

            assert _at_most(float(np.mean(limits.lower > area + 1e-9)), level)
            assert _at_most(float(np.mean(limits.upper < area - 1e-9)), level)


@pytest.mark.parametrize("shape", [(0.5, 0.5), (2.0, 5.0), (0.1, 9.9)])
def test_a_mean_at_the_bound(shape: tuple[float, float]) -> None:
    """Residuals and squared errors of calibrated scores, common and rare: each limit errs at its level at most."""
    rng = np.random.default_rng(4)
    scores = rng.beta(*shape, (TABLES, 300))
    residual = (rng.random(scores.shape) < scores) - scores
    a, b = shape
    truth = a * b / ((a + b) * (a + b + 1))  # E[S(1 − S)]
    for values, true, low in ((residual, 0.0, -1.0), (residual**2, truth, 0.0)):
        mean, variance = values.mean(axis=1), values.var(axis=1, ddof=1)
        third = np.mean((values - mean[:, None]) ** 3, axis=1)
        means = Means(count=np.full(TABLES, 300), mean=mean, variance=variance, skewness=third / variance**1.5, low=low, high=1.0)
        for level in (PASS, FAIL):
            limits = mean_limits(means, level=level)

            assert _at_most(float(np.mean(limits.lower > true)), level)
            assert _at_most(float(np.mean(limits.upper < true)), level)
