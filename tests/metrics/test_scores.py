"""Metrics of scores against scikit-learn, scipy and numpy; what bins hide; what is too little to prove anything."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstwobign, wasserstein_distance
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from gate.core.counts import Statistics
from gate.core.metric import Rate
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, ScoreCounts
from gate.metrics.score_reports import CALIBRATION_BINS, score_report
from gate.metrics.scores import blurred, folded, score_limits

Floats = NDArray[np.float64]


def counted(labels: NDArray[np.int64], scores: Floats) -> ScoreCounts:
    """What the counting query would sum, row by row."""
    away = np.where(labels == 1, 1 - scores, scores)
    cells = LABELS * np.minimum((scores * BINS).astype(np.int64), BINS - 1) + np.where(labels == 1, POSITIVE, NEGATIVE)
    errors, squares = np.round(away * UNIT).astype(np.int64), np.round(away**2 * UNIT).astype(np.int64)
    return ScoreCounts.of(zip(cells.tolist(), [1] * len(cells), errors.tolist(), squares.tolist(), strict=True))


def value(rate: Rate, *groups: ScoreCounts, whole: ScoreCounts | None = None) -> float:
    """The estimate of the first group."""
    return float(score_limits(rate, [Statistics(scores=group) for group in groups], level=0.05, whole=Statistics(scores=whole)).value[0])


def rows(seed: int, *, grid: bool = False, size: int = 4000) -> tuple[NDArray[np.int64], Floats]:
    """Labels with scores that say something about them; on the grid, every score is a multiple of 1/100."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(rng.uniform(0.5, 4), rng.uniform(0.5, 4), size)
    scores = np.round(scores, 2) if grid else scores
    return (rng.random(size) < scores**1.3).astype(np.int64), scores


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("grid", [False, True])
def test_values_are_those_of_scikit_learn(seed: int, *, grid: bool) -> None:
    """Area within 1e-5 (exact on a grid), means within 1e-11, log loss within 1e-3 away from 0 and 1."""
    labels, scores = rows(seed, grid=grid)
    counts = counted(labels, scores)
    clipped = np.clip(scores, 0.01, 0.99)

    assert value(Rate.ROC_AUC_SCORE, counts) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12 if grid else 1e-5)
    assert value(Rate.BRIER_SCORE_LOSS, counts) == pytest.approx(brier_score_loss(labels, scores), abs=1e-11)
    assert value(Rate.MEAN_RESIDUAL, counts) == pytest.approx(np.mean(labels - scores), abs=1e-11)
    assert value(Rate.POSITIVE_CLASS_MEAN_SCORE, counts) == pytest.approx(np.mean(scores[labels == 1]), abs=1e-11)
    assert value(Rate.NEGATIVE_CLASS_MEAN_SCORE, counts) == pytest.approx(np.mean(scores[labels == 0]), abs=1e-11)
    assert value(Rate.LOG_LOSS, counted(labels, clipped)) == pytest.approx(log_loss(labels, clipped), abs=1e-4)
    assert value(Rate.SCORING_RATE, counts, whole=counts) == pytest.approx(np.mean(scores > np.median(scores)), abs=1e-12 if grid else 2e-3)


@pytest.mark.parametrize("seed", range(5))
def test_reported_numbers_are_those_of_numpy_and_scipy(seed: int) -> None:
    """Calibration error and slope from exact sums; distances between distributions within the width of a bin."""
    labels, scores = rows(seed)
    part = scores[:500]
    report = score_report(counted(labels[:500], part), counted(labels, scores))
    bins = np.minimum((part * CALIBRATION_BINS).astype(int), CALIBRATION_BINS - 1)
    error = sum(abs(np.sum(labels[:500][bins == place] - part[bins == place])) for place in range(CALIBRATION_BINS)) / 500
    grid = np.linspace(0, 1, 100_001)
    apart = np.abs(np.searchsorted(np.sort(part), grid) / 500 - np.searchsorted(np.sort(scores), grid) / 4000)

    assert report["expected_calibration_error"] == pytest.approx(error, abs=1e-10)
    assert report["calibration_slope"] == pytest.approx(np.polyfit(part, labels[:500], 1)[0], abs=1e-8)
    assert report["score_ks"] == pytest.approx(np.max(apart), abs=5e-3)
    assert report["score_wasserstein"] == pytest.approx(wasserstein_distance(part, scores), abs=1 / BINS)


def test_reported_numbers_stand_beside_what_chance_gives() -> None:
    """Of calibrated scores the calibration error averages what is shown beside it; so does the distance of a random part."""
    rng = np.random.default_rng(3)
    reports = []
    for _ in range(150):
        scores = rng.beta(2, 2, 1000)
        labels = (rng.random(1000) < scores).astype(np.int64)
        reports.append(score_report(counted(labels[:200], scores[:200]), counted(labels, scores)))

    for shown, expected in (
        ("expected_calibration_error", "expected_calibration_error_if_calibrated"),
        ("score_ks", "score_ks_if_equal"),
        ("score_wasserstein", "score_wasserstein_if_equal"),
    ):
        means = [np.mean([report[name] for report in reports]) for name in (shown, expected)]
        assert means[0] == pytest.approx(means[1], rel=0.1)


