"""The extreme pair is the one that a look at every pair would find."""

import numpy as np
import pytest

from gate.metrics.disparities import largest_lower, largest_upper
from gate.metrics.intervals import Limits, clopper_pearson, contrast_lower, contrast_upper


def _table(limits: Limits, *, scale: float, which: object) -> np.ndarray:
    """Every ordered pair's limit; the diagonal and undefined groups at −∞."""
    values = which(limits.scaled(scale).expanded(1), limits.expanded(0))  # type: ignore[operator]
    values[~(limits.defined[:, None] & limits.defined[None])] = -np.inf
    np.fill_diagonal(values, -np.inf)
    return values


@pytest.mark.parametrize("scale", [1.0, 0.8, 0.25])
@pytest.mark.parametrize("level", [0.05, 1e-6])
def test_the_extreme_pair_is_found_without_visiting_all(scale: float, level: float) -> None:
    """Branch and bound gives the same limit as all pairs, over 500 random tables with empty groups."""
    rng = np.random.default_rng(7)
    for _ in range(500):
        size = int(rng.integers(2, 30))
        trials = rng.integers(0, 500, size)
        limits = clopper_pearson(rng.binomial(trials, rng.uniform(0, 1, size)), trials, level=level)
        for search, which in ((largest_upper, contrast_upper), (largest_lower, contrast_lower)):
            found = search(limits, scale=scale)
            if int(limits.defined.sum()) < 2:
                assert found is None
                continue
            expected = _table(limits, scale=scale, which=which)

            assert found is not None
            assert found.limit == expected.max()
            assert expected[found.first, found.second] == expected.max()
