"""Effective sizes for limits: what few clusters, or clusters of unlike size, leave of them."""

import numpy as np
import pytest
from scipy.stats import norm, t

from gate.metrics.design import Effective

LEVEL = 0.005


def sized(clusters: int | None, alike: float) -> Effective:
    """A group of effectively 100 rows, in so many clusters."""
    return Effective(
        value=np.array([0.2]),
        size=np.array([100.0]),
        total=np.array([500.0]),
        clusters=None if clusters is None else np.array([clusters]),
        alike=np.array([alike]),
    )


def test_rows_by_themselves_keep_their_size() -> None:
    """Without clusters, the effective size is what limits rest on."""
    assert sized(None, 80.0).at(LEVEL) == pytest.approx(100)


@pytest.mark.parametrize(("clusters", "alike", "degrees"), [(30, 30.0, 29), (30, 12.5, 11.5), (31, 40.0, 30)])
def test_few_clusters_count_for_less(clusters: int, alike: float, degrees: float) -> None:
    """The size shrinks by the squared ratio of quantiles, with as many degrees of freedom as like clusters, less one."""
    assert sized(clusters, alike).at(LEVEL) == pytest.approx(100 * (norm.isf(LEVEL) / t.isf(LEVEL, degrees)) ** 2)


def test_smaller_levels_trust_an_estimated_variance_less() -> None:
    """The smaller the error allowed, the more of the size is lost; with many clusters next to nothing is."""
    kept = [float(sized(30, 30.0).at(level)[0]) for level in (0.05, 0.005, 0.0005)]

    assert kept == sorted(kept, reverse=True)
    assert kept[-1] < 82
    assert float(sized(100_000, 100_000.0).at(LEVEL)[0]) == pytest.approx(100, rel=1e-3)


@pytest.mark.parametrize(("clusters", "alike"), [(0, 0.0), (1, 1.0), (30, 1.0)])
def test_no_clusters_to_speak_of_leave_nearly_nothing(clusters: int, alike: float) -> None:
    """Where one cluster decides, its one degree of freedom leaves hardly a row."""
    assert float(sized(clusters, alike).at(LEVEL)[0]) < 1