def test_the_mean_of_kolmogorovs_distribution() -> None:
    """√(π/2)·ln 2, as scipy integrates it."""
    assert np.sqrt(np.pi / 2) * np.log(2) == pytest.approx(kstwobign.mean(), abs=1e-9)


def test_a_histogram_that_hides_the_order_proves_nothing() -> None:
    """Rare scores that all lie in one bin read as an area of one half: the limits are then the whole scale, not a proof of no gap."""
    scores = np.linspace(1e-6, 2e-4, 2000)
    labels = (scores > 1e-4).astype(np.int64)
    found = score_limits(Rate.ROC_AUC_SCORE, [Statistics(scores=counted(labels, scores))], level=0.05)

    assert (found.lower[0], found.upper[0]) == (0.0, 1.0)


def test_real_ties_are_no_hidden_order() -> None:
    """Scores of a grid are one to a bin, whatever number stands there and however often; two scores in one bin are told."""
    labels, scores = rows(1, grid=True)
    hidden = blurred(counted(np.array([0, 1, 0, 0]), np.array([0.50001, 0.50002, 0.7, 0.7])))

    assert not np.any(blurred(counted(labels, scores)))
    assert [int(place) for place in np.flatnonzero(hidden)] == [2048]


@pytest.mark.parametrize("rate", [Rate.MEAN_RESIDUAL, Rate.BRIER_SCORE_LOSS, Rate.LOG_LOSS, Rate.POSITIVE_CLASS_MEAN_SCORE, Rate.NEGATIVE_CLASS_MEAN_SCORE])
def test_a_mean_of_few_rows_has_the_whole_scale_as_interval(rate: Rate) -> None:
    """299 rows prove nothing; 2,000 do."""
    labels, scores = rows(2, size=299)
    few, many = (score_limits(rate, [Statistics(scores=counted(*rows(2, size=size)))], level=0.01) for size in (299, 2000))
    scale = {Rate.MEAN_RESIDUAL: (-1.0, 1.0), Rate.LOG_LOSS: (0.0, 13 * np.log(2))}.get(rate, (0.0, 1.0))

    assert len(labels) == len(scores)
    assert (few.lower[0], few.upper[0]) == pytest.approx(scale)
    assert scale[0] < many.lower[0] < many.value[0] < many.upper[0] < scale[1]


def test_no_scores_are_no_number() -> None:
    """Where no scores were counted, and where a class is empty, a rate is undefined; nothing becomes 0 or NaN."""
    nothing = score_limits(Rate.ROC_AUC_SCORE, [Statistics(), Statistics(scores=ScoreCounts())], level=0.05)
    one_class = score_limits(Rate.ROC_AUC_SCORE, [Statistics(scores=counted(np.ones(50, dtype=np.int64), np.linspace(0, 1, 50)))], level=0.05)
    for rate in (rate for rate in Rate if rate.value in {"mean_residual", "brier_score_loss", "scoring_rate", "log_loss"}):
        found = score_limits(rate, [Statistics()], level=0.05)

        assert not found.defined[0]
        assert np.isfinite([found.value[0], found.lower[0], found.upper[0]]).all()
    assert not np.any(nothing.defined)
    assert not np.any(one_class.defined)


def test_ties_at_the_median_leave_no_scoring_rate() -> None:
    """Where 80 % of all rows have the highest score, nobody is above the median: that is no rate of 0 for everybody."""
    scores = np.where(np.arange(1000) < 800, 0.9, 0.1)
    counts = counted((np.arange(1000) % 2).astype(np.int64), scores)
    found = score_limits(Rate.SCORING_RATE, [Statistics(scores=counts)], level=0.05, whole=Statistics(scores=counts))

    assert not found.defined[0]


def test_the_size_of_a_residual_covers_both_sides() -> None:
    """|m| is at most the larger of both limits' sizes, and at least what one side proves."""
    scores = np.full(2000, 0.75)
    labels = (np.arange(2000) % 2).astype(np.int64)
    found = score_limits(Rate.MEAN_RESIDUAL, [Statistics(scores=counted(labels, scores))], level=0.05)
    size = folded(found)

    assert found.value[0] == pytest.approx(-0.25)
    assert (size.value[0], size.lower[0], size.upper[0]) == (-found.value[0], -found.upper[0], -found.lower[0])


def test_a_perfect_order_is_no_proof_of_perfection() -> None:
    """30 positives above 30 negatives still allow what a share of 30 without an exception allows: a tenth misplaced."""
    scores = np.linspace(0, 1, 60)
    found = score_limits(Rate.ROC_AUC_SCORE, [Statistics(scores=counted((scores > 0.5).astype(np.int64), scores))], level=0.05)

    assert found.value[0] == 1.0
    assert found.lower[0] <= 0.05 ** (1 / 30)
