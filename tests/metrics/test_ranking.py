"""Rankings: places against scikit-learn and row by row, limits by simulation, and what must never pass for proof."""

import math
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.metrics import ndcg_score

from gate.aggregate.duckdb import DuckdbEngine
from gate.aggregate.interface import Counted
from gate.core.counts import ContingencyTable, Statistics
from gate.core.decision import Levels
from gate.core.metric import Rate
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import MinGroup, Threshold
from gate.core.ranks import UNIT, RankSums
from gate.errors import DataError
from gate.judge.consistency import contradiction
from gate.judge.questions import Question, answer, claims
from gate.metrics.catalogue import by_name
from gate.metrics.ranking import rank_limits
from gate.metrics.rates import Cells
from gate.record.counts_file import read_counts, write_counts

K = 3
RATES = (Rate.TOP_K_SELECTION_RATE, Rate.EXPOSURE, Rate.NDCG)


def _feature(name: str, groups: str) -> SensitiveFeature:
    return SensitiveFeature(name=name, column=name, groups=tuple(DeclaredGroup(name=group, value=group) for group in groups))


MODEL = ModelConfig(
    name="m",
    task=Task.RANKING,
    data=DataSource(label="y", query="q"),
    predictions=PredictionColumns(column="p", top_k=K),
    sensitive_features=(_feature("g", "ab"), _feature("h", "uv")),
    tier="t",
)


def _counted(folder: Path, rows: pd.DataFrame, *, depth: int = 2) -> Counted:
    rows.to_parquet(folder / "t.parquet")
    engine = DuckdbEngine()
    return engine.count(engine.open(str(folder / "t.parquet")), MODEL, (), depth=depth)


def _rows(seed: int, queries: int = 80, *, ties: bool = True) -> pd.DataFrame:
    """Lists of 1 to 12 rows with grades of 0 to 4; scores with ties, or without."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 13, queries)
    query = np.repeat(np.arange(queries), size)
    label = rng.integers(0, 5, len(query)) * (rng.random(len(query)) < 0.7)
    score = label + rng.normal(0, 2, len(query))
    return pd.DataFrame(
        {"q": query, "y": label, "p": np.round(score) if ties else score, "g": rng.choice(["a", "b"], len(query)), "h": rng.choice(["u", "v"], len(query))}
    )


def _ranks(table: ContingencyTable) -> list[RankSums | None]:
    return [*(entry.statistics.ranks for entry in table.groups), table.statistics.ranks]


def _placed(rows: pd.DataFrame) -> pd.DataFrame:
    """Each row's share of the first places and its exposure, the places of equal scores shared, straight from the definition."""
    out = []
    for _, part in rows.groupby("q"):
        place = (-part["p"]).rank(method="first")
        top, seen = (place <= K).astype(float), 1 / np.log2(1 + place)
        out.append(part.assign(size=len(part), top=top.groupby(part["p"]).transform("mean"), seen=seen.groupby(part["p"]).transform("mean")))
    return pd.concat(out)


def _ndcg(rows: pd.DataFrame) -> float:
    """scikit-learn's, averaged over the lists that have a label above 0; a list of one row is in its best order."""
    lists = [part for _, part in rows.groupby("q") if part["y"].max() > 0]
    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        found = [1.0 if len(part) == 1 else ndcg_score([part["y"]], [part["p"]]) for part in lists]
    return float(np.mean(found))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("ties", [False, True])
def test_numbers_are_those_of_the_definition_and_of_scikit_learn(tmp_path: Path, seed: int, *, ties: bool) -> None:
    """For every group, intersection and the whole table, with and without equal scores, to 1e-12."""
    rows = _rows(seed, ties=ties)
    table = _counted(tmp_path, rows).counts
    placed = _placed(rows)
    parts = [placed[placed["g"] == g] for g in "ab"] + [placed[placed["h"] == h] for h in "uv"]
    parts += [placed[(placed["g"] == g) & (placed["h"] == h)] for g in "ab" for h in "uv"]
    values = {rate: rank_limits(rate, _ranks(table), level=0.05).value for rate in RATES}

    for place, part in enumerate([*parts, placed]):
        assert values[Rate.TOP_K_SELECTION_RATE][place] == pytest.approx(part.loc[part["size"] > K, "top"].mean(), abs=1e-12)
        assert values[Rate.EXPOSURE][place] == pytest.approx(part["seen"].mean(), abs=1e-12)
        assert values[Rate.NDCG][place] == pytest.approx(_ndcg(part), abs=1e-12)


def test_queries_add_up_and_their_order_changes_no_bit(tmp_path: Path) -> None:
    """Counting two halves of the queries gives the sums of the whole; sorting the file gives the same counts."""
    rows = _rows(4)
    table = _counted(tmp_path, rows).counts
    halves = [_counted(tmp_path, rows[rows["q"] % 2 == part]).counts for part in (0, 1)]

    assert [one + two for one, two in zip(*map(_ranks, halves), strict=True) if one and two] == _ranks(table)
    assert _counted(tmp_path, rows.sample(frac=1, random_state=1)).counts == table


