"""Partial dependence: what scikit-learn says, and where single rows go another way."""

import numpy as np
import pandas as pd
import pytest
from boxes import box, people
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.inspection import partial_dependence

from gate.explain.box import AnswerForm
from gate.explain.dependence import dependences


def test_it_agrees_with_scikit_learn() -> None:
    """The same values put into the same rows, by the brute method."""
    random = np.random.default_rng(1)
    table = pd.DataFrame(random.normal(size=(250, 3)), columns=["p", "q", "r"])
    model = GradientBoostingRegressor(n_estimators=30, random_state=0).fit(table, table["p"] * 2 + np.abs(table["q"]))
    asked = box(table.assign(group="a"), model.predict, np.zeros(250), form=AnswerForm.NUMBER, inputs=("p", "q", "r"))
    ours = {entry.feature: entry for entry in dependences(asked, random=np.random.default_rng(0), tell=lambda _: None)}

    for name in ("p", "q", "r"):
        values = np.quantile(table[name], np.linspace(0.05, 0.95, 9), method="nearest")
        theirs = partial_dependence(model, table, [name], custom_values={name: values}, method="brute")["average"][0]
        assert [point.mean.value for point in ours[name].points] == pytest.approx(theirs, abs=1e-8)


def test_rows_that_go_the_other_way_are_counted() -> None:
    """Where the group turns the direction round, the mean hides it and the share against it does not."""
    table = people(300)
    asked = box(table, lambda t: t["x"] * np.where(t["group"] == "a", 1.0, -0.5), np.zeros(300), form=AnswerForm.NUMBER)
    found = {entry.feature: entry for entry in dependences(asked, random=np.random.default_rng(0), tell=lambda _: None)}
    against = found["x"].against

    assert against is not None
    assert against.value == pytest.approx(float((table["group"] == "b").mean()), abs=0.01)
    assert found["x"].points[0].low < found["x"].points[0].mean.value < found["x"].points[0].high


def test_it_does_not_depend_on_what_the_model_does_not_use() -> None:
    """The reach is nothing at all, and no row moves."""
    table = people(300)
    asked = box(table, lambda t: t["x"], np.zeros(300), form=AnswerForm.NUMBER)
    found = {entry.feature: entry for entry in dependences(asked, random=np.random.default_rng(0), tell=lambda _: None)}

    assert [(name, entry.against) for name, entry in found.items() if not entry.reach] == [(name, None) for name in ("noise", "region", "proxy", "group")]
