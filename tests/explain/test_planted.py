"""What was planted in the data is found, and at its true size."""

import numpy as np
import pandas as pd
import pytest
from boxes import box, merit, people
from scipy.stats import norm
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from gate.core.explanation import Part, Proxy
from gate.explain.box import AnswerForm
from gate.explain.encoding import encoded
from gate.explain.explanation import Settings, explained
from gate.explain.flips import audit
from gate.explain.importance import shuffled
from gate.explain.numbers import area_of
from gate.explain.proxies import proxy
from gate.explain.subgroups import searched
from gate.explain.surrogate import imitated

Frame = pd.DataFrame


def _proxy(table: Frame, inputs: tuple[str, ...]) -> Proxy:
    asked = box(table, merit, merit(table), inputs=inputs)
    return proxy(asked, asked.groupings[0], encoded(asked.inputs), random=np.random.default_rng(0))


def test_what_the_answers_do_not_rest_on_has_no_importance() -> None:
    """Shuffling it changes nothing at all, and it is not called found."""
    table = people(1000)
    found = shuffled(box(table, merit, merit(table)), random=np.random.default_rng(0), tell=lambda _: None)

    assert [(entry.feature, entry.found) for entry in found.importances if entry.moved] == [("x", True)]
    assert {entry.loss.value for entry in found.importances if entry.loss and entry.feature != "x"} == {0.0}


def test_importance_is_the_growth_of_the_loss() -> None:
    """Of answers that are right by the sign of one input, half become wrong when it is shuffled."""
    table = people(4000)
    found = shuffled(box(table, merit, merit(table)), random=np.random.default_rng(0), tell=lambda _: None)
    first = found.importances[0]

    assert first.loss is not None
    assert first.loss.low < 0.5 < first.loss.high
    assert first.loss.high - first.loss.low < 0.05


def test_importance_agrees_with_scikit_learn() -> None:
    """The same quantity by other shuffles of the same rows, within what shuffles differ by."""
    random = np.random.default_rng(3)
    inputs = pd.DataFrame(random.normal(size=(3000, 3)), columns=["p", "q", "r"])
    truth = ((inputs["p"] + 0.5 * inputs["q"] + random.normal(size=3000)) > 0).to_numpy(dtype=float)
    model = LogisticRegression().fit(inputs, truth)
    theirs = permutation_importance(model, inputs, truth, scoring="accuracy", n_repeats=30, random_state=0)
    asked = box(inputs.assign(group="a"), model.predict, truth, inputs=("p", "q", "r"))
    ours = shuffled(asked, random=np.random.default_rng(0), tell=lambda _: None).importances
    by_name = {entry.feature: entry for entry in ours}

    for place, name in enumerate("pqr"):
        loss = by_name[name].loss
        assert loss is not None
        assert loss.value == pytest.approx(theirs.importances_mean[place], abs=3 * theirs.importances_std[place] + 0.003)


@pytest.mark.statistics
def test_intervals_of_importance_cover_the_truth() -> None:
    """In at least 93 of 100 samples; errors on the wide side are allowed."""
    inside = 0
    for seed in range(100):
        table = people(300, seed=seed)
        asked = box(table, merit, merit(table), inputs=("x", "noise"))
        first = shuffled(asked, random=np.random.default_rng(seed), tell=lambda _: None).importances[0]
        assert first.loss is not None
        inside += first.loss.low <= 0.5 <= first.loss.high

    assert inside >= 93


def test_the_gap_goes_with_the_input_that_makes_it() -> None:
    """Neutralising the proxy that is decided by leaves no gap; neutralising noise leaves it as it is."""
    table = people(4000, revealing=2.0)
    asked = box(table, lambda rows: np.asarray(rows["proxy"] > 1, dtype=float), merit(table))
    found = {entry.feature: entry.remaining[0].gap for entry in shuffled(asked, random=np.random.default_rng(0), tell=lambda _: None).importances}

    assert found["noise"] == pytest.approx(2 * norm.cdf(1) - 1, abs=0.03)
    assert found["proxy"] == pytest.approx(0, abs=0.03)


