"""Random tables of scores: scikit-learn, Fairlearn, scipy and statsmodels are the oracle. Every score has a bin to itself, so nothing is approximated."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from random_tables import BATCH, FORMS, SEEDS, by_table, counted, framed, of_groups, swift
from scipy.stats import ks_2samp, linregress, wasserstein_distance
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from gate.core.counts import GroupCounts, Statistics
from gate.core.metric import Rate
from gate.core.model import Task
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, ScoreCounts
from gate.metrics.auc import auc_of
from gate.metrics.score_reports import score_report
from gate.metrics.scores import histogram, score_limits

pytestmark = [pytest.mark.statistics, pytest.mark.filterwarnings("ignore")]
_swift = pytest.fixture(autouse=True)(swift)


def _both(oracle: Callable[..., float]) -> Callable[..., float]:
    """The oracle where both labels occur; nothing where one does not."""
    return lambda y, s: float(oracle(y, s)) if 0 < np.sum(y) < len(y) else np.nan


ORACLE: Mapping[Rate, Callable[..., float]] = {
    Rate.ROC_AUC_SCORE: _both(roc_auc_score),
    Rate.MEAN_RESIDUAL: lambda y, s: float(np.mean(y - s)),
    Rate.BRIER_SCORE_LOSS: brier_score_loss,
    Rate.LOG_LOSS: lambda y, s: float(log_loss(y, s, labels=[0, 1])),
    Rate.POSITIVE_CLASS_MEAN_SCORE: _both(lambda y, s: np.mean(s[y == 1])),
    Rate.NEGATIVE_CLASS_MEAN_SCORE: _both(lambda y, s: np.mean(s[y == 0])),
}


def _rows(rng: np.random.Generator, size: int) -> Mapping[str, np.ndarray]:
    """Scores on a grid, fine or coarse, away from 0 and 1, and labels that they say something about."""
    step = int(rng.choice([1, 64, 256]))
    score = np.clip(np.round(rng.beta(*rng.uniform(0.5, 4, 2), size) * BINS / step) * step, step, BINS - step) / BINS
    return {"s": score, "y": (rng.random(size) < score ** rng.uniform(0.3, 3)).astype(np.int64)}


@pytest.fixture(scope="module", params=SEEDS)
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, dict[int, GroupCounts]]:
    """Random tables, and what the engine counts of them."""
    rows = framed(request.param, _rows)
    return rows, counted(tmp_path_factory.mktemp("scores"), rows, Task.BINARY_CLASSIFICATION, labels=(0, 1), scores=True)


def test_values_are_those_of_scikit_learn_and_fairlearn(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """By group and over groups, in every form that the catalogue has in turn, to 1e-12."""
    rows, groups = tables
    metrics = {rate.value: oracle for rate, oracle in ORACLE.items()}
    frame = MetricFrame(metrics=metrics, y_true=rows["y"], y_pred=rows["s"], sensitive_features=rows["group"], control_features=rows["table"])
    over = dict(zip(FORMS, (frame.difference(), frame.ratio(), frame.group_min(), frame.group_max()), strict=True))
    compared = 0
    for table, _, entries in by_table(rows, groups):
        theirs = frame.by_group.loc[table].iloc[: len(entries)]
        for rate in ORACLE:
            ours = score_limits(rate, [entry.statistics for entry in entries], level=0.05)
            expected = theirs[rate.value].to_numpy(dtype=float)
            known = np.isfinite(expected)
            assert np.abs(ours.value - expected)[known] == pytest.approx(0, abs=1e-12), rate
            if rate is Rate.ROC_AUC_SCORE:
                assert ours.defined.tolist() == known.tolist()
            form = FORMS[table % len(FORMS)]
            if known.all() and rate is not Rate.MEAN_RESIDUAL:
                found = of_groups(f"{rate.value}_{form}", entries)
                assert found is None or found == pytest.approx(over[form].loc[table, rate.value], abs=1e-12), (rate, form)
            compared += int(known.sum())

    assert compared > 8 * BATCH


def test_a_gap_of_residuals_keeps_its_sign(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """Fairlearn's difference of means of Y − S, to 1e-12: groups that err in opposite directions are far apart."""
    rows, groups = tables
    means = (rows["y"] - rows["s"]).groupby([rows["table"], rows["group"]]).mean()

    for table, _, entries in by_table(rows, groups):
        expected = np.ptp(means.loc[table].to_numpy())
        assert of_groups("mean_residual_difference", entries) == pytest.approx(expected, abs=1e-12)


