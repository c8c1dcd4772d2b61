"""Random tables of a regression: scikit-learn, Fairlearn, scipy and statsmodels are the oracle."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from random_tables import BATCH, FORMS, SEEDS, by_table, counted, framed, of_groups, swift
from scipy.optimize import brentq
from scipy.stats import skew
from scipy.stats import t as student
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from statsmodels.stats.weightstats import DescrStatsW

from gate.core.counts import GroupCounts
from gate.core.metric import Rate
from gate.core.model import Task
from gate.core.moments import FRACTION_BITS, Moments, MomentScale
from gate.metrics.errors import means

pytestmark = [pytest.mark.statistics, pytest.mark.filterwarnings("ignore")]
_swift = pytest.fixture(autouse=True)(swift)

ORACLE: Mapping[Rate, Callable[..., float]] = {
    Rate.MEAN_ABSOLUTE_ERROR: mean_absolute_error,
    Rate.MEAN_SQUARED_ERROR: mean_squared_error,
    Rate.MEAN_RESIDUAL: lambda y, p: float(np.mean(y - p)),
    Rate.R2_SCORE: lambda y, p: float(r2_score(y, p)) if np.ptp(y) > 0 else np.nan,
}
SCALE = MomentScale(residual=0, label=0, prediction=0, label_centre=0.0, prediction_centre=0.0)


def _rows(rng: np.random.Generator, size: int) -> Mapping[str, np.ndarray]:
    """Labels and predictions with errors of any size between a thousandth and the labels' own spread."""
    label = rng.normal(rng.uniform(-1, 1), 1, size)
    return {"y": label, "p": label + rng.normal(rng.uniform(-0.5, 0.5), 10 ** rng.uniform(-3, 0), size)}


@pytest.fixture(scope="module", params=SEEDS)
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, dict[int, GroupCounts]]:
    """Random tables, and what the engine counts of them."""
    rows = framed(request.param, _rows)
    return rows, counted(tmp_path_factory.mktemp("errors"), rows, Task.REGRESSION)


def test_values_are_those_of_scikit_learn_and_fairlearn(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """By group and over groups, in every form that the catalogue has in turn, to 1e-12; R² less where labels hardly vary about a mean far from the centre."""
    rows, groups = tables
    metrics = {rate.value: oracle for rate, oracle in ORACLE.items()}
    frame = MetricFrame(metrics=metrics, y_true=rows["y"], y_pred=rows["p"], sensitive_features=rows["group"], control_features=rows["table"])
    over = dict(zip(FORMS, (frame.difference(), frame.ratio(), frame.group_min(), frame.group_max()), strict=True))
    centre = (rows["y"].max() + rows["y"].min()) / 2
    for table, parts, entries in by_table(rows, groups):
        theirs = frame.by_group.loc[table].iloc[: len(entries)]
        lost = max([1e-12, *(2e-16 * (part["y"].mean() - centre) ** 2 / part["y"].var(ddof=0) for part in parts if len(part) > 1)])
        for rate in ORACLE:
            ours = means(rate, [entry.statistics.moments for entry in entries], level=0.05)
            expected = theirs[rate.value].to_numpy(dtype=float)
            known = np.isfinite(expected)
            assert ours.defined.tolist() == known.tolist()
            exact = lost if rate is Rate.R2_SCORE else 1e-12
            assert ours.value[known] == pytest.approx(expected[known], rel=exact, abs=exact), rate
            there = {Rate.MEAN_RESIDUAL: ("difference",), Rate.R2_SCORE: ("difference", "group_min")}.get(rate, FORMS)
            form = there[table % len(there)]
            if known.all():
                assert of_groups(f"{rate.value}_{form}", entries) == pytest.approx(over[form].loc[table, rate.value], rel=exact, abs=exact), (rate, form)


def _moments(errors: np.ndarray) -> Moments:
    """The moments of errors in [−1, 1] that are multiples of 1/512, so that every sum is exact."""

    def total(power: int, *, absolute: bool = False) -> int:
        whole = np.round((abs(errors) if absolute else errors) * 512).astype(np.int64) ** power
        return int(np.sum(whole)) << (FRACTION_BITS - 9 * power)

    sums = {"residual_1": total(1), "residual_2": total(2), "residual_3": total(3), "residual_4": total(4), "residual_6": total(6)}
    return Moments(scale=SCALE, labelled=len(errors), absolute_1=total(1, absolute=True), absolute_3=total(3, absolute=True), **sums)


@pytest.mark.parametrize("seed", SEEDS)
def test_symmetric_errors_have_the_limits_of_statsmodels(seed: int) -> None:
    """Where errors lie evenly on both sides of 0 no skew is corrected: limits of their mean are Student's, to 1e-9."""
    half = np.random.default_rng(seed).integers(0, 512, (BATCH, 150)) / 512
    errors = np.concatenate([half, -half], axis=1)
    for level in (0.05, 0.01):
        ours = means(Rate.MEAN_RESIDUAL, [_moments(row) for row in errors], level=level)
        lower, upper = DescrStatsW(-errors.T).tconfint_mean(alpha=2 * level)

        assert ours.lower == pytest.approx(lower, abs=1e-9)
        assert ours.upper == pytest.approx(upper, abs=1e-9)


def _expected(values: np.ndarray, level: float) -> tuple[float, float]:
    """The wider of Student's limits and those of Hall's transformation t + at²/3 + a²t³/27 + a/6, inverted by searching for its root."""
    n, error = len(values), np.std(values, ddof=1) / np.sqrt(len(values))
    a = skew(values) * ((n - 1) / n) ** 1.5 / np.sqrt(n)
    quantile = student.ppf(1 - level, n - 1)

    def root(of: float) -> float:
        return float(brentq(lambda t: t + a * t * t / 3 + a * a * t**3 / 27 + a / 6 - of, -50, 50, xtol=1e-14))

    mean = float(np.mean(values))
    return mean - error * max(quantile, root(quantile)), mean + error * max(quantile, -root(-quantile))


@pytest.mark.parametrize("seed", SEEDS)
def test_skewed_errors_have_the_limits_of_halls_transformation(seed: int) -> None:
    """Limits of mean absolute and squared errors are the formula's, from scipy's quantile and skewness, to 1e-9."""
    rng = np.random.default_rng(seed)
    for _ in range(BATCH):
        errors = np.clip(np.round(rng.exponential(rng.uniform(0.05, 0.3), 300) * rng.choice([-1, 1], 300) * 512), -512, 512) / 512
        moments = _moments(errors)
        for rate, values in ((Rate.MEAN_ABSOLUTE_ERROR, abs(errors)), (Rate.MEAN_SQUARED_ERROR, errors**2)):
            ours = means(rate, [moments], level=0.05)
            lower, upper = _expected(values, 0.05)

            assert ours.lower[0] == pytest.approx(lower, abs=1e-9)
            assert ours.upper[0] == pytest.approx(upper, abs=1e-9)
