"""Fairlearn and scikit-learn are the oracle: on 5,000 random tables, every number that both define is the same."""

import os
from collections.abc import Callable, Iterator

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, precision_score

from gate.core.counts import ConfusionCounts
from gate.core.decision import Levels
from gate.core.metric import Form, Rate
from gate.core.policy import MinGroup, Threshold
from gate.judge.questions import Question, answer
from gate.metrics.catalogue import by_name
from gate.metrics.rates import Cells, limits

pytestmark = [pytest.mark.statistics, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def _swift() -> Iterator[None]:
    """Without scikit-learn's checks of its arguments, which take most of the time here."""
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        yield


TABLES, BATCH = 5000, 250
EVERY = os.environ.get("GATE_ORACLE") == "all"
ORACLE: dict[Rate, Callable[..., float]] = {
    Rate.SELECTION_RATE: fl.selection_rate,
    Rate.TRUE_POSITIVE_RATE: fl.true_positive_rate,
    Rate.FALSE_POSITIVE_RATE: fl.false_positive_rate,
    Rate.TRUE_NEGATIVE_RATE: fl.true_negative_rate,
    Rate.FALSE_NEGATIVE_RATE: fl.false_negative_rate,
    Rate.ACCURACY: accuracy_score,
}
SLOW_ORACLE: dict[Rate, Callable[..., float]] = {Rate.BALANCED_ACCURACY: balanced_accuracy_score, Rate.PRECISION: precision_score, Rate.F1_SCORE: f1_score}
NAMES = {"demographic_parity": Rate.SELECTION_RATE, "equal_opportunity": Rate.TRUE_POSITIVE_RATE}


def _rows(seed: int) -> pd.DataFrame:
    """Rows of `BATCH` random tables: table, group, label, prediction; sizes and rates differ from group to group."""
    rng = np.random.default_rng(seed)
    parts = []
    for table in range(BATCH):
        for group in range(int(rng.integers(2, 4))):
            size = int(rng.integers(1, 40))
            label = rng.binomial(1, rng.uniform(0, 1), size)
            prediction = rng.binomial(1, np.where(label == 1, rng.uniform(0, 1), rng.uniform(0, 1)))
            parts.append(np.stack([np.full(size, table), np.full(size, group), label, prediction]))
    return pd.DataFrame(np.concatenate(parts, axis=1).T, columns=["table", "group", "y", "p"])


def _count(label: np.ndarray, prediction: np.ndarray) -> ConfusionCounts:
    """The rows of one group as counts."""
    tn, fp, fn, tp = (int(n) for n in np.bincount(2 * label + prediction, minlength=4))
    return ConfusionCounts(tp=tp, fp=fp, tn=tn, fn=fn)


def _counts(rows: pd.DataFrame) -> list[ConfusionCounts]:
    """The same rows as counts, group by group."""
    return [_count(part["y"].to_numpy(), part["p"].to_numpy()) for _, part in rows.groupby("group")]


def _value(name: str, counts: list[ConfusionCounts]) -> float | None:
    """What the gate says of a disparity."""
    metric = by_name(name)
    assert metric is not None
    threshold = Threshold(max=0.1) if metric.form in (Form.DIFFERENCE, Form.GROUP_MAX) else Threshold(min=0.8)
    names = tuple(str(i) for i in range(len(counts)))
    question = Question(
        metric=metric, threshold=threshold, groups=names, cells=Cells.of(counts), min_group=MinGroup(), levels=Levels(passing=0.05, failing=0.001)
    )
    found = answer(question)
    return None if found is None else found.value


def _defined(rate: Rate, counts: list[ConfusionCounts]) -> bool:
    """Whether the rate is defined in every group: Fairlearn reads 0.0 where it is not."""
    return bool(np.all(limits(rate, Cells.of(counts), level=0.05).defined))


@pytest.mark.parametrize("seed", range(TABLES // BATCH))
def test_rates_equal_fairlearns(seed: int) -> None:
    """On 5,000 random tables, every group's rates are Fairlearn's to 1e-12 where both are defined.

    A call of the oracle takes milliseconds, so each table compares the selection rate and one other rate in turn;
    with GATE_ORACLE=all (`make oracle`), every rate of every table.
    """
    parts = [(table, part["y"].to_numpy(), part["p"].to_numpy()) for (table, _), part in _rows(seed).groupby(["table", "group"])]
    counts = [_count(label, prediction) for _, label, prediction in parts]
    ours = {rate: limits(rate, Cells.of(counts), level=0.05) for rate in ORACLE}
    others = [rate for rate in ORACLE if rate is not Rate.SELECTION_RATE]
    compared = 0
    for index, (table, label, prediction) in enumerate(parts):
        for rate in ORACLE if EVERY else (Rate.SELECTION_RATE, others[table % len(others)]):
            if ours[rate].defined[index]:
                assert abs(ORACLE[rate](label, prediction) - ours[rate].value[index]) <= 1e-12, rate
                compared += 1

    assert compared > 3 * BATCH


def test_disparities_equal_those_of_metricframe() -> None:
    """Differences and ratios over groups are MetricFrame's, to 1e-12, and so are minimum and maximum."""
    rows = _rows(500).query("table < 80")
    oracle = {rate.value: function for rate, function in ORACLE.items()}
    frame = fl.MetricFrame(metrics=oracle, y_true=rows["y"], y_pred=rows["p"], sensitive_features=rows["group"], control_features=rows["table"])
    difference, ratio, low, high = frame.difference(), frame.ratio(), frame.group_min(), frame.group_max()
    compared = 0
    for table, part in rows.groupby("table"):
        counts = _counts(part)
        for rate in ORACLE:
            if not _defined(rate, counts):
                continue
            for form, theirs in (("difference", difference), ("ratio", ratio), ("group_min", low), ("group_max", high)):
                ours = _value(f"{rate.value}_{form}", counts)
                assert ours is None or abs(theirs.loc[table, rate.value] - ours) <= 1e-12, (rate, form)
                compared += 1

    assert compared > 500


def test_named_disparities_equal_fairlearns() -> None:
    """Demographic parity, equal opportunity and equalized odds are Fairlearn's own functions' values."""
    rows = _rows(1000)
    compared = 0
    for _, part in list(rows.groupby("table"))[:40]:
        counts = _counts(part)
        if not (_defined(Rate.TRUE_POSITIVE_RATE, counts) and _defined(Rate.FALSE_POSITIVE_RATE, counts)):
            continue
        for name in ("demographic_parity", "equal_opportunity", "equalized_odds"):
            for form in ("difference", "ratio"):
                ours = _value(f"{name}_{form}", counts)
                theirs = getattr(fl, f"{name}_{form}")(part["y"], part["p"], sensitive_features=part["group"])
                if ours is not None:
                    assert abs(theirs - ours) <= 1e-12, (name, form)
                    compared += 1

    assert compared > 60


def test_composite_rates_equal_scikit_learns() -> None:
    """Balanced accuracy, precision and F1 are scikit-learn's to 1e-12 where they are defined."""
    compared = 0
    for _, part in list(_rows(2000).groupby(["table", "group"]))[:250]:
        (counts,) = _counts(part.assign(group=0))
        for rate, oracle in SLOW_ORACLE.items():
            ours = limits(rate, Cells.of([counts]), level=0.05)
            if ours.defined[0]:
                assert abs(oracle(part["y"], part["p"]) - ours.value[0]) <= 1e-12, rate
                compared += 1

    assert compared > 300