def test_the_scoring_rate_counts_rows_above_the_median(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """Numpy's median of the whole table, to 1e-12; limits are statsmodels' to 1e-9; no rate where ties leave less than a quarter above."""
    compared = 0
    for _, parts, entries in by_table(*tables):
        scores = np.concatenate([part["s"].to_numpy() for part in parts])
        statistics = [entry.statistics for entry in entries]
        whole = sum(statistics[1:], start=statistics[0])
        ours = score_limits(Rate.SCORING_RATE, statistics, level=0.05, whole=whole)
        above = np.array([int(np.sum(part["s"].to_numpy() > np.median(scores))) for part in parts])
        sizes = np.array([len(part) for part in parts])
        assert ours.defined.tolist() == [bool(np.sum(above) >= len(scores) / 4)] * len(parts)
        if ours.defined.all():
            lower, upper = proportion_confint(above, sizes, alpha=0.1, method="beta")
            assert ours.value == pytest.approx(above / sizes, abs=1e-12)
            assert ours.lower == pytest.approx(lower, abs=1e-9)
            assert ours.upper == pytest.approx(upper, abs=1e-9)
            compared += 1

    assert compared > BATCH / 2


def test_reported_numbers_are_those_of_scipy(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """Kolmogorov–Smirnov and Wasserstein distance from all rows of the table to 1e-12, slope of labels on scores to 1e-9."""
    for table, parts, entries in by_table(*tables):
        if table % 5:
            continue
        statistics = [entry.statistics.scores for entry in entries if entry.statistics.scores is not None]
        whole = sum(statistics[1:], start=statistics[0])
        everybody = np.concatenate([part["s"].to_numpy() for part in parts])
        for part, scores in zip(parts, statistics, strict=True):
            report = score_report(scores, whole)
            s, y = part["s"].to_numpy(), part["y"].to_numpy()
            assert report["score_ks"] == pytest.approx(ks_2samp(s, everybody).statistic, abs=1e-12)
            assert report["score_wasserstein"] == pytest.approx(wasserstein_distance(s, everybody), abs=1e-12)
            if np.ptp(s) > 0:
                assert report["calibration_slope"] == pytest.approx(linregress(s, y).slope, abs=1e-9, rel=1e-9)


def test_the_variance_of_an_area_is_never_below_delongs(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """DeLong's variance of placements, pair by pair from the rows, to 1e-12; more only where the floor of docs/metrics.md holds."""
    equal = compared = 0
    for _, parts, entries in by_table(*tables):
        for part, entry in zip(parts, entries, strict=True):
            positive, negative = (part.loc[part["y"] == label, "s"].to_numpy() for label in (1, 0))
            if min(len(positive), len(negative)) < 2 or entry.statistics.scores is None:
                continue
            above = (positive[:, None] > negative[None, :]) + (positive[:, None] == negative[None, :]) / 2
            delong = sum(np.var(above.mean(axis=1 - axis), ddof=1) / above.shape[axis] for axis in (0, 1))
            ours = auc_of(histogram(entry.statistics.scores, POSITIVE), histogram(entry.statistics.scores, NEGATIVE)).variance
            assert ours >= delong - 1e-12
            equal, compared = equal + (abs(ours - delong) <= 1e-12), compared + 1

    assert 0 < equal < compared  # the floor is higher where errors are few


@pytest.mark.parametrize("seed", SEEDS)
def test_symmetric_means_have_the_limits_of_statsmodels(seed: int) -> None:
    """Where residuals lie evenly on both sides of 0 no skew is corrected: limits are Student's, to 1e-9."""
    rng = np.random.default_rng(seed)
    rows = 300
    half = rng.integers(BINS // 16, BINS, (BATCH, rows // 2)) / BINS
    away = np.concatenate([half, -half], axis=1)  # Y − S: positives first, as many negatives with the same distance
    statistics = [Statistics(scores=_residuals(row)) for row in away]
    for level in (0.05, 0.01):
        ours = score_limits(Rate.MEAN_RESIDUAL, statistics, level=level)
        lower, upper = DescrStatsW(away.T).tconfint_mean(alpha=2 * level)

        assert ours.lower == pytest.approx(lower, abs=1e-9)
        assert ours.upper == pytest.approx(upper, abs=1e-9)


def _residuals(away: np.ndarray) -> ScoreCounts:
    """Scores with these residuals: labels are positive above 0."""
    score, size = np.where(away > 0, 1 - away, -away), np.abs(away)
    cells = LABELS * np.minimum((score * BINS).astype(np.int64), BINS - 1) + np.where(away > 0, POSITIVE, NEGATIVE)
    errors, squares = np.round(size * UNIT).astype(np.int64), np.round(size**2 * UNIT).astype(np.int64)
    return ScoreCounts.of(zip(cells.tolist(), [1] * len(cells), errors.tolist(), squares.tolist(), strict=True))
