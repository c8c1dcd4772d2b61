"""Evidence that may be looked at every day: its expectation under the claim is at most 1, exactly; and it sees what breaks it."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import rel_entr
from scipy.stats import binom

from gate.metrics.anytime import Claim, Watch, log_evalue, nearest, predicted

DIFFERENCE, RATIO, FLOOR = Claim((1.0, -1.0), 0.1), Claim((-1.0, 0.8), 0.0), Claim((-1.0,), -0.6)
CLAIMS = {"difference": DIFFERENCE, "ratio": RATIO, "floor": FLOOR}
SHAPES = {2: ((5, 4), (9, 2), (1, 1)), 1: ((7,), (1,))}


def _expected(claim: Claim, trials: tuple[int, ...], rates: np.ndarray, true: tuple[float, ...]) -> float:
    """The expectation of the batch's e-value, over every table that the batch can be."""
    found = np.array([*product(*(range(n + 1) for n in trials))], float)
    chance = np.prod([binom.pmf(found[:, i], n, p) for i, (n, p) in enumerate(zip(trials, true, strict=True))], axis=0)
    evalues = np.exp(log_evalue(claim, found, np.broadcast_to(np.array(trials, float), found.shape), np.broadcast_to(rates, found.shape)))
    return float(chance @ evalues)


def _on_the_bound(claim: Claim) -> list[tuple[float, ...]]:
    """Rates at the bound of the claim, where it is hardest to keep."""
    if len(claim.weights) == 1:
        return [(claim.bound / claim.weights[0],)]
    firsts = np.linspace(0.05, 0.95, 10)
    return [(p, (claim.bound - claim.weights[0] * p) / claim.weights[1]) for p in firsts if 0 <= (claim.bound - claim.weights[0] * p) / claim.weights[1] <= 1]


@pytest.mark.parametrize("kind", CLAIMS)
def test_under_the_claim_nobody_gains_on_average(kind: str) -> None:
    """Whatever is predicted, and wherever on the bound or inside of it the truth is, the expectation is at most 1, by enumeration."""
    claim = CLAIMS[kind]
    groups = len(claim.weights)
    inside = (0.5,) * groups if kind != "floor" else (0.7,)
    for trials, rates in product(SHAPES[groups], product((0.1, 0.5, 0.9), repeat=groups)):
        for true in (*_on_the_bound(claim), inside):
            assert _expected(claim, trials, np.array(rates), true) <= 1 + 1e-9


def test_some_predictions_gain_where_the_claim_is_broken() -> None:
    """Outside the claim a good prediction multiplies what is staked: the test can see at all."""
    assert _expected(DIFFERENCE, (9, 9), np.array([0.9, 0.3]), (0.9, 0.3)) > 2


@pytest.mark.parametrize(("rates", "trials"), [((0.9, 0.2), (100, 40)), ((0.999, 0.5), (3, 700)), ((0.5, 0.01), (20, 20))])
def test_the_nearest_rates_within_the_claim_are_found(rates: tuple[float, float], trials: tuple[int, int]) -> None:
    """The projection agrees with a general optimiser along the bound."""
    theta, n = np.array(rates), np.array(trials, float)

    def divergence(first: float) -> float:
        null = np.array([first, first - 0.1])
        return float(np.sum(n * (rel_entr(theta, null) + rel_entr(1 - theta, 1 - null))))

    best = minimize_scalar(divergence, bounds=(0.1 + 1e-9, 1 - 1e-9), method="bounded", options={"xatol": 1e-12})
    found = nearest(DIFFERENCE, theta, n)

    assert found[0] - found[1] == pytest.approx(0.1)
    assert divergence(float(found[0])) <= best.fun + 1e-9


def test_what_is_predicted_within_the_claim_bets_nothing() -> None:
    """Nothing is staked while all seems well, nor where a group has no rows."""
    assert float(log_evalue(DIFFERENCE, np.array([9.0, 1.0]), np.array([10.0, 10.0]), np.array([0.5, 0.45]))) == 0.0
    assert float(log_evalue(DIFFERENCE, np.array([9.0, 0.0]), np.array([10.0, 0.0]), np.array([0.9, 0.2]))) == 0.0


def test_before_anything_is_seen_there_is_no_evidence() -> None:
    """The weights of all products sum to 1; a first batch, of which nothing was known before, changes nothing."""
    watch = Watch(claim=DIFFERENCE)

    assert watch.log_evidence == pytest.approx(0.0)
    assert watch.after(np.array([90.0, 10.0]), np.array([100.0, 100.0])).log_evidence == pytest.approx(0.0)


def test_a_batch_is_judged_by_what_was_known_before_it() -> None:
    """The gain of a batch follows from earlier batches alone."""
    first, second = (np.array([60.0, 20.0]), np.array([100.0, 40.0])), (np.array([70.0, 10.0]), np.array([100.0, 40.0]))
    one = Watch(claim=DIFFERENCE).after(*first)
    two = one.after(*second)

    assert two.logs[0] == pytest.approx(log_evalue(DIFFERENCE, *second, predicted(*first)))


def _watched(seed: int, gaps: list[float], *, runs: int) -> np.ndarray:
    """Per run the first day of an alarm at 5 %, or -1; 100 and 40 rows a day, and a base rate that drifts."""
    rng, watch, first = np.random.default_rng(seed), Watch(claim=DIFFERENCE), np.full(runs, -1)
    trials = np.broadcast_to(np.array([100.0, 40.0]), (runs, 2))
    for day, gap in enumerate(gaps):
        base = 0.4 + 0.05 * math.sin(day / 30)
        watch = watch.after(np.stack([rng.binomial(100, base + gap, runs), rng.binomial(40, base, runs)], axis=-1).astype(float), trials)
        first = np.where((first < 0) & watch.alarms(alpha=0.05), day, first)
    return first


def test_a_gap_at_the_bound_alarms_seldom_and_one_far_beyond_it_soon() -> None:
    """At the bound for 200 days at most 5 % (and three standard errors) of 200 runs alarm; a gap of .30 is seen within a month."""
    at_the_bound = _watched(0, [0.1] * 200, runs=200)
    seen = _watched(1000, [0.03] * 60 + [0.3] * 30, runs=50)

    assert np.mean(at_the_bound >= 0) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 200)
    assert np.all((seen >= 60) & (seen < 90))


def test_many_claims_at_once_are_each_what_they_are_alone() -> None:
    """Claims do not see one another: a stack of them gives the evidence of each."""
    rng = np.random.default_rng(5)
    days = [(rng.binomial(30, 0.5, (4, 2)).astype(float), np.full((4, 2), 30.0)) for _ in range(20)]
    together, alone = Watch(claim=RATIO), [Watch(claim=RATIO) for _ in range(4)]
    for successes, trials in days:
        together = together.after(successes, trials)
        alone = [watch.after(successes[i], trials[i]) for i, watch in enumerate(alone)]

    assert together.log_evidence == pytest.approx([float(watch.log_evidence) for watch in alone])
    assert together.logs.shape == (4, 3)


def test_more_claims_need_more_evidence() -> None:
    """What alarms where one claim is watched need not where many are."""
    watch = Watch(claim=DIFFERENCE)
    for _ in range(8):
        watch = watch.after(np.array([28.0, 15.0]), np.array([40.0, 40.0]))

    assert bool(watch.alarms(alpha=0.05))
    assert not bool(watch.alarms(alpha=0.05, claims=10**6))
