"""The smallest changes: planted ones are found, and nothing that nobody can change is changed."""

import numpy as np
import pandas as pd
import pytest
from boxes import Floats, Function, box, merit, people

from gate.core.local_explanation import Counterfactuals
from gate.explain.box import AnswerForm, Box
from gate.explain.counterfactuals import Allowed, Changes, changes, compared
from gate.explain.mixed import asked as answered
from gate.explain.mixed import favourable

NOTHING = Allowed()


def _found(asked: Box, allowed: Allowed = NOTHING, *, cases: int = 120) -> tuple[Changes, Counterfactuals]:
    selected = favourable(asked, asked.answers)
    rows, accepted = np.flatnonzero(~selected)[:cases], np.flatnonzero(selected)
    found = changes(asked, allowed, rows, accepted, random=np.random.default_rng(0), tell=lambda _: None)
    return found, compared(asked, allowed, found)


def test_the_smallest_change_is_the_planted_one() -> None:
    """Of a threshold on one number: to the smallest value in the data that passes it, and nothing else."""
    table = people(600)
    found, whole = _found(box(table, merit, merit(table)))
    least = table["x"][table["x"] > 0].min()

    assert found.found.all()
    assert found.cost == pytest.approx((least - table["x"][found.rows].to_numpy()) / table["x"].std(ddof=0), abs=1e-6)
    assert [(entry.feature, entry.rate.value) for entry in whole.changes] == [("x", 1.0)]


def test_of_a_linear_model_the_input_that_counts_most_is_changed() -> None:
    """The change is near the known optimum: the distance to the boundary over the larger weight."""
    random = np.random.default_rng(5)
    table = pd.DataFrame(random.normal(size=(1500, 2)), columns=["p", "q"]).assign(group="a")
    asked = box(table, lambda t: (2 * t["p"] + t["q"] > 0) * 1.0, np.zeros(1500), inputs=("p", "q"))
    found, _ = _found(asked)
    distance = -(2 * table["p"] + table["q"]).to_numpy()[found.rows] / 2

    assert found.found.all()
    assert (found.cost >= distance / table["p"].std(ddof=0) - 1e-6).all()
    assert float(np.mean(found.cost - distance)) < 0.1


def test_every_change_flips_and_every_value_is_a_real_one() -> None:
    """What is called found is asked about once more."""
    table = people(500)
    function: Function = lambda t: ((t["x"] + t["proxy"] > 0.5) & (t["region"] == "south")) * 1.0  # noqa: E731 -- used once
    asked = box(table, function, merit(table))
    found, _ = _found(asked)

    assert found.found.any()
    assert favourable(asked, answered(asked, found.sources[found.found])).all()
    assert ((found.sources >= 0) & (found.sources < asked.rows)).all()
    assert (found.sources[~found.found] == found.rows[~found.found][:, None]).all()


def test_what_nobody_can_change_is_not_changed() -> None:
    """Where only that would flip the answer, there is no change at all, instead of an impossible one."""
    table = people(500)
    fixed = Allowed(fixed=frozenset({"x"}))
    found, whole = _found(box(table, merit, merit(table)), fixed)

    assert not found.found.any()
    assert (whole.found.hits, whole.cost, whole.changes, whole.fixed) == (0, None, (), ("x",))


@pytest.mark.parametrize(("allowed", "possible"), [(Allowed(up=frozenset({"x"})), True), (Allowed(down=frozenset({"x"})), False)])
def test_what_goes_one_way_only_does_not_go_the_other(allowed: Allowed, possible: bool) -> None:  # noqa: FBT001 -- a parameter of a test
    """Age rises, whatever a lower one would change."""
    table = people(500)
    found, _ = _found(box(table, merit, merit(table)), allowed)

    assert found.found.all() == possible
    assert found.found.any() == possible


def test_a_change_of_two_inputs_is_found_where_one_is_not_enough() -> None:
    """Neighbours that are selected show the way."""
    table = people(800)
    asked = box(table, lambda t: ((t["x"] > 0.5) & (t["region"] == "south")) * 1.0, merit(table))
    found, _ = _found(asked)
    both = ((table["x"] <= 0.5) & (table["region"] == "north")).to_numpy()[found.rows]

    assert both.any()
    assert found.found.all()
    assert set(found.changed[both].sum(axis=1)) == {2}


def test_a_changed_row_that_nobody_is_like_is_marked() -> None:
    """Values that never occur together are no plausible change."""
    random = np.random.default_rng(2)
    p = random.normal(size=600)
    table = pd.DataFrame({"p": p, "q": p + random.normal(size=600) * 0.01, "group": "a"})
    asked = box(table, lambda t: (t["p"] > 1.5) * 1.0, np.zeros(600), inputs=("p", "q"))
    found, whole = _found(asked, Allowed(fixed=frozenset({"q"})))
    far = table["p"][found.rows].to_numpy() < 0

    assert found.found.all()
    assert not found.plausible[far].any()
    assert whole.plausible is not None
    assert whole.plausible.value < 0.5


def test_the_cost_of_one_group_is_compared_with_the_others() -> None:
    """A group that has to go one standard deviation further pays that much more, within the interval."""
    table = people(4000)

    def answer(rows: pd.DataFrame) -> Floats:
        return np.asarray(rows["x"] > np.where(rows["group"] == "b", 1.0, 0.0), dtype=np.float64)

    fixed = Allowed(fixed=frozenset({"group"}))
    _, whole = _found(box(table, answer, merit(table)), fixed, cases=600)
    (gap,) = whole.gaps
    x = table["x"]
    truth = (1 - x[(table["group"] == "b") & (x <= 1)]).mean() - (0 - x[(table["group"] == "a") & (x <= 0)]).mean()

    assert (gap.high, gap.low) == ("b", "a")
    assert gap.gap.low < truth < gap.gap.high
    assert gap.gap.low > 0


def test_groups_that_pay_the_same_have_no_gap_beyond_chance() -> None:
    """In 93 of 100 tables at least, the interval holds 0."""
    inside = 0
    for seed in range(300):
        random = np.random.default_rng(seed)
        costs = np.abs(random.normal(size=150))
        found = Changes(
            rows=np.arange(150),
            sources=np.arange(150)[:, None],
            found=np.ones(150, dtype=bool),
            cost=costs,
            plausible=np.ones(150, dtype=bool),
            changed=np.ones((150, 1), dtype=bool),
        )
        table = people(150, seed=seed)
        (gap,) = compared(box(table, merit, merit(table), inputs=("x",)), NOTHING, found).gaps
        inside += gap.gap.low <= 0 <= gap.gap.high

    assert inside >= 0.93 * 300


def test_missing_values_and_categories_can_be_changed() -> None:
    """From nothing to something, at the cost of a category; a direction never starts from nothing."""
    table = people(400)
    table["region"] = table["region"].where(np.arange(400) % 2 > 0, None)
    asked = box(table, lambda t: t["region"].notna() * 1.0, merit(table))
    found, _ = _found(asked)

    assert found.found.all()
    assert set(found.cost) == {1.0}


def test_a_score_flips_at_its_threshold() -> None:
    """A score is selected from the threshold on, and not where it is rounded to a label."""
    table = people(400)
    asked = box(table, lambda t: 1 / (1 + np.exp(-t["x"])), merit(table), form=AnswerForm.SCORE)
    asked.threshold = 0.8
    found, _ = _found(asked)
    changed = table["x"].to_numpy()[found.sources[:, asked.columns.index("x")]]

    assert found.found.all()
    assert (1 / (1 + np.exp(-changed)) >= 0.8).all()