def test_the_record_keeps_the_sums(tmp_path: Path) -> None:
    """What is written into counts.parquet is read back, and sums that no rows have are noticed."""
    table = _counted(tmp_path, _rows(5)).counts
    sums = table.statistics.ranks
    assert sums is not None
    wrong = [  # one sum each that no rows have
        replace(sums, top_1=sums.rows * UNIT + 1),
        replace(sums, gain_2=0),
        replace(sums, contested_rows=sums.rows + 1),
        replace(sums, queries=sums.rows + 1),
        replace(sums, top_k=K + 1),
    ]

    assert read_counts(write_counts(table)) == table
    assert contradiction(MODEL, table, depth=2) is None
    for entry in wrong:
        assert contradiction(MODEL, replace(table, statistics=Statistics(ranks=entry)), depth=2) == "the counts are not those of ranking"
    with pytest.raises(ValueError, match="first places"):
        sums + wrong[-1]


@pytest.mark.parametrize("label", [-1.0, 0.5, 1001.0, math.inf])
def test_a_label_that_is_no_grade_is_refused(tmp_path: Path, label: float) -> None:
    """Gains of other numbers mean nothing: the holdout is wrong, not the candidate."""
    rows = _rows(6).astype({"y": float})
    rows.loc[3, "y"] = label

    with pytest.raises(DataError, match="whole number from 0 to 1,000"):
        _counted(tmp_path, rows)


def test_a_row_without_a_query_is_refused(tmp_path: Path) -> None:
    """It competes with nobody, so it would be first."""
    rows = _rows(6).astype({"q": object})
    rows.loc[3, "q"] = None

    with pytest.raises(DataError, match="1 rows have no query"):
        _counted(tmp_path, rows.astype({"q": "string"}))


@pytest.mark.parametrize("score", [math.nan, math.inf, 1e300])
def test_a_score_that_is_no_number_is_the_candidates_fault(tmp_path: Path, score: float) -> None:
    """One is enough: nothing is counted, and nothing passes."""
    rows = _rows(6)
    rows.loc[3, "p"] = score
    found = _counted(tmp_path, rows)

    assert found.misbehaviour is not None
    assert found.misbehaviour.check == "number"


def test_a_list_with_a_missing_label_has_no_gain(tmp_path: Path) -> None:
    """What is not known to be irrelevant may have been the best: the list counts for places, and not for gains."""
    rows = _rows(7).astype({"y": float})
    known = _counted(tmp_path, rows).counts.statistics.ranks
    rows.loc[rows["q"] == rows.loc[rows["y"].idxmax(), "q"], "y"] = math.nan
    found = _counted(tmp_path, rows).counts.statistics.ranks

    assert found is not None
    assert known is not None
    assert (found.queries, found.rated) == (known.queries, known.rated - 1)


# ----------------------------------------------------------------------------------------------- limits, and who may pass


def _summed(n: np.ndarray, x: np.ndarray, *, top_k: int = K) -> RankSums:
    """Sums of queries in which a group has n rows, of which x are selected; the exposures are x too, and gains are left out."""
    there = n > 0
    n, x = n[there].astype(object), np.round(x[there] * UNIT).astype(np.int64).astype(object)
    first, second, mixed, count = int(np.sum(x)), int(np.sum(x * x)), int(np.sum(x * n)), int(np.sum(there))
    total, squares = int(np.sum(n)), int(np.sum(n * n))
    rows = RankSums(top_k=top_k, queries=count, ordered=count, rows=total, rows_2=squares, contested=count, contested_rows=total, contested_rows_2=squares)
    return replace(rows, top_1=first, top_2=second, top_rows=mixed, exposure_1=first, exposure_2=second, exposure_rows=mixed)


def _asked(name: str, ranks: list[RankSums], bound: Threshold) -> Question:
    metric = by_name(name)
    assert metric is not None
    rows = np.array([entry.rows for entry in ranks])
    nothing = np.zeros_like(rows)
    return Question(
        metric=metric,
        threshold=bound,
        groups=tuple(map(str, range(len(ranks)))),
        cells=Cells(tp=nothing, fp=nothing, tn=nothing, fn=nothing, unlabelled_selected=nothing, unlabelled_rejected=nothing, answered=rows),
        min_group=MinGroup(),
        levels=Levels(passing=0.05, failing=0.01 / claims(metric, len(ranks))),
        statistics=tuple(Statistics(ranks=entry) for entry in ranks),
    )