def test_a_known_proxy_is_found_at_its_true_strength() -> None:
    """Two normal distributions that are d apart have an area of Φ(d / √2); the proxy alone carries it."""
    found = _proxy(people(4000, revealing=1.5), ("x", "noise", "region", "proxy"))
    area = found.groups[0].inputs
    truth = norm.cdf(1.5 / np.sqrt(2))

    assert area is not None
    assert area.low - 0.01 < truth < area.high + 0.01
    assert found.carriers[0].feature == "proxy"
    assert found.carriers[0].alone == pytest.approx(truth, abs=0.03)
    assert len(found.carriers) == 1


def test_a_perfect_proxy_is_known_to_be_one() -> None:
    """Where nothing is told wrongly, the interval does not give way to almost anything."""
    area = _proxy(people(2000, revealing=50.0), ("x", "proxy")).groups[0].inputs

    assert area is not None
    assert area.value > 0.999
    assert area.low > 0.97


def test_answers_that_do_not_know_the_group_do_not_reveal_it() -> None:
    """The interval of the area holds one half."""
    area = _proxy(people(3000, revealing=1.5), ("x", "proxy")).groups[0].answers

    assert area is not None
    assert area.low < 0.5 < area.high


def test_the_sensitive_feature_among_the_inputs_does_not_hide_its_proxies() -> None:
    """It is said to be an input, and what the others reveal is measured without it."""
    found = _proxy(people(2000, revealing=0.0), ("x", "noise", "group"))
    area = found.groups[0].inputs

    assert found.is_input
    assert area is not None
    assert area.high < 0.6


def test_a_category_can_be_the_proxy() -> None:
    """A region in which one group lives is found, missing values included."""
    table = people(2000)
    table["region"] = np.where(table["group"] == "a", "north", None)
    found = _proxy(table, ("x", "region"))

    assert found.groups[0].inputs is not None
    assert found.groups[0].inputs.value > 0.99
    assert found.carriers[0].feature == "region"


@pytest.mark.statistics
def test_no_proxy_is_found_where_there_is_none() -> None:
    """Of 20 tables whose inputs know nothing of the group, at most one in twenty names an input, up to 3 standard errors."""
    false = 0
    for seed in range(20):
        table = people(400, seed=seed)
        table["region"] = np.random.default_rng(1000 + seed).integers(0, 25, 400).astype(str)
        asked = box(table, merit, merit(table), inputs=("x", "region"))
        false += bool(proxy(asked, asked.groupings[0], encoded(asked.inputs), random=np.random.default_rng(seed)).carriers)

    assert false <= 20 * 0.05 + 3 * np.sqrt(20 * 0.05 * 0.95)


def test_too_few_rows_of_a_group_give_no_area() -> None:
    """Instead of a number there is the reason."""
    table = people(500)
    table["group"] = np.where(np.arange(500) < 20, "a", "b")
    found = _proxy(table, ("x",))

    assert found.groups[0].inputs is None
    assert "fewer than 50 rows of a" in found.reason


def test_areas_agree_with_scikit_learn() -> None:
    """Ties included."""
    random = np.random.default_rng(0)
    truth, scores = random.random(500) < 0.3, random.normal(size=500).round(1)

    assert area_of(scores, truth).value == pytest.approx(roc_auc_score(truth, scores))


def test_a_known_flip_rate_is_found() -> None:
    """A bonus for one group flips whoever is less than the bonus short: exactly those are counted."""
    table = people(4000)
    asked = box(table, lambda rows: np.asarray(rows["x"] + 0.5 * (rows["group"] == "b") > 0.25, dtype=float), merit(table))
    found = audit(asked, asked.groupings[0], random=np.random.default_rng(0))
    planted = int(np.sum((table["x"] > -0.25) & (table["x"] <= 0.25)))
    (pair,) = found.pairs

    assert found.any is not None
    assert (found.any.hits, pair.first_higher, pair.second_higher) == (planted, 0, planted)
    assert found.any.low < norm.cdf(0.25) - norm.cdf(-0.25) < found.any.high
    assert pair.p_value < 1e-6


