"""Paired limits, by enumeration of every table that could be drawn, against statsmodels' words for the same cells, and by simulation."""

import math

import numpy as np
import pytest
from scipy.special import gammaln

from gate.core.metric import Rate
from gate.core.paired import Agreement, PairedCells
from gate.metrics.paired import COMPARABLE, LEAST_TRIALS, drop, rise, shares_denominator

CELLS = PairedCells(
    positives=Agreement(both=50, lost=10, gained=4, neither=16),
    negatives=Agreement(both=12, lost=5, gained=9, neither=74),
    unlabelled=Agreement(both=3, lost=2, gained=1, neither=4),
)


def _rates(cells: PairedCells, *, baseline: bool) -> dict[Rate, float]:
    """Every rate of one of the models, written out."""
    positive, negative, none = (
        (kind.both + kind.lost, kind.gained + kind.neither) if baseline else kind.candidate for kind in (cells.positives, cells.negatives, cells.unlabelled)
    )
    (tp, fn), (fp, tn) = positive, negative
    return {
        Rate.SELECTION_RATE: (tp + fp + none[0]) / (tp + fn + fp + tn + sum(none)),
        Rate.ACCURACY: (tp + tn) / (tp + fn + fp + tn),
        Rate.BALANCED_ACCURACY: (tp / (tp + fn) + tn / (fp + tn)) / 2,
        Rate.PRECISION: tp / (tp + fp),
        Rate.TRUE_POSITIVE_RATE: tp / (tp + fn),
        Rate.FALSE_POSITIVE_RATE: fp / (fp + tn),
        Rate.FALSE_NEGATIVE_RATE: fn / (tp + fn),
        Rate.TRUE_NEGATIVE_RATE: tn / (fp + tn),
        Rate.FALSE_DISCOVERY_RATE: fp / (tp + fp),
        Rate.FALSE_OMISSION_RATE: fn / (fn + tn),
        Rate.F1_SCORE: 2 * tp / (2 * tp + fp + fn),
    }


@pytest.mark.parametrize("rate", COMPARABLE)
def test_a_drop_is_the_baselines_rate_less_the_candidates(rate: Rate) -> None:
    """Every rate of the catalogue is compared, and the limits enclose what was seen."""
    found = drop(rate, [CELLS], level=0.05)
    expected = _rates(CELLS, baseline=True)[rate] - _rates(CELLS, baseline=False)[rate]

    assert found.value[0] == pytest.approx(expected)
    assert found.lower[0] < expected < found.upper[0]


@pytest.mark.parametrize("rate", COMPARABLE)
def test_a_rise_is_a_drop_turned_round(rate: Rate) -> None:
    """Value and limits change sign and place."""
    up, down = rise(rate, [CELLS], level=0.05), drop(rate, [CELLS], level=0.05)

    assert (up.value[0], up.lower[0], up.upper[0]) == (-down.value[0], -down.upper[0], -down.lower[0])


@pytest.mark.parametrize("rate", COMPARABLE)
def test_swapping_the_models_turns_the_limits_round(rate: Rate) -> None:
    """Who is called the baseline changes the sign and nothing else."""
    swapped = PairedCells(
        **{
            name: Agreement(both=kind.both, lost=kind.gained, gained=kind.lost, neither=kind.neither)
            for name, kind in (("positives", CELLS.positives), ("negatives", CELLS.negatives), ("unlabelled", CELLS.unlabelled))
        }
    )
    one, other = drop(rate, [CELLS], level=0.05), rise(rate, [swapped], level=0.05)

    assert [one.value[0], one.lower[0], one.upper[0]] == pytest.approx([other.value[0], other.lower[0], other.upper[0]])


def test_no_disagreement_is_no_certainty() -> None:
    """Fifty rows without a disagreement do not prove that there is none: false certainty would pass wrongly."""
    same = PairedCells(positives=Agreement(both=40, neither=10), negatives=Agreement(both=40, neither=60))
    uppers = [float(drop(rate, [same], level=0.05).upper[0]) for rate in COMPARABLE]

    assert min(uppers) > 0.01
    assert float(drop(Rate.TRUE_POSITIVE_RATE, [same], level=0.05).upper[0]) >= 1 - 0.05 ** (1 / 50) - 1e-12


def test_an_empty_group_is_undefined() -> None:
    """No rows are no number."""
    assert not any(drop(rate, [PairedCells()], level=0.05).defined[0] for rate in COMPARABLE)


