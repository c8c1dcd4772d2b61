"""The catalogue: every metric can be found, explained and asked."""

import pytest

from gate.core.metric import Form, Metric, Rate
from gate.metrics.catalogue import CATALOGUE, by_name, explained
from gate.metrics.rates import at


def test_names_are_unique() -> None:
    """No id or other name stands for two metrics."""
    names = [name for metric in CATALOGUE for name in (metric.id, *metric.aliases)]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.id)
def test_every_metric_is_explained(metric: Metric) -> None:
    """Its id, each of its rates, its source and a bound that fits its form are in the text."""
    text = explained(metric)
    bound = "max" if metric.form in (Form.DIFFERENCE, Form.GROUP_MAX) or metric.id == "mean_residual" or metric.logarithmic else "min"

    assert text.startswith(metric.id)
    assert all(rate.value in text for rate in metric.rates)
    assert metric.source in text
    assert f"{bound}: " in text.splitlines()[-1]


def test_other_names_lead_to_the_same_metric() -> None:
    """`recall` is the true positive rate, `disparate_impact` the demographic parity ratio; anything else is nothing."""
    found = [by_name(name) for name in ("recall", "disparate_impact", "fairness")]

    assert [metric.id if metric else None for metric in found] == ["true_positive_rate", "demographic_parity_ratio", None]


@pytest.mark.parametrize("value", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_fractions_at_a_balanced_accuracy_give_it(value: float) -> None:
    """The probabilities that planning takes for a balanced accuracy have exactly that one, wherever it lies."""
    for pooled in ((0.7, 0.2), (0.95, 0.9), (0.1, 0.05), (1.0, 0.0)):
        tpr, fpr = at(Rate.BALANCED_ACCURACY, pooled, value)

        assert 0 <= tpr <= 1
        assert 0 <= fpr <= 1
        assert (1 + tpr - fpr) / 2 == pytest.approx(value)


def test_fractions_at_an_f1_give_it() -> None:
    """F1 = 2θ / (1 + θ) is inverted."""
    (theta,) = at(Rate.F1_SCORE, (0.5,), 0.6)

    assert 2 * theta / (1 + theta) == pytest.approx(0.6)
