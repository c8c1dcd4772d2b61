"""The techniques by themselves: what they promise, and what Fairlearn and scikit-learn say of the same quantity."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from fairlearn import reductions
from fairlearn.metrics import demographic_parity_difference
from fairlearn.preprocessing import CorrelationRemover
from hiring import people
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from gate.core.mitigation import GROUP_DEPENDENT, WORDS, Technique
from gate.core.model import DeclaredGroup, SensitiveFeature
from gate.mitigate import descent
from gate.mitigate.estimator import parts_of
from gate.mitigate.rows import Rows, group_of
from gate.mitigate.techniques import CONSTRAINED, Fitted, Impossible, Nothing, Task, fitted, weights_of

SEX = SensitiveFeature(name="sex", column="sex", groups=(DeclaredGroup(name="women", value="f"), DeclaredGroup(name="men", value="m")))
INPUTS = ("skill", "years", "school", "district")


def _rows(frame: pd.DataFrame) -> Rows:
    codes = frame["sex"].map({"f": 0, "m": 1}).fillna(-1).to_numpy(dtype="int64")
    whole = frame.assign(years=frame["years"].astype("float64"))
    return Rows(
        frame=whole, label=frame["hired"].to_numpy(dtype="int64"), groups={"sex": codes}, declared=pa.table({"one": [0] * len(frame)}), digest="", textual=False
    )


@cache
def _table() -> pd.DataFrame:
    return people(5, 700)


def _task(*, frame: pd.DataFrame | None = None, inputs: tuple[str, ...] = INPUTS, constraint: str = "", estimator: str = "logistic") -> Task:
    rows = _rows(_table() if frame is None else frame)
    parts = parts_of(estimator, rows.frame[list(inputs)], folder=Path())
    return Task(rows=rows, inputs=inputs, parts=parts, seed=0, feature=SEX, constraint=constraint)


@cache
def _made(technique: Technique, constraint: str = "") -> tuple[Fitted, ...]:
    return fitted(technique, _task(constraint=constraint))


def _gap(model: Fitted, frame: pd.DataFrame) -> float:
    chosen = model.model.predict(frame[list(model.inputs)])
    return float(demographic_parity_difference(frame["hired"], chosen, sensitive_features=frame["sex"]))


def test_weights_make_group_and_label_independent() -> None:
    """With the weights of reweighing, every group has the same share of positives, and no group has more weight than rows."""
    rows = _rows(_table())
    weights, codes = weights_of(rows.groups["sex"], rows.label), rows.groups["sex"]

    shares = [weights[(codes == place) & (rows.label == 1)].sum() / weights[codes == place].sum() for place in (0, 1)]

    assert shares[0] == pytest.approx(shares[1])
    assert weights[codes == 0].sum() == pytest.approx(np.sum(codes == 0))


def test_a_row_without_a_group_keeps_its_weight() -> None:
    """Who is in no declared group is neither dropped nor weighted."""
    codes, label = np.array([0, 0, 1, 1, -1]), np.array([1, 0, 1, 1, 0])

    assert weights_of(codes, label)[-1] == 1.0


def test_reweighing_is_scikit_learns_fit_with_those_weights() -> None:
    """The model is the estimator, fitted with `sample_weight`."""
    task, (made,) = _task(), _made(Technique.REWEIGHING)
    ready = made.model[0].transform(task.rows.frame[list(INPUTS)])
    expected = LogisticRegression(max_iter=1000).fit(ready, task.rows.label, sample_weight=weights_of(task.codes, task.rows.label))

    assert made.model[1].coef_ == pytest.approx(expected.coef_)


def test_correlation_remover_gives_fairlearns_inputs() -> None:
    """The model that travels without Fairlearn takes out exactly what Fairlearn's own transformer takes out."""
    made = _made(Technique.CORRELATION_REMOVER)[-1]
    model, frame = made.model, _rows(_table()).frame
    ready = model.prepare.transform(frame[list(INPUTS)])
    shown = (frame["sex"].map({"f": 0, "m": 1}).to_numpy()[:, None] == np.arange(2)).astype(float)
    expected = CorrelationRemover(sensitive_feature_ids=[0, 1]).fit_transform(np.hstack([shown, ready]))

    assert model.transform(frame) == pytest.approx(expected, abs=1e-9)


@pytest.mark.filterwarnings("ignore")  # Fairlearn's own
def test_exponentiated_gradient_votes_for_fairlearns_likelier_answer() -> None:
    """Without lots drawn, the answer is the one that Fairlearn's randomised classifier gives more often."""
    (made,) = _made(Technique.EXPONENTIATED_GRADIENT, "demographic_parity")
    task = _task()
    ready = made.model[0].transform(task.rows.frame[list(INPUTS)])
    own = reductions.ExponentiatedGradient(LogisticRegression(max_iter=1000), reductions.DemographicParity())
    own.fit(ready, task.rows.label, sensitive_features=task.codes)
    likelier = own._pmf_predict(ready)[:, 1]

    clear = np.abs(likelier - 0.5) > 1e-6
    assert (made.model.predict(task.rows.frame[list(INPUTS)]) == (likelier > 0.5))[clear].all()