def test_denominators_of_ones_own_need_rows() -> None:
    """Precision of a model that selects 29 rows is not compared; the true positive rate of the same rows is."""
    few = PairedCells(positives=Agreement(both=LEAST_TRIALS - 1, neither=40), negatives=Agreement(neither=100))
    one_more = PairedCells(positives=Agreement(both=LEAST_TRIALS, neither=40), negatives=Agreement(neither=100))
    rates = [rate for rate in COMPARABLE if not shares_denominator(rate)]

    assert [bool(drop(Rate.PRECISION, [cells], level=0.05).defined[0]) for cells in (few, one_more)] == [False, True]
    assert bool(drop(Rate.TRUE_POSITIVE_RATE, [few], level=0.05).defined[0])
    assert rates == [Rate.PRECISION, Rate.FALSE_DISCOVERY_RATE, Rate.FALSE_OMISSION_RATE, Rate.F1_SCORE]


# ------------------------------------------------------------------------------------- error rates, by enumeration


def _enumerated(rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every (lost, gained) of so many positives, and the logarithm of the ways to draw it."""
    lost, gained = (entry.ravel() for entry in np.meshgrid(np.arange(rows + 1), np.arange(rows + 1)))
    possible = lost + gained <= rows
    lost, gained = lost[possible], gained[possible]
    return lost, gained, gammaln(rows + 1) - gammaln(lost + 1) - gammaln(gained + 1) - gammaln(rows - lost - gained + 1)


@pytest.mark.parametrize("level", [0.05, 0.01, 0.0001])
@pytest.mark.parametrize("rows", [5, 10, 30, 60])
def test_errors_stay_below_their_level_in_every_table(rows: int, level: float) -> None:
    """Exactly, for every drop and disagreement: a violation passes, and a drop within bounds is called a violation, at most at the level."""
    lost, gained, ways = _enumerated(rows)
    cells = [PairedCells(positives=Agreement(lost=int(b), gained=int(c), neither=rows - int(b) - int(c))) for b, c in zip(lost, gained, strict=True)]
    found = drop(Rate.TRUE_POSITIVE_RATE, cells, level=level)
    worst = [0.0, 0.0]
    for bound in (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3):
        for p_gained in np.concatenate([[1e-12], np.geomspace(0.001, 0.49, 25)]):
            p_lost = p_gained + bound
            if p_lost > 0 and p_lost + p_gained < 1:
                chance = np.exp(ways + lost * np.log(p_lost) + gained * np.log(p_gained) + (rows - lost - gained) * np.log(1 - p_lost - p_gained))
                worst = [max(worst[0], chance[found.upper <= bound].sum() / level), max(worst[1], chance[found.lower > bound].sum() / level)]

    assert max(worst) <= 1.0


@pytest.mark.statistics
@pytest.mark.parametrize("rate", [rate for rate in COMPARABLE if not shares_denominator(rate)] + [Rate.BALANCED_ACCURACY, Rate.ACCURACY])
def test_errors_stay_below_their_level_by_simulation(rate: Rate) -> None:
    """Where tables cannot be enumerated: 60 to 1,000 rows, few and many disagreements, within three standard errors."""
    rng, tables, level = np.random.default_rng(12), 3000, 0.05
    for rows, base, disagreement in ((60, 0.5, 0.2), (300, 0.5, 0.2), (300, 0.2, 0.05), (1000, 0.5, 0.05), (1000, 0.2, 0.2)):
        for lean in (0.1, 0.9):
            chances = []
            for share, selects, lost in ((base, 0.6, lean), (1 - base, 0.3, 1 - lean)):
                one, other = disagreement * lost, disagreement * (1 - lost)
                chances += [share * (selects - one), share * one, share * other, share * (1 - selects - other)]
            drawn = rng.multinomial(rows, chances, size=tables)
            cells = [PairedCells(positives=Agreement(**_named(row[:4])), negatives=Agreement(**_named(row[4:]))) for row in drawn]
            true = PairedCells(positives=Agreement(**_named(chances[:4])), negatives=Agreement(**_named(chances[4:])))
            bound = _rates(true, baseline=True)[rate] - _rates(true, baseline=False)[rate]
            found = drop(rate, cells, level=level)
            allowed = level + 3 * math.sqrt(level * (1 - level) / tables)

            assert (found.defined & (found.upper < bound)).mean() <= allowed
            assert (found.defined & (found.lower > bound)).mean() <= allowed


def _named(row: "np.ndarray | list[float]") -> dict[str, int]:
    return dict(zip(("both", "lost", "gained", "neither"), (value if isinstance(value, float) else int(value) for value in row), strict=True))
