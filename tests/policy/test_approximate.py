"""Metrics with approximate limits may be written, but not be obeyed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gate.errors import PolicyError
from gate.metrics.catalogue import CATALOGUE
from gate.policy import load_policy

Write = Callable[[str, str], Path]
APPROXIMATE = [metric for metric in CATALOGUE if not metric.calibrated]
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {{id: a, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}}
  - {{id: b, {rule}}}
"""


@pytest.mark.parametrize("enforcement", ["soft-mandatory", "hard-mandatory"])
@pytest.mark.parametrize("name", ["matthews_corrcoef_difference", "treatment_equality_difference"])
def test_a_rule_on_an_approximate_metric_cannot_block(write: Write, name: str, enforcement: str) -> None:
    """Anything but advisory is an error that says why; advisory is accepted."""
    with pytest.raises(PolicyError, match="approximate and not calibrated"):
        load_policy(write("p.yaml", POLICY.format(rule=f"metric: {name}, max: 0.5, enforcement: {enforcement}")))

    assert load_policy(write("p.yaml", POLICY.format(rule=f"metric: {name}, max: 0.5, enforcement: advisory"))).policy.rules[1].metric == name


def test_bounds_above_one_are_for_what_exceeds_one(write: Write) -> None:
    """ε and FN / FP may be bounded by more than 1, a share may not; a ε has a `max`."""
    for rule in (
        "metric: differential_fairness, max: 1.5, enforcement: soft-mandatory",
        "metric: treatment_equality_difference, max: 2, enforcement: advisory",
    ):
        load_policy(write("p.yaml", POLICY.format(rule=rule)))
    for rule in ("metric: accuracy_difference, max: 1.5, enforcement: advisory", "metric: differential_fairness, min: 0.8, enforcement: advisory"):
        with pytest.raises(PolicyError):
            load_policy(write("p.yaml", POLICY.format(rule=rule)))


def test_the_catalogue_marks_all_of_them() -> None:
    """Treatment equality with its four endings, the correlation with three, and two indices."""
    assert len(APPROXIMATE) == 5 + 4 + 2
