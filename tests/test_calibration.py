"""The small version of `make calibration`: a few worlds of every family, and that false answers are counted at all."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from asking import Inquiry, Result, World, allowed, simulate
from comparisons import USUAL, _asked
from families import FAMILIES, section_of
from monitoring import measured as measured_monitoring
from monitoring import section as section_of_monitoring

from gate.core.policy import Threshold

pytestmark = pytest.mark.statistics

TABLES = 60


def _first_of_each_family() -> list[tuple[int, World]]:
    found: dict[str, tuple[int, World]] = {}
    for worlds in FAMILIES.values():
        for place, world in enumerate(worlds()):
            if world.covered:
                found.setdefault(world.family, (place, world))
    return list(found.values())


@pytest.mark.parametrize(("place", "world"), [pytest.param(*entry, id=entry[1].family) for entry in _first_of_each_family()])
def test_a_world_at_the_bound_errs_no_more_than_promised(place: int, world: World) -> None:
    """One world of every family: false passes and false blocks within the promise plus three standard errors."""
    result = simulate((place, world, TABLES))

    assert result.passed <= allowed(0.05, TABLES)
    assert result.blocked <= allowed(0.01, TABLES)


def test_worlds_are_many_and_none_comes_twice() -> None:
    """At least sixty worlds, each asked once at each confidence."""
    worlds = [world for module in FAMILIES.values() for world in module()]

    assert len(worlds) >= 60
    assert len({(world.family, world.what, world.confidence) for world in worlds}) == len(worlds)


@pytest.mark.parametrize(("bound", "passed", "blocked"), [(0.3, True, False), (0.02, False, True)])
def test_false_answers_are_counted(bound: float, passed: bool, blocked: bool) -> None:  # noqa: FBT001
    """A gap of .1 passes a bound of .3, and is called a violation of .02, nearly always: the simulation would see an error."""
    inquiry = Inquiry.of("demographic_parity_difference", Threshold(max=bound), 2, USUAL)
    world = World(family="f", what="w", trial=partial(_asked, inquiry, [(3000, 0.5), (3000, 0.4)]), confidence=USUAL)
    result = simulate((0, world, 50))

    assert (result.passed > 0.9, result.blocked > 0.9) == (passed, blocked)


def test_the_page_shows_what_is_not_kept() -> None:
    """A world that errs more often than promised is marked, and its family is not within the promise."""
    _, world = _first_of_each_family()[0]
    good = Result(world=world, tables=2000, passed=0.05, blocked=0.01)

    assert good.kept
    for bad in (replace(good, passed=0.07), replace(good, blocked=0.02)):
        assert not bad.kept
        assert "**no**" in section_of([good, bad], 2000)
        assert "more than promised" in section_of([good, bad], 2000)
    assert "**no**" not in section_of([good], 2000)
    assert "no promise" in section_of([replace(good, world=replace(world, covered=False), passed=0.4)], 2000)
    assert np.isclose(allowed(0.05, 2000), 0.0646, atol=1e-4)


def test_a_small_monitoring_section_keeps_its_promise() -> None:
    """A hundred runs of half a year: few false alarms where evidence adds up, nearly always one where every day is tested by itself."""
    ours, _, daily = measured_monitoring(100, days=180, before=60, after=60)

    assert ours.false <= 0.05 + 3 * (0.05 * 0.95 / 100) ** 0.5
    assert daily.false > 0.9
    assert ours.delays[1] is not None
    assert ours.delays[0] is None or ours.delays[0] >= ours.delays[1]
    assert "| `gate monitor`" in section_of_monitoring([ours], 100)
