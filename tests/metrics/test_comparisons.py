"""Which pairs of groups are compared, and that the search among them finds what a look at every pair would find."""

import numpy as np
import pytest

from gate.core.metric import Rate
from gate.metrics.comparisons import ALL_PAIRS, Comparison, Worse, worse
from gate.metrics.disparities import largest_lower, largest_upper
from gate.metrics.intervals import clopper_pearson, contrast_lower, contrast_upper


def _mask(size: int, *members: int) -> np.ndarray:
    return np.isin(np.arange(size), members)


def _pairs(comparison: Comparison, rate: Rate, groups: int) -> set[tuple[int, int]]:
    pairings = comparison.pairings(rate, groups)
    return {(i, j) for p in pairings for i in np.flatnonzero(p.first) for j in np.flatnonzero(p.second) if i != j}


REFERENCE, PROTECTED = Comparison(reference=_mask(4, 0)), Comparison(protected=_mask(4, 2, 3))
BOTH = Comparison(reference=_mask(4, 0), protected=_mask(4, 2, 3))


@pytest.mark.parametrize(
    ("comparison", "rate", "expected"),
    [
        (ALL_PAIRS, Rate.SELECTION_RATE, {(i, j) for i in range(4) for j in range(4) if i != j}),
        (REFERENCE, Rate.SELECTION_RATE, {(0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (3, 0)}),
        (PROTECTED, Rate.TRUE_POSITIVE_RATE, {(0, 2), (0, 3), (1, 2), (1, 3)}),
        (PROTECTED, Rate.FALSE_NEGATIVE_RATE, {(2, 0), (3, 0), (2, 1), (3, 1)}),
        (PROTECTED, Rate.FALSE_POSITIVE_RATE, {(0, 2), (0, 3), (1, 2), (1, 3), (2, 0), (3, 0), (2, 1), (3, 1)}),
        (BOTH, Rate.SELECTION_RATE, {(0, 2), (0, 3)}),
        (BOTH, Rate.FALSE_OMISSION_RATE, {(2, 0), (3, 0)}),
        (BOTH, Rate.PRECISION, {(0, 2), (0, 3), (2, 0), (3, 0)}),
    ],
)
def test_the_pairs_are_those_of_the_declaration(comparison: Comparison, rate: Rate, expected: set[tuple[int, int]]) -> None:
    """First the group that may not be too far above the second: the advantaged one where low is bad, the protected one where high is."""
    assert _pairs(comparison, rate, 4) == expected
    assert sum(pairing.pairs for pairing in comparison.pairings(rate, 4)) == len(expected)


def test_what_is_arguable_is_judged_both_ways() -> None:
    """A rate is judged one way only where everybody agrees which way is bad."""
    one_way = {rate: worse(rate) for rate in Rate if worse(rate) is not Worse.EITHER}

    assert one_way == {
        Rate.SELECTION_RATE: Worse.LOWER,
        Rate.TRUE_POSITIVE_RATE: Worse.LOWER,
        Rate.FALSE_NEGATIVE_RATE: Worse.HIGHER,
        Rate.FALSE_OMISSION_RATE: Worse.HIGHER,
        Rate.ACCURACY: Worse.LOWER,
        Rate.BALANCED_ACCURACY: Worse.LOWER,
        Rate.F1_SCORE: Worse.LOWER,
        Rate.TOP_K_SELECTION_RATE: Worse.LOWER,
        Rate.EXPOSURE: Worse.LOWER,
        Rate.NDCG: Worse.LOWER,
    }


@pytest.mark.parametrize("scale", [1.0, 0.8])
def test_the_extreme_pair_is_found_among_those_that_are_compared(scale: float) -> None:
    """Branch and bound gives the limit of a look at every declared pair, over 300 random tables and declarations."""
    rng = np.random.default_rng(11)
    for _ in range(300):
        size = int(rng.integers(2, 20))
        trials = rng.integers(0, 400, size)
        limits = clopper_pearson(rng.binomial(trials, rng.uniform(0, 1, size)), trials, level=0.02)
        protected = rng.random(size) < 0.5
        chosen = int(rng.integers(0, size))
        protected[chosen] = False
        reference = _mask(size, chosen)
        for comparison in (Comparison(reference=reference), Comparison(protected=protected), Comparison(reference=reference, protected=protected)):
            for rate in (Rate.SELECTION_RATE, Rate.FALSE_NEGATIVE_RATE, Rate.FALSE_POSITIVE_RATE):
                pairs = [(i, j) for i, j in _pairs(comparison, rate, size) if limits.defined[i] and limits.defined[j]]
                for search, which in ((largest_upper, contrast_upper), (largest_lower, contrast_lower)):
                    every = which(limits.scaled(scale).expanded(1), limits.expanded(0))
                    found = search(limits, scale=scale, pairings=comparison.pairings(rate, size))

                    assert (found is None) == (not pairs)
                    if found is not None:
                        assert found.limit == max(every[i, j] for i, j in pairs)
                        assert (found.first, found.second) in pairs