def test_flips_both_ways_are_no_bias_of_the_matched_pairs() -> None:
    """Every answer that flips is counted, and the test finds neither way more frequent."""
    table = people(4000)

    def arbitrary(rows: Frame) -> np.ndarray:
        return np.asarray((rows["noise"] > 0) == (rows["group"] == "a"), dtype=float)

    asked = box(table, arbitrary, merit(table))
    found = audit(asked, asked.groupings[0], random=np.random.default_rng(0))

    assert found.any is not None
    assert found.any.value == 1.0
    assert found.pairs[0].p_value > 0.01


def test_a_feature_that_is_no_input_has_no_flip_rate() -> None:
    """It is said so, instead of a rate of zero that looks like a result."""
    table = people(300)
    asked = box(table, merit, merit(table), inputs=("x", "noise"))
    found = audit(asked, asked.groupings[0], random=np.random.default_rng(0))

    assert (found.is_input, found.any, "no input" in found.reason) == (False, None, True)


def test_a_group_without_rows_stops_the_audit() -> None:
    """Nobody knows what its value looks like, so that nothing is said to be unchanged."""
    table = people(300)
    table["group"] = "a"
    asked = box(table, merit, merit(table))
    found = audit(asked, asked.groupings[0], random=np.random.default_rng(0))

    assert (found.is_input, found.any) == (True, None)
    assert "no row is of b" in found.reason


def test_a_known_rule_is_found_again() -> None:
    """A model that is a rule is imitated by that rule, and wholly."""
    table = people(3000)
    asked = box(table, lambda rows: np.asarray((rows["region"] == "north") & (rows["x"] > 0.5), dtype=float), merit(table))
    found = imitated(asked, encoded(asked.inputs), depth=2, random=np.random.default_rng(0))
    (yes,) = [leaf for leaf in found.leaves if leaf.answer == "yes"]

    assert found.fidelity.value > 0.995
    assert len(found.leaves) == 3
    assert {condition.partition(" ")[0] for condition in yes.conditions} == {"region", "x"}
    assert [group.group for group in found.groups] == ["a", "b"]


def test_fidelity_is_measured_on_rows_that_the_tree_has_not_seen() -> None:
    """Answers without any rule are imitated no better than by a constant."""
    table = people(2000)
    asked = box(table, lambda rows: np.asarray((rows["noise"] * 1e6).astype(int) % 2, dtype=float), merit(table))
    found = imitated(asked, encoded(asked.inputs), depth=6, random=np.random.default_rng(0))

    assert found.fidelity.low < 0.5 < found.fidelity.high
    assert found.fidelity.rows == 1000


def test_a_constant_answer_is_told_from_an_imitation() -> None:
    """A fidelity of 1 stands beside the same of the best constant answer."""
    table = people(500)
    asked = box(table, lambda rows: np.zeros(len(rows)), merit(table))
    found = imitated(asked, encoded(asked.inputs), depth=3, random=np.random.default_rng(0))

    assert (found.fidelity.value, found.plain.value, len(found.leaves)) == (1.0, 1.0, 1)


def test_a_known_worst_subgroup_is_confirmed() -> None:
    """Errors planted where two conditions meet are found there."""
    table = people(4000)
    truth = merit(table)
    planted = np.asarray((table["region"] == "north") & (table["x"] > 0.7))
    truth[planted] = 1 - truth[planted]
    asked = box(table, merit, truth)
    first = searched(asked, encoded(asked.inputs), random=np.random.default_rng(0)).subgroups[0]

    assert first.confirmed
    assert "region is 'north'" in first.conditions
    assert any(condition.startswith("x > ") for condition in first.conditions)