@pytest.mark.filterwarnings("ignore")  # Fairlearn's own
def test_grid_search_points_are_fairlearns() -> None:
    """A point of the grid is Fairlearn's predictor of that number."""
    made = _made(Technique.GRID_SEARCH, "demographic_parity")[0]
    task, point = _task(), int(made.parameters[1].removeprefix("point="))
    ready = made.model[0].transform(task.rows.frame[list(INPUTS)])
    own = reductions.GridSearch(LogisticRegression(max_iter=1000), reductions.DemographicParity(), grid_size=30)
    own.fit(ready, task.rows.label, sensitive_features=task.codes)

    assert made.model[1].coef_ == pytest.approx(own.predictors_[point].coef_)


@pytest.mark.parametrize(
    "technique",
    [
        Technique.REWEIGHING,
        Technique.RESAMPLING,
        Technique.DROP_PROXIES,
        Technique.CORRELATION_REMOVER,
        Technique.PREJUDICE_REMOVER,
        Technique.ADVERSARIAL_DEBIASING,
        Technique.REJECT_OPTION,
    ],
)
def test_gap_in_selection_shrinks(technique: Technique) -> None:
    """On rows that it has not seen, some model of the technique selects the groups more alike than the plain one."""
    fresh = people(6, 2000).assign(years=lambda frame: frame["years"].astype("float64"))
    plain = _gap(_made(Technique.PLAIN)[0], fresh)

    assert min(_gap(made, fresh) for made in _made(technique)) < 0.8 * plain


def test_thresholds_meet_fairlearns_target() -> None:
    """On the training rows both groups are selected equally often, up to one row."""
    (made,) = _made(Technique.THRESHOLD_OPTIMIZER, "demographic_parity")

    assert _gap(made, _rows(_table()).frame) < 0.01


def test_calibrated_scores_mean_what_they_say_in_every_group() -> None:
    """On the training rows the mean score of a group is its share of positives."""
    (made,) = _made(Technique.GROUP_CALIBRATION)
    rows = _rows(_table())
    scores = made.model.predict_proba(rows.frame[list(made.inputs)])[:, 1]

    for place in (0, 1):
        inside = rows.groups["sex"] == place
        assert scores[inside].mean() == pytest.approx(rows.label[inside].mean(), abs=1e-3)


def test_only_group_dependent_models_ask_for_the_group() -> None:
    """The sensitive column is an input of exactly those techniques that are marked so."""
    asks = {technique for technique in Technique if any("sex" in made.inputs for made in _made(technique, CONSTRAINED.get(technique, ("",))[0]))}

    assert asks == GROUP_DEPENDENT
    assert set(WORDS) == set(Technique)


def test_prejudice_remover_without_a_penalty_is_plain_regression() -> None:
    """With penalty 0 the coefficients are those of scikit-learn's regression with the same ridge."""
    rng = np.random.default_rng(0)
    ready: NDArray[np.float64] = rng.normal(size=(400, 3))
    label = (ready @ [1.0, -1.0, 0.5] + rng.logistic(size=400) > 0).astype("int64")
    slopes, intercept = descent.prejudice_remover(ready, label, rng.integers(0, 2, 400), penalty=0.0)
    expected = LogisticRegression(C=1 / (400 * 1e-3), tol=1e-8).fit(ready, label)

    assert slopes == pytest.approx(expected.coef_[0], abs=5e-3)
    assert intercept == pytest.approx(expected.intercept_[0], abs=5e-3)


def test_one_input_cannot_be_dropped() -> None:
    """With a single input that tells the groups apart, dropping proxies leaves no model and says so."""
    with pytest.raises(Nothing, match="every input tells the groups apart"):
        fitted(Technique.DROP_PROXIES, _task(inputs=("district",)))


def test_one_label_gives_no_model() -> None:
    """Where all training rows have the same label there is nothing to learn, whatever the technique."""
    with pytest.raises(Impossible, match="same label") as failed:
        fitted(Technique.REWEIGHING, _task(frame=_table().assign(hired=1)))
    assert not isinstance(failed.value, Nothing)  # it failed, and a search that needs it is not whole


def test_one_group_gives_no_constrained_model() -> None:
    """A constraint between groups means nothing where only one has rows."""
    with pytest.raises(Impossible, match="fewer than two groups"):
        fitted(Technique.PREJUDICE_REMOVER, _task(frame=_table().assign(sex="f")))


def test_missing_and_unseen_categories_are_answered() -> None:
    """A row with everything missing, or with a school that nobody knows, gets an answer."""
    (made,) = _made(Technique.PLAIN)
    odd = pd.DataFrame({"skill": [np.nan, 0.1], "years": [np.nan, 1.0], "school": [None, "moon"], "district": [None, "hill"]})

    assert set(made.model.predict(odd)) <= {0, 1}


@pytest.mark.parametrize(("value", "place"), [("f", 0), ("m", 1), ("x", -1), (None, -1)])
def test_the_model_finds_the_group_that_the_gate_counts(value: str | None, place: int) -> None:
    """A value that was not declared, or none, is in no group."""
    assert group_of(SEX)(pd.DataFrame({"sex": [value, "f"]}))[0] == place


def test_bins_are_the_gates() -> None:
    """An edge belongs to the bin above it, as when the gate counts; what is no number is in none."""
    age = SensitiveFeature(name="age", column="age", groups=tuple(DeclaredGroup(name=name) for name in "abc"), bins=(25.0, 40.0))

    assert group_of(age)(pd.DataFrame({"age": [24.9, 25, 39, 40, np.nan]})).tolist() == [0, 1, 1, 2, -1]
