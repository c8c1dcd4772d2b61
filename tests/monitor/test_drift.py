"""Drift: three numbers that agree with their definitions, and limits that alarm or leave open, never neither."""

import numpy as np
import pytest
from watched_site import Site, day, rows

from gate.errors import DataError, UsageError
from gate.metrics.drift import bins, deciles, p_value, psi, wasserstein
from gate.monitor.found import Answer

rng = np.random.default_rng(7)
NUMBERS = rng.normal(size=500)
ONES = np.ones(500)


def test_the_index_is_that_of_the_textbook() -> None:
    """Σ (q − p) ln(q/p), smoothed by half a row a bin; 0 for equal shares, nothing for no rows."""
    before, now = np.array([9000.0, 1000.0]), np.array([8000.0, 2000.0])

    assert psi(before, now) == pytest.approx((0.8 - 0.9) * np.log(0.8 / 0.9) + (0.2 - 0.1) * np.log(2), rel=1e-2)
    assert psi(before, before) == pytest.approx(0)
    assert psi(before, np.zeros(2)) is None


def test_the_distance_is_in_standard_deviations_of_the_reference() -> None:
    """Two deviations of shift are a distance of two, whatever the unit; a constant has none."""
    assert wasserstein(NUMBERS * 10, ONES, NUMBERS * 10 + 20 * NUMBERS.std(), ONES) == pytest.approx(2)
    assert wasserstein(ONES, ONES, NUMBERS, ONES) is None
    assert wasserstein(NUMBERS, ONES, np.zeros(0), np.zeros(0)) is None


def test_the_test_sees_a_shift_and_no_shift() -> None:
    """Equal counts give a p-value of 1, very unlike ones nearly 0, one bin none."""
    assert p_value(np.array([50.0, 50.0]), np.array([50.0, 50.0])) == pytest.approx(1)
    assert (p_value(np.array([500.0, 50.0, 0.0]), np.array([50.0, 500.0, 0.0])) or 1) < 1e-9
    assert p_value(np.array([5.0]), np.array([5.0])) is None


def test_deciles_hold_a_tenth_each() -> None:
    """Ten bins of fifty among five hundred values; repeated values give fewer bins, and no row is lost."""
    assert bins(NUMBERS, ONES, deciles(NUMBERS, ONES)).tolist() == [50.0] * 10
    assert bins(ONES, ONES, deciles(ONES, ONES)).sum() == 500


def _site(site: Site, **terms: object) -> Site:
    site.policy(**terms)
    return site


def test_what_moved_is_reported_and_alarms_only_at_a_limit(site: Site) -> None:
    """A shifted column and another mix of groups: numbers without a limit, alarms with one."""
    table = rows(range(7))
    reference = site.log(table.assign(income=rng.normal(size=len(table))), "reference.parquet")
    log = site.log(rows(range(7), sizes=(70, 70)).assign(income=rng.normal(1.0, size=980)))
    quiet = site.run(log, as_of=day(7), reference=reference, drift=("income",))
    _site(site, max_psi=0.2, max_wasserstein=0.5, min_p_value=0.0001)
    loud = site.run(log, as_of=day(7), reference=reference, drift=("income",))
    group, income = loud.drifts

    assert (quiet.answer, loud.answer) == (Answer.QUIET, Answer.ALARM)
    assert income.wasserstein == pytest.approx(1, abs=0.15)
    assert group.wasserstein is None
    assert {"drift of g", "drift of income"} <= site.remarks(loud).keys()


def test_the_same_population_is_quiet(site: Site) -> None:
    """Other rows of the same kind stay within limits that alarm above."""
    _site(site, max_psi=0.2, max_wasserstein=0.5)
    reference = site.log(rows(range(20, 27)), "reference.csv")

    assert site.run(site.log(rows(range(7))), as_of=day(7), reference=reference).answer is Answer.QUIET


@pytest.mark.parametrize("days", [0, 7])
def test_a_limit_without_anything_to_compare_is_open(site: Site, days: int) -> None:
    """No reference, or no window that is over: the answer is inconclusive, not quiet."""
    _site(site, max_psi=0.2)
    found = site.run(site.log(rows(range(7))), as_of=day(days))

    assert found.answer is Answer.INCONCLUSIVE
    assert "no reference" in site.remarks(found)["drift"]


def test_drift_that_was_asked_for_and_not_looked_at_is_open(site: Site) -> None:
    """Also without a limit: counts of old days are quiet, and the logs of today hold no day that is over."""
    reference = site.log(rows(range(7)).assign(income=1.0), "reference.parquet")
    site.run(site.log(rows(range(7))), as_of=day(7))
    today = site.log(rows([7]).assign(income=2.0))
    found, plain = (site.run(today, as_of=day(7), reference=reference, drift=columns) for columns in (("income",), ()))

    assert (found.answer, plain.answer) == (Answer.INCONCLUSIVE, Answer.QUIET)
    assert "drift was asked for" in site.remarks(found)["drift"]


@pytest.mark.parametrize(("before", "now"), [("many", "n/a"), ("many", "nothing"), ("alike", "many"), ("few", "n/a")])
def test_a_distance_that_is_not_known_is_no_rest(before: str, now: str, site: Site) -> None:
    """One value that is no number, a column that is empty, a reference without spread: the limit is not switched off."""
    _site(site, max_wasserstein=0.5)
    table = rows(range(7))
    size = len(table)
    numbers: dict[str, object] = {
        "many": rng.normal(size=size),
        "few": np.arange(size) % 3,
        "alike": np.ones(size),
        "n/a": np.where(np.arange(size) == 0, "n/a", "1"),
        "nothing": np.full(size, np.nan),
    }
    reference = site.log(table.assign(income=numbers[before]), "reference.parquet")
    found = site.run(site.log(table.assign(income=numbers[now])), as_of=day(7), reference=reference, drift=("income",))

    assert found.answer is Answer.INCONCLUSIVE
    assert "no distance is known" in site.remarks(found)["drift"]


def test_a_column_of_few_numbers_has_a_distance(site: Site) -> None:
    """0 and 1 are numbers: a limit holds for them too."""
    _site(site, max_wasserstein=0.5)
    table = rows(range(7))
    places = np.arange(len(table))
    reference = site.log(table.assign(owner=places % 2), "reference.parquet")
    found = site.run(site.log(table.assign(owner=(places % 10 > 0).astype(int))), as_of=day(7), reference=reference, drift=("owner",))

    assert found.answer is Answer.ALARM


def test_few_rows_are_no_sign_of_rest(site: Site) -> None:
    """Fewer rows than the policy wants leave a limit open."""
    _site(site, max_psi=0.2, min_rows=2000)
    found = site.run(site.log(rows(range(7))), as_of=day(7), reference=site.log(rows(range(7)), "r.parquet"))

    assert "too few to compare" in site.remarks(found)["drift"]


def test_a_column_that_is_not_there_is_refused(site: Site) -> None:
    """Drift of a column that logs or reference lack is a mistake of who asks."""
    log = site.log(rows([0]))
    with pytest.raises(UsageError, match="no table"):
        site.run(log, as_of=day(1), drift=("y",))
    with pytest.raises(DataError, match="no column 'income'"):
        site.run(log, as_of=day(1), reference=log, drift=("income",))
