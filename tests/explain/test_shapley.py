"""Shapley values of a black box: what was planted is found, and it is what `shap` says."""

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from boxes import Floats, box, merit, people
from sklearn.ensemble import RandomForestClassifier

from gate.core.explanation import Explanation, Part
from gate.explain.box import AnswerForm, Box
from gate.explain.explanation import Settings, explained
from gate.explain.shapley import attributed, shapley_values

Frame = pd.DataFrame


def _values(asked: Box, rows: list[int], *, pairs: int = 40, background: int | None = None) -> Floats:
    among = np.arange(background or asked.rows)
    return shapley_values(asked, np.array(rows), among, pairs=pairs, random=np.random.default_rng(0), tell=lambda _: None).mean


def _numbers(rows: int, names: str, seed: int = 0) -> Frame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(rows, len(names))), columns=list(names)).assign(group="a")


def _explained(asked: Box, *parts: Part) -> Explanation:
    return explained(asked, Settings(parts=parts))


def test_a_planted_additive_decomposition_is_recovered() -> None:
    """Of a sum, every input's value is its own term less the term's mean over the background."""
    table = _numbers(500, "pqr")
    asked = box(table, lambda t: 2 * t["p"] - t["q"] ** 2, np.zeros(500), form=AnswerForm.NUMBER, inputs=("p", "q", "r"))
    found = _values(asked, [0, 1, 2], pairs=400, background=50)
    p, q = 2 * table["p"].to_numpy(), -(table["q"].to_numpy() ** 2)

    assert found[:, 0] == pytest.approx(p[:3] - p[:50].mean(), abs=0.25)
    assert found[:, 1] == pytest.approx(q[:3] - q[:50].mean(), abs=0.25)
    assert (found[:, 2] == 0).all()


def test_values_sum_up_to_the_answer() -> None:
    """Against one row of the background, exactly, whatever the model is."""
    table = people(300)
    asked = box(table, lambda t: np.where(t["region"] == "north", t["x"] * t["noise"], t["proxy"]), np.zeros(300), form=AnswerForm.NUMBER)
    found = _values(asked, [5, 6, 7], pairs=3, background=1)

    assert found.sum(axis=1) == pytest.approx(asked.answers[[5, 6, 7]] - asked.answers[0], abs=1e-9)


