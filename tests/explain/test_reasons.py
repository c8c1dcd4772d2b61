"""Reasons of refusals: the planted one is named, and what changes with the draw is marked unstable."""

import numpy as np
import pandas as pd
import pytest
from boxes import Function, box, merit, people

from gate.core.explanation import Explanation, Part
from gate.explain.box import AnswerForm, Box
from gate.explain.explanation import Settings, explained
from gate.explain.local import Cases, LocalSettings
from gate.explain.reasons import stable_firsts

WORDS = {"x": "Merit is too low.", "region": "We do not lend there."}


def _found(asked: Box, *, cases: int = 200) -> tuple[Explanation, Cases]:
    kept: list[Cases] = []
    settings = Settings(parts=(Part.REASONS,), people=LocalSettings(words=WORDS, cases=cases))
    found = explained(asked, settings, keep=kept.append)
    return found, kept[0]


def _north_or_merit(table: pd.DataFrame) -> np.ndarray:
    return np.asarray((table["x"] > -1) & (table["region"] == "south"), dtype=np.float64)


def test_the_planted_reason_comes_first_in_words() -> None:
    """Whoever is refused for the region only is told so, and nobody is told what the model does not use."""
    table = people(1000)
    asked = box(table, _north_or_merit, merit(table))
    found, kept = _found(asked)
    refusals = kept.refusals

    assert refusals is not None
    assert found.local_reasons is not None
    assert {entry.words for entry in found.local_reasons.reasons} == set(WORDS.values())
    for case, row in enumerate(refusals.rows):
        refused_for = {asked.columns.index(name) for name, low in (("x", table["x"][row] <= -1), ("region", table["region"][row] == "north")) if low}
        assert set(refusals.reasons(case)) == refused_for


def test_a_reason_that_the_words_do_not_have_is_named() -> None:
    """By its column, and as one without words."""
    table = people(600)
    found, _ = _found(box(table, lambda t: (t["noise"] > 0) * 1.0, merit(table)))

    assert found.local_reasons is not None
    assert [entry.words for entry in found.local_reasons.reasons] == ["noise"]
    assert found.local_reasons.unspoken == ("noise",)


def test_one_clear_reason_is_stable_and_two_equal_ones_are_not() -> None:
    """Columns that hold the same share a reason, and which one comes first is chance."""
    table = people(1000)
    doubled = table.assign(same=table["x"])
    one = _found(box(table, merit, merit(table)))[0].local_reasons
    two = _found(box(doubled, lambda t: (t["x"] + t["same"] > 0) * 1.0, merit(table)))[0].local_reasons

    assert one is not None
    assert two is not None
    assert one.stable.value == 1
    assert two.stable.value < 0.5


def test_a_tie_is_never_stable() -> None:
    """Although the first of two that are exactly equal is always the same."""
    draws = np.full((3, 20, 2), -0.5)

    assert not stable_firsts(draws, np.random.default_rng(0)).any()


def test_a_case_that_nothing_holds_back_has_no_reason() -> None:
    """No reason is made up where every value is in its favour."""
    draws = np.full((1, 20, 2), 0.1)

    assert not stable_firsts(draws, np.random.default_rng(0)).any()


@pytest.mark.parametrize(
    ("function", "form", "why"),
    [
        (lambda t: np.ones(len(t)), AnswerForm.LABEL, "no row is refused"),
        (lambda t: np.zeros(len(t)), AnswerForm.LABEL, "no row is selected"),
        (lambda t: t["x"].to_numpy(), AnswerForm.NUMBER, "nobody is refused"),
    ],
)
def test_where_nobody_is_refused_or_selected_there_is_no_reason_and_it_says_so(function: Function, form: AnswerForm, why: str) -> None:
    """A constant model and a regression: what was asked for is missing, never there and empty."""
    table = people(300)
    found, _ = _found(box(table, function, merit(table), form=form))

    assert found.local_reasons is None
    assert why in found.not_produced[0]


def test_classes_have_reasons_where_one_is_the_favourable_one() -> None:
    """And none where nobody says which."""
    table = people(400)
    answer = lambda t: np.where(t["x"] > 0, 2.0, np.where(t["noise"] > 0, 1.0, 0.0))  # noqa: E731 -- used twice
    some, none = (_found(box(table, answer, merit(table), form=AnswerForm.CLASS, labels=("a", "b", "c"), favourable=place))[0] for place in (2, -1))

    assert some.local_reasons is not None
    assert some.local_reasons.reasons[0].feature == "x"
    assert none.local_reasons is None


def test_reasons_are_counted_by_group() -> None:
    """Every refusal of a group is in its share."""
    table = people(800)
    found, kept = _found(box(table, merit, merit(table)))

    assert found.local_reasons is not None
    assert kept.refusals is not None
    (reason,) = found.local_reasons.reasons
    counts = {entry.group: entry.rate.rows for entry in reason.groups if entry.rate}
    assert counts == table["group"][kept.refusals.rows].value_counts().to_dict()