def test_few_queries_are_no_proof() -> None:
    """Thousands of rows in 29 queries prove nothing; in 30 they may."""
    met = []
    for queries in (29, 30):
        n, x = np.full(queries, 100), np.full(queries, 50.0)
        found = answer(_asked("top_k_selection_rate_difference", [_summed(n, x), _summed(n, x)], Threshold(max=0.9)))
        met.append(found is not None and found.met)

    assert met == [False, True]


def test_queries_that_are_all_alike_are_no_certainty() -> None:
    """Without any spread, limits are those of as many yes-or-no answers as there are queries."""
    limits = rank_limits(Rate.TOP_K_SELECTION_RATE, [_summed(np.full(100, 10), np.full(100, 5.0))], level=0.05)

    assert limits.lower[0] < 0.42
    assert limits.upper[0] > 0.58


def test_a_group_without_rows_has_no_number() -> None:
    """It is undefined, and no rule on it is met; of a table that is no ranking, nothing is known."""
    nobody = RankSums(top_k=K)
    for rate in RATES:
        assert not rank_limits(rate, [nobody, None], level=0.05).defined.any()

    assert answer(_asked("exposure_ratio", [_summed(np.full(50, 10), np.full(50, 3.0)), nobody], Threshold(min=0.1))) is None


TABLES = 300


@cache
def _competing(queries: int, share: float, kind: Rate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of two groups that compete in queries of 20 rows, and their first 8 places or exposures, (tables, queries, 2); the true rates."""
    rng = np.random.default_rng(23)
    n = rng.binomial(20, share, (TABLES, queries))
    mood = rng.normal(0, 1, (TABLES, queries, 1))  # queries differ in which group they favour
    member = np.arange(20)[None, None, :] < n[..., None]
    score = rng.normal(0, 1, (TABLES, queries, 20)) + np.where(member, mood - 0.7, 0.0)
    place = np.argsort(np.argsort(-score, axis=-1), axis=-1)
    won = place < 8 if kind is Rate.TOP_K_SELECTION_RATE else 1 / np.log2(2 + place)
    x = np.stack([np.sum(won * member, axis=-1), np.sum(won * ~member, axis=-1)], axis=-1).astype(float)
    both = np.stack([n, 20 - n], axis=-1)
    return both, x, x.sum(axis=(0, 1)) / both.sum(axis=(0, 1))


@pytest.mark.statistics
@pytest.mark.parametrize("kind", [Rate.TOP_K_SELECTION_RATE, Rate.EXPOSURE])
@pytest.mark.parametrize(("queries", "share"), [(30, 0.5), (30, 0.2), (120, 0.5)])
def test_competing_groups_at_the_bound(queries: int, share: float, kind: Rate) -> None:
    """A gap of exactly the bound passes in at most 5 % and fails in at most 1 % of tables, where one group gains what the other loses."""
    n, x, truth = _competing(queries, share, kind)
    gap, ratio = float(truth[1] - truth[0]), float(truth[0] / truth[1])
    names = ((f"{kind.value}_difference", Threshold(max=gap)), (f"{kind.value}_ratio", Threshold(min=ratio)))
    results = []
    for table in range(TABLES):
        ranks = [_summed(n[table, :, side], x[table, :, side]) for side in (0, 1)]
        found = [answer(_asked(name, ranks, bound)) for name, bound in names]
        results.append([flag for entry in found for flag in ((entry.met, entry.broken) if entry else (False, False))])
    met, broken, met_ratio, broken_ratio = np.mean(results, axis=0)

    assert max(met, met_ratio) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / TABLES)
    assert max(broken, broken_ratio) <= 0.01 + 3 * math.sqrt(0.01 * 0.99 / TABLES)


@pytest.mark.statistics
@pytest.mark.parametrize("queries", [30, 120])
def test_a_floor_at_the_truth(queries: int) -> None:
    """Each limit of a rate by itself errs at its level at most: places of a group, exposures, and gains that are mostly near 1."""
    rng = np.random.default_rng(29)
    gains = np.round(rng.beta(8, 1.2, (TABLES, queries)) * UNIT)
    worlds = [(Rate.NDCG, [RankSums(top_k=K, rated=queries, gain_1=sum(map(int, row)), gain_2=sum(int(v) ** 2 for v in row)) for row in gains], 8 / 9.2)]
    for kind in (Rate.TOP_K_SELECTION_RATE, Rate.EXPOSURE):
        n, x, truth = _competing(queries, 0.5, kind)
        worlds.append((kind, [_summed(n[table, :, 0], x[table, :, 0]) for table in range(TABLES)], float(truth[0])))
    for rate, ranks, true in worlds:
        for level in (0.05, 0.01):
            limits = rank_limits(rate, ranks, level=level)
            allowed = level + 3 * math.sqrt(level * (1 - level) / TABLES)

            assert np.mean(limits.lower > true) <= allowed, rate
            assert np.mean(limits.upper < true) <= allowed, rate
