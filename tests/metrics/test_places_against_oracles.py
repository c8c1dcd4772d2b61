"""Random tables of a ranking: scikit-learn is the oracle for gains, the definition in numpy for places."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from random_tables import BATCH, FORMS, SEEDS, by_table, counted, framed, of_groups, swift
from sklearn.metrics import ndcg_score
from statsmodels.stats.proportion import proportion_confint

from gate.core.counts import GroupCounts
from gate.core.metric import Rate
from gate.core.model import Task
from gate.metrics.ranking import rank_limits

pytestmark = [pytest.mark.statistics, pytest.mark.filterwarnings("ignore")]
_swift = pytest.fixture(autouse=True)(swift)

K = 3
RATES = (Rate.TOP_K_SELECTION_RATE, Rate.EXPOSURE, Rate.NDCG)


def _rows(rng: np.random.Generator, size: int) -> Mapping[str, np.ndarray]:
    """Grades, scores with a few ties, and which of four lists of the table a row stands in."""
    grade = rng.integers(0, 4, size) * (rng.random(size) < rng.uniform(0.2, 1))
    return {"y": grade, "p": np.round(grade + rng.normal(0, 2, size), int(rng.integers(0, 3))), "list": rng.integers(0, 4, size)}


@pytest.fixture(scope="module", params=SEEDS)
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, dict[int, GroupCounts]]:
    """Random tables, and what the engine counts of them."""
    rows = framed(request.param, _rows).assign(q=lambda frame: 4 * frame["table"] + frame["list"])
    return rows, counted(tmp_path_factory.mktemp("places"), rows, Task.RANKING, query="q")


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Every row's share of the first places and its exposure; rows with the same score share theirs."""
    place = rows.groupby("q")["p"].rank(method="first", ascending=False)
    own = rows.assign(top=(place <= K).astype(float), seen=1 / np.log2(1 + place), size=rows.groupby("q")["p"].transform("size"))
    shared = own.groupby(["q", "p"])[["top", "seen"]].transform("mean")
    return own.assign(top=shared["top"], seen=shared["seen"])


def _gain(part: pd.DataFrame) -> float:
    """The mean of scikit-learn's over the group's lists that have a grade above 0; it has no number for a list of one row."""
    lists = [(rows["y"].to_numpy(), rows["p"].to_numpy()) for _, rows in part.groupby("q")]
    found = [1.0 if len(y) == 1 else ndcg_score([y], [p]) for y, p in lists if y.max() > 0]
    return float(np.mean(found)) if found else np.nan


def test_values_are_those_of_scikit_learn_and_of_the_definition(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """By group and over groups, in every form in turn, to 1e-12; a ratio, whose two means are each off by 2⁻⁴¹ at most, to 1e-12 of the larger one."""
    placed = _placed(tables[0])
    compared = 0
    for table, parts, entries in by_table(placed, tables[1]):
        expected = {
            Rate.TOP_K_SELECTION_RATE: np.array([part.loc[part["size"] > K, "top"].mean() for part in parts]),
            Rate.EXPOSURE: np.array([part["seen"].mean() for part in parts]),
            Rate.NDCG: np.array([_gain(part) for part in parts]),
        }
        form = FORMS[table % len(FORMS)]
        for rate, theirs in expected.items():
            ours = rank_limits(rate, [entry.statistics.ranks for entry in entries], level=0.05)
            known = np.isfinite(theirs)
            assert ours.defined.tolist() == known.tolist(), rate
            assert ours.value[known] == pytest.approx(theirs[known], abs=1e-12), rate
            if known.all() and theirs.max() > 0:
                over = {"difference": np.ptp(theirs), "ratio": theirs.min() / theirs.max(), "group_min": theirs.min(), "group_max": theirs.max()}[form]
                assert of_groups(f"{rate.value}_{form}", entries) == pytest.approx(over, abs=1e-12 / (theirs.max() if form == "ratio" else 1)), (rate, form)
                compared += 1

    assert compared > 2 * BATCH


def test_limits_are_never_narrower_than_those_of_as_many_rows(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """Statsmodels' Clopper–Pearson limits of the same share among as many independent rows lie within ours."""
    ranks = [entry.statistics.ranks for entry in tables[1].values()]
    for rate in RATES:
        ours = rank_limits(rate, ranks, level=0.05)
        rows = np.array([0 if e is None else {Rate.NDCG: e.rated, Rate.EXPOSURE: e.rows}.get(rate, e.contested_rows) for e in ranks])
        some = ours.defined & (ours.value > 0) & (ours.value < 1)
        lower, upper = proportion_confint(ours.value[some] * rows[some], rows[some], alpha=0.1, method="beta")
        assert np.all(ours.lower[some] <= lower + 1e-9)
        assert np.all(ours.upper[some] >= upper - 1e-9)
