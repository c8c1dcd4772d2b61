"""Room for rows that were not drawn: valid in the worlds where limits without it fail, and never narrower than exact ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.confusion import ConfusionCounts
from gate.core.counts import Statistics
from gate.core.metric import Rate
from gate.core.moments import FRACTION_BITS, Moments, MomentScale
from gate.core.sums import CELLS, PAIRS, WEIGHT_UNITS, CellSums
from gate.metrics.bounded import UNBOUNDED, Reach, moved
from gate.metrics.intervals import Limits, clopper_pearson, contrast_lower, contrast_upper
from gate.metrics.measures import measured
from gate.metrics.rates import Cells

_UNIT = 1 << FRACTION_BITS


_RATE = Limits(value=np.array([0.4]), lower=np.array([0.3]), upper=np.array([0.5]), below=np.array([0.1]), above=np.array([0.12]), defined=np.array([True]))


def test_limits_move_outwards_and_stay_in_range() -> None:
    """By log(1/level) times what one row can be of the value, on both sides."""
    found, wide = (moved(_RATE, np.array([share]), level=0.05, low=0.0, high=1.0) for share in (0.01, 1.0))

    assert found.upper[0] == pytest.approx(0.5 + 0.01 * np.log(20))
    assert found.lower[0] == pytest.approx(0.3 - 0.01 * np.log(20))
    assert (wide.lower[0], wide.upper[0]) == (0.0, 1.0)
    assert wide.above[0] > 1  # margins of squares go on growing


def test_without_an_exception_the_limit_is_that_of_no_success() -> None:
    """All errors equal in n rows: larger ones happen with probability log(1/level)/n at most, and no spread is no certainty."""
    found = measured(Rate.MEAN_ABSOLUTE_ERROR, _nothing(1), [Statistics(moments=_moments(np.full(500, 1.0), 1))], level=0.05, reach=Reach(error=10.0))

    assert found.upper[0] == pytest.approx(1.0 + 10 * np.log(20) / 500)
    assert found.lower[0] == pytest.approx(1.0 - 10 * np.log(20) / 500)


@given(st.integers(1, 400), st.integers(0, 400), st.sampled_from([0.05, 0.01, 0.0001]))
def test_never_narrower_than_the_exact_limits_of_a_rate(n: int, k: int, level: float) -> None:
    """Whatever is declared."""
    selected = min(k, n)
    counts, sums = _weighted((selected, n - selected), (0, 0), 1)
    found = measured(Rate.SELECTION_RATE, Cells.of([counts]), [sums], level=level, reach=Reach(unit=WEIGHT_UNITS * 1.0))
    exact = clopper_pearson(np.array([selected]), np.array([n]), level=level)

    assert found.lower[0] <= exact.lower[0]
    assert found.upper[0] >= exact.upper[0]


def _moments(errors: np.ndarray, exponent: int) -> Moments:
    scaled = errors / 2.0**exponent
    sums = {"residual_1": scaled, "residual_2": scaled**2, "residual_3": scaled**3, "absolute_1": abs(scaled), "absolute_3": abs(scaled) ** 3}
    sums |= {"residual_4": scaled**4, "residual_6": scaled**6}
    scale = MomentScale(residual=exponent, label=0, prediction=0, label_centre=0.0, prediction_centre=0.0)
    return Moments(scale=scale, labelled=len(errors), **{name: int(values.sum() * _UNIT) for name, values in sums.items()})


@pytest.mark.statistics
@pytest.mark.parametrize(("rate", "power"), [(Rate.MEAN_ABSOLUTE_ERROR, 1), (Rate.MEAN_SQUARED_ERROR, 2)])
def test_rare_large_errors_no_longer_pass(rate: Rate, power: int) -> None:
    """1,000 rows of which one in 900 errs 64 times as much: the mean at its threshold passes in at most 5 % (and three errors) with a range.

    Seed 7, 400 tables; a share of .05 has a standard error of .011.
    """
    random = np.random.default_rng(7)
    truth = (899 + 64**power) / 900
    errors = np.where(random.random((400, 1000)) < 1 / 900, 64.0, 1.0)
    errors[:, :2] = 1.5, 0.5  # some spread, without which there are no limits at all
    tables = [Statistics(moments=_moments(entry, 7)) for entry in errors]
    bounded, unbounded = (measured(rate, _nothing(400), tables, level=0.05, reach=Reach(error=reach)) for reach in (64.0, None))

    assert np.mean(bounded.upper < truth) <= 0.05 + 3 * 0.011
    assert np.mean(unbounded.upper < truth) > 0.2


def _nothing(groups: int) -> Cells:
    return Cells.of([ConfusionCounts()] * groups)


def test_a_mean_residual_lies_between_minus_and_plus_the_range() -> None:
    """The estimate is the plain one, and the limits are on both sides of it."""
    errors = np.random.default_rng(3).uniform(-2, 5, 600)
    found = measured(Rate.MEAN_RESIDUAL, _nothing(1), [Statistics(moments=_moments(errors, 3))], level=0.05, reach=Reach(error=8.0))

    assert found.value[0] == pytest.approx(-errors.mean(), abs=1e-9)
    assert -8 < found.lower[0] < -errors.mean() < found.upper[0] < 8


def _weighted(heavy: tuple[int, int], light: tuple[int, int], weight: int) -> tuple[ConfusionCounts, Statistics]:
    """Rows selected and not, of heavy and of light ones, all with a negative label."""
    counts = ConfusionCounts(fp=heavy[0] + light[0], tn=heavy[1] + light[1])
    totals, squares = ([w**power * heavy[i] + light[i] for i in (0, 1)] for w, power in ((weight, 1), (weight, 2)))
    places = {CELLS.index("fp"): 0, CELLS.index("tn"): 1}
    sums = CellSums(
        totals=tuple(WEIGHT_UNITS * totals[places[i]] if i in places else 0 for i in range(len(CELLS))),
        products=tuple(WEIGHT_UNITS**2 * squares[places[i]] if i == j and i in places else 0 for i, j in PAIRS),
    )
    return counts, Statistics(sums=sums)


def _drawn(random: np.random.Generator, rows: int, share: float, rates: tuple[float, float], weight: int) -> tuple[ConfusionCounts, Statistics]:
    heavy = int(random.binomial(rows, share))
    chosen, others = int(random.binomial(heavy, rates[0])), int(random.binomial(rows - heavy, rates[1]))
    return _weighted((chosen, heavy - chosen), (others, rows - heavy - others), weight)


@pytest.mark.statistics
def test_few_heavy_rows_no_longer_pass() -> None:
    """One row in 900 weighs a hundred times the others and only such rows are selected often: a gap at the threshold passes in at most 5 %.

    Seed 11, 300 tables of 2 × 900 rows; a share of .05 has a standard error of .013. Without a largest weight it passes in far more.
    """
    random = np.random.default_rng(11)
    share, weight = 1 / 900, 100
    truth = (share * weight * 0.9 + (1 - share) * 0.02) / (share * weight + 1 - share) - 0.02
    first = [_drawn(random, 900, share, (0.9, 0.02), weight) for _ in range(300)]
    second = [_drawn(random, 900, 0.0, (0, 0.02), weight) for _ in range(300)]
    bounded, unbounded = (
        contrast_upper(_rates(first, reach, level=0.05), _rates(second, reach, level=0.05)) for reach in (Reach(unit=weight * WEIGHT_UNITS + 1.0), UNBOUNDED)
    )

    assert np.mean(bounded < truth) <= 0.05 + 3 * 0.013
    assert np.mean(unbounded < truth) > 0.2


@pytest.mark.statistics
@pytest.mark.parametrize("level", [0.05, 0.01])
def test_gaps_of_weighted_rates_keep_their_level(level: float) -> None:
    """Worlds of two kinds of rows: neither a pass nor a fail at the boundary is wrong more often than its level, give or take three standard errors.

    Seed 5, 300 tables a world.
    """
    random, tables = np.random.default_rng(5), 300
    most = level * tables + 3 * np.sqrt(level * (1 - level) * tables)
    for rows, weight, share in ((300, 3, 0.1), (300, 100, 0.01), (1000, 10, 0.01)):
        for one, other in (((0.9, 0.1), (0.1, 0.1)), ((0.5, 0.5), (0.5, 0.5)), ((1.0, 0.0), (0.0, 0.0)), ((0.02, 0.5), (0.9, 0.02))):
            truths = [(share * weight * heavy + (1 - share) * light) / (share * weight + 1 - share) for heavy, light in (one, other)]
            drawn = ([_drawn(random, rows, share, rates, weight) for _ in range(tables)] for rates in (one, other))
            first, second = (_rates(entries, Reach(unit=weight * WEIGHT_UNITS + 1.0), level=level) for entries in drawn)

            assert np.sum(contrast_upper(first, second) < truths[0] - truths[1] - 1e-12) <= most, (rows, weight, share, one, other)
            assert np.sum(contrast_lower(first, second) > truths[0] - truths[1] + 1e-12) <= most, (rows, weight, share, one, other)


def _rates(drawn: list[tuple[ConfusionCounts, Statistics]], reach: Reach, *, level: float) -> Limits:
    """The selection rate of every table."""
    return measured(Rate.SELECTION_RATE, Cells.of([counts for counts, _ in drawn]), [sums for _, sums in drawn], level=level, reach=reach)


def test_equal_weights_of_any_size_are_no_weights() -> None:
    """Weights have no unit: ten for everybody, declared as the largest, gives the same limits as one for everybody."""
    ones, tens = _weighted((40, 60), (0, 0), 1), _weighted((40, 60), (0, 0), 10)
    found = [
        measured(Rate.SELECTION_RATE, Cells.of([counts]), [sums], level=0.05, reach=Reach(unit=weight * WEIGHT_UNITS))
        for (counts, sums), weight in ((ones, 1), (tens, 10))
    ]

    assert found[0].lower[0] == pytest.approx(found[1].lower[0], abs=1e-12)
    assert found[0].upper[0] == pytest.approx(found[1].upper[0], abs=1e-12)