def test_values_agree_with_shap() -> None:
    """With its exact explainer over the same background, for a forest with interactions, within what sampling leaves."""
    table = _numbers(400, "pqrs")
    target = (table["p"] * table["q"] + table["r"] > 0).astype(int)
    forest = RandomForestClassifier(n_estimators=20, max_depth=5, random_state=0).fit(table[list("pqrs")].to_numpy(), target)

    def answer(values: Any) -> Floats:  # noqa: ANN401 -- a frame or an array
        return np.asarray(forest.predict_proba(np.asarray(values))[:, 1], dtype=np.float64)

    asked = box(table, lambda t: answer(t[list("pqrs")]), np.zeros(400), form=AnswerForm.SCORE, inputs=tuple("pqrs"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import shap  # noqa: PLC0415 -- warns when it is imported

        masker = shap.maskers.Independent(table[list("pqrs")].to_numpy()[:100], max_samples=100)
        theirs = shap.explainers.Exact(answer, masker)(table[list("pqrs")].to_numpy()[:10]).values
    ours = _values(asked, list(range(10)), pairs=300, background=100)

    assert ours == pytest.approx(theirs, abs=0.05)
    assert float(np.abs(ours - theirs).mean()) < 0.01


def test_the_mean_of_absolute_values_is_within_its_interval() -> None:
    """Of a normal input it is √(2/π) where the background's mean is 0; noise of sampling does not make what is nothing something."""
    table = _numbers(1500, "pqr", seed=4)
    asked = box(table, lambda t: t["p"] + 0.2 * t["q"], np.zeros(1500), form=AnswerForm.NUMBER, inputs=("p", "q", "r"))
    found = attributed(asked, (), random=np.random.default_rng(0), tell=lambda _: None)
    means = {entry.feature: entry.mean for entry in found.attributions}

    assert means["p"].low < np.sqrt(2 / np.pi) < means["p"].high
    assert means["q"].low < 0.2 * np.sqrt(2 / np.pi) < means["q"].high
    assert (means["r"].value, means["r"].high) == (0.0, 0.0)
    assert [entry.feature for entry in found.attributions] == ["p", "q", "r"]


def test_agreement_with_permutation_importance_is_reported_where_both_are_there() -> None:
    """And is none of its own alone."""
    table = people(600)
    asked = box(table, merit, merit(table))
    both, alone = _explained(asked, Part.IMPORTANCE, Part.SHAP).shapley, _explained(asked, Part.SHAP).shapley

    assert both is not None
    assert alone is not None
    assert both.agreement is not None
    assert both.attributions == alone.attributions
    assert (alone.agreement, alone.shared) == (None, None)
    assert both.attributions[0].feature == "x"


@pytest.mark.parametrize("form", [AnswerForm.LABEL, AnswerForm.SCORE, AnswerForm.NUMBER, AnswerForm.CLASS])
def test_a_model_of_one_input_rests_on_it_wholly(form: AnswerForm) -> None:
    """There is nothing to order."""
    table = people(200)
    asked = box(table, merit, merit(table), form=form, inputs=("x",), labels=("0", "1", "2"), favourable=-1 if form is AnswerForm.CLASS else 1)
    found = _explained(asked, Part.SHAP).shapley

    assert found is not None
    assert found.attributions[0].mean.value == pytest.approx(0.5, abs=0.1)


def test_categories_and_missing_values_are_inputs_like_others() -> None:
    """A value that is not there counts as one."""
    table = people(400)
    table["region"] = table["region"].astype("category").where(np.arange(400) % 3 > 0)
    asked = box(table, lambda t: t["region"].isna() * 1.0, np.zeros(400))
    found = _explained(asked, Part.SHAP, Part.DEPENDENCE)

    assert found.not_produced == ()
    assert found.shapley is not None
    assert [entry.feature for entry in found.shapley.attributions if entry.mean.value] == ["region"]
    assert found.dependences[0].feature == "region"
    assert [(point.value, point.mean.value) for point in found.dependences[0].points][-1] == ("missing", 1.0)


def test_a_constant_model_rests_on_nothing() -> None:
    """Every value is 0, and no ranking agrees with another."""
    table = people(300)
    found = _explained(box(table, lambda t: np.ones(len(t)), merit(table)), Part.IMPORTANCE, Part.SHAP, Part.DEPENDENCE)

    assert found.shapley is not None
    assert {entry.mean.high for entry in found.shapley.attributions} == {0.0}
    assert found.shapley.agreement is None
    assert {entry.reach for entry in found.dependences} == {0.0}


def test_five_hundred_inputs_are_explained_on_fewer_rows() -> None:
    """So many values go to the candidate at most, and the explanation says on how many rows it rests."""
    random = np.random.default_rng(0)
    wide = pd.DataFrame(random.normal(size=(120, 500)), columns=[f"c{i}" for i in range(500)]).assign(group="a")
    cells = 0

    def answer(batch: pa.RecordBatch) -> Floats:
        nonlocal cells
        cells += batch.num_rows * batch.num_columns
        return np.asarray(batch.column("c7").to_numpy(), dtype=np.float64)

    asked = box(wide, lambda t: t["c7"], np.zeros(120), form=AnswerForm.NUMBER, inputs=tuple(f"c{i}" for i in range(500)))
    asked.ask = answer
    found = _explained(asked, Part.SHAP).shapley

    assert found is not None
    assert found.rows < 120
    assert cells < 1.1e8
    assert [entry.feature for entry in found.attributions if entry.mean.value] == ["c7"]


def test_what_the_budget_does_not_reach_is_named_and_left_out_whole() -> None:
    """No half of a part stands for the whole."""
    table = people(500)
    asked = box(table, merit, merit(table))
    left = iter([*[1.0] * 8, *[0.0] * 1000])
    asked.time_left = lambda: next(left)
    found = _explained(asked, Part.SHAP, Part.DEPENDENCE, Part.REASONS, Part.COUNTERFACTUALS)

    assert (found.shapley is None) == any(entry.startswith("shap: the budget") for entry in found.not_produced)
    assert (found.local_reasons, found.counterfactuals) == (None, None)
    assert [entry for entry in found.not_produced if entry.startswith(("reasons", "counterfactuals"))] == [
        "reasons: the budget was used up before it was begun",
        "counterfactuals: the budget was used up before it was begun",
    ]
