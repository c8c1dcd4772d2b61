"""Intervals against statsmodels, and against exact enumeration of what they promise."""

import numpy as np
import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

from gate.metrics.intervals import Limits, clopper_pearson, contrast_lower, contrast_upper, ratio_lower, ratio_upper


def _all_counts(trials: int, level: float) -> Limits:
    """Limits for every possible count of `trials`."""
    return clopper_pearson(np.arange(trials + 1), np.full(trials + 1, trials), level=level)


@pytest.mark.parametrize("level", [0.05, 0.01, 0.0001])
def test_a_rate_has_the_limits_that_statsmodels_gives(level: float) -> None:
    """Clopper–Pearson limits equal statsmodels' to 1e-9 at every count of every small size."""
    for trials in (1, 2, 7, 30, 365):
        ours = _all_counts(trials, level)
        lower, upper = proportion_confint(np.arange(trials + 1), trials, alpha=2 * level, method="beta")

        assert np.allclose(ours.lower, lower, atol=1e-9, rtol=0)
        assert np.allclose(ours.upper, upper, atol=1e-9, rtol=0)


def test_no_trials_means_undefined() -> None:
    """A rate without trials is marked undefined, whatever stands in the arrays."""
    limits = clopper_pearson(np.array([0, 3]), np.array([0, 9]), level=0.05)

    assert limits.defined.tolist() == [False, True]


def _worst(first: int, second: int, bound: float, *, scale: float, level: float) -> tuple[float, float]:
    """The largest exact probability, over true rates on the boundary scale·p₁ − p₂ = bound, of a false pass and of a false fail."""
    one, two = _all_counts(first, level).scaled(scale).expanded(1), _all_counts(second, level).expanded(0)
    passes = (contrast_upper(one, two) <= bound).astype(float)
    fails = (contrast_lower(one, two) > bound).astype(float)
    p2 = np.concatenate([np.linspace(0, 0.1, 41), np.linspace(0.11, 0.89, 40), np.linspace(0.9, 1, 41)])
    p1 = (p2 + bound) / scale
    p1, p2 = p1[p1 <= 1], p2[p1 <= 1]
    weight_1 = binom.pmf(np.arange(first + 1), first, p1[:, None])
    weight_2 = binom.pmf(np.arange(second + 1), second, p2[:, None])
    return tuple(float(np.einsum("ij,ij->i", weight_1 @ wrong, weight_2).max()) for wrong in (passes, fails))  # type: ignore[return-value]


@pytest.mark.parametrize("level", [0.05, 0.025, 0.0001])
@pytest.mark.parametrize(("first", "second"), [(30, 30), (30, 1000), (1000, 30), (100, 300)])
@pytest.mark.parametrize(("bound", "scale"), [(0.02, 1), (0.1, 1), (0.2, 1), (0.5, 1), (0, 0.8)])
def test_a_contrast_errs_at_most_at_its_level(level: float, first: int, second: int, bound: float, scale: float) -> None:
    """By exact enumeration over true rates from 0 to 1, neither a false pass nor a false fail is likelier than the level."""
    false_pass, false_fail = _worst(first, second, bound, scale=scale, level=level)

    assert false_pass <= level
    assert false_fail <= level


def test_plain_mover_would_not_do() -> None:
    """Without the guard the upper limit errs at several times its level: the reason why the guard exists."""
    one, two = _all_counts(30, 0.00125), _all_counts(1000, 0.00125)
    plain = one.value[:, None] - two.value + np.hypot((one.upper - one.value)[:, None], two.value - two.lower)
    weight = np.outer(binom.pmf(np.arange(31), 30, 0.99), binom.pmf(np.arange(1001), 1000, 0.89))

    assert weight[plain <= 0.1].sum() > 4 * 0.00125


def test_the_limits_of_a_ratio_say_what_the_contrast_says() -> None:
    """φ is below the lower limit of a ratio exactly when the contrast at φ proves it, and above the upper one likewise."""
    rng = np.random.default_rng(20261122)
    for _ in range(2000):
        n = rng.integers(5, 400, 2)
        x = rng.integers(0, n + 1)
        both = clopper_pearson(x, n, level=0.05)
        numerator, denominator = both.take(np.array(0)), both.take(np.array(1))
        low, high = ratio_lower(numerator, denominator), ratio_upper(numerator, denominator)
        phi = float(rng.uniform(0.05, 1.5))
        if low is not None and abs(phi - low) > 1e-9:
            proven = float(contrast_upper(denominator.scaled(phi), numerator)) <= 0
            assert proven == (phi < low), (x, n, phi, low)
        disproven = float(contrast_lower(denominator.scaled(phi), numerator)) > 0

        assert disproven == (high is not None and phi > high), (x, n, phi, high)