@pytest.mark.statistics
def test_nothing_is_found_where_nothing_is() -> None:
    """Of 500 tables whose errors fall anywhere, at most one in twenty confirms a subgroup, up to 3 standard errors."""
    false = 0
    for seed in range(500):
        random = np.random.default_rng(seed)
        table = people(240, seed=seed)
        truth = np.where(random.random(240) < 0.3, 1 - merit(table), merit(table))
        asked = box(table, merit, truth, inputs=("x", "noise"))
        found = searched(asked, encoded(asked.inputs), random=random)
        false += any(entry.confirmed for entry in found.subgroups)

    assert false <= 500 * 0.05 + 3 * np.sqrt(500 * 0.05 * 0.95)


@pytest.mark.parametrize("form", list(AnswerForm))
def test_every_form_of_answer_is_explained(form: AnswerForm) -> None:
    """Labels, scores, numbers and classes, with missing values and a column that is constant."""
    table = people(400, revealing=1.0, constant=np.zeros(400), empty=np.full(400, np.nan))
    table.loc[::7, "x"] = np.nan
    functions = {
        AnswerForm.LABEL: merit,
        AnswerForm.SCORE: lambda rows: 1 / (1 + np.exp(-rows["x"].fillna(0))),
        AnswerForm.NUMBER: lambda rows: 1000 * rows["x"].fillna(0),
        AnswerForm.CLASS: lambda rows: np.asarray(rows["x"].fillna(0) > 0, dtype=float) + np.asarray(rows["noise"] > 1, dtype=float),
    }
    asked = box(table, functions[form], merit(table), form=form, labels=("no", "yes", "more"))
    found = explained(asked, Settings())

    assert found.not_produced == ()
    assert {entry.feature for entry in found.importances if entry.moved} <= {"x", "noise"}
    assert all(entry.any is not None and entry.any.hits == 0 for entry in found.flips)


def test_a_model_with_one_input_is_explained() -> None:
    """A ranking of one thing agrees with nothing."""
    table = people(3000)
    found = explained(box(table, merit, merit(table), inputs=("x",)), Settings())

    assert (found.not_produced, found.agreement, len(found.importances)) == ((), None, 1)


def test_without_labels_there_is_movement_but_no_loss() -> None:
    """What takes labels is named as not produced, with the reason."""
    table = people(400)
    found = explained(box(table, merit, np.full(400, np.nan), inputs=("x", "noise")), Settings())

    assert found.importances[0].loss is None
    assert found.importances[0].moved > 0
    assert [entry.partition(":")[0] for entry in found.not_produced] == ["importance", "subgroups"]


def test_what_the_budget_does_not_allow_is_named() -> None:
    """Nothing that was not reached looks as if it had been found to be fine."""
    table = people(400)
    asked = box(table, merit, merit(table))
    steps = iter(range(3))
    asked.time_left = lambda: 1.0 if next(steps, None) is not None else 0.0
    found = explained(asked, Settings())

    assert [entry.partition(":")[0] for entry in found.not_produced] == list(Part)
    assert "budget" in found.not_produced[0]
    assert (found.importances, found.flips, found.surrogate) == ((), (), None)


def test_five_hundred_inputs_are_asked_about_within_bounds() -> None:
    """Rows and repeats give way, and it is said how many there were."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(1000, 500)), columns=[f"c{place}" for place in range(500)]).assign(group=random.choice(["a", "b"], 1000))
    asked = box(table, lambda rows: np.asarray(rows["c7"] > 0, dtype=float), np.asarray(table["c7"] > 0, dtype=float), inputs=tuple(table.columns[:500]))
    found = explained(asked, Settings(parts=(Part.IMPORTANCE, Part.FLIPS, Part.SURROGATE)))

    assert found.importances[0].feature == "c7"
    assert sum(entry.found for entry in found.importances) == 1
    assert (found.shuffled * found.repeats) <= 400


def test_the_same_seed_finds_the_same() -> None:
    """Whatever other parts are asked for."""
    table = people(400, revealing=1.0)
    alone = explained(box(table, merit, merit(table)), Settings(seed=5, parts=(Part.SURROGATE,)))
    together = explained(box(table, merit, merit(table)), Settings(seed=5, parts=(Part.IMPORTANCE, Part.SURROGATE)))

    assert alone.surrogate == together.surrogate
