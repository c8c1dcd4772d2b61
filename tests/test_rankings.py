"""Rankings from a table to a decision that replays, and what is refused before anything is judged."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from samples import decision

from gate.aggregate.duckdb import DuckdbEngine
from gate.cli import main
from gate.core.decision import Verdict
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.judge.suppression import published
from gate.policy.config import config_from_effective, effective_config
from gate.stages.trial import declared_columns

GATE = """schema: gate.config/v1
models:
  shortlist:
    policy: policy.yaml
    task: {task}
    data: {data}
    predictions: {predictions}
    sensitive_features: {{sex: {{column: sex, groups: [f, m]}}}}
"""
POLICY = """schema: gate.policy/v1
tier: t
evidence: {{burden_of_proof: {burden}}}
rules:
  - {{id: shortlisted, metric: {metric}, {bound}, enforcement: hard-mandatory}}
"""
MODEL = ModelConfig(
    name="shortlist",
    task=Task.RANKING,
    data=DataSource(label="y", query="q"),
    predictions=PredictionColumns(column="p", top_k=4),
    sensitive_features=(SensitiveFeature(name="sex", column="sex", groups=(DeclaredGroup(name="f", value="f"), DeclaredGroup(name="m", value="m"))),),
    tier="t",
)


def _lists(queries: int = 150, *, lag: float = 0.0, size: int = 20) -> pd.DataFrame:
    """Applicants for jobs; the scores of one group lie lower by `lag`."""
    rng = np.random.default_rng(8)
    query = np.repeat(np.arange(queries), size)
    label, sex = rng.integers(0, 3, len(query)), rng.choice(["f", "m"], len(query))
    return pd.DataFrame({"q": query, "y": label, "p": np.round(label + rng.normal(0, 1, len(query)) - lag * (sex == "f"), 3), "sex": sex})


def _check(
    folder: Path,
    rows: pd.DataFrame,
    *,
    metric: str = "top_k_selection_rate_ratio",
    bound: str = "min: 0.6",
    burden: str = "candidate",
    task: str = "ranking",
    data: str = "{label: y, query: q}",
    predictions: str = "{column: p, top_k: 4}",
) -> int:
    rows.to_csv(folder / "t.csv", index=False)
    (folder / "gate.yaml").write_text(GATE.format(task=task, data=data, predictions=predictions), encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY.format(metric=metric, bound=bound, burden=burden), encoding="utf-8")
    return main(["check", "--predictions", str(folder / "t.csv"), "--config", str(folder / "gate.yaml"), "--output", str(folder / "out"), "--no-record"])


def _decision(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "decision.json").read_text(encoding="utf-8"))
    return found


def test_a_fair_order_passes_and_replays(tmp_path: Path) -> None:
    """The record holds the sums, so anyone recomputes the decision to the same bytes."""
    assert _check(tmp_path, _lists()) == 0
    assert _decision(tmp_path)["groups"][0]["metrics"].keys() == {"top_k_selection_rate", "exposure", "ndcg"}
    assert main(["replay", str(tmp_path / "out")]) == 0


def test_an_order_that_puts_one_group_last_is_blocked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Places, exposure and nothing else tell: within itself the group is ordered as well as the other."""
    rows = _lists(lag=2.0)

    assert _check(tmp_path, rows) == 1
    assert "shortlisted" in capsys.readouterr().out
    assert _check(tmp_path, rows, metric="exposure_ratio", bound="min: 0.9") == 1
    assert _check(tmp_path, rows, metric="ndcg_difference", bound="max: 0.3") == 0


def test_few_queries_are_inconclusive_whatever_they_show(tmp_path: Path) -> None:
    """Five hundred rows in 25 queries: exit 3, and the finding says what is lacking and how many are needed."""
    assert _check(tmp_path, _lists(25), bound="min: 0.1") == 3
    (finding,) = _decision(tmp_path)["findings"]

    assert "25 of 30 queries with more rows than first places" in finding["message"]
    assert (finding["rows_needed"]["unit"], finding["rows_needed"]["have"]) == ("queries", {"f": 25, "m": 25})
    assert min(finding["rows_needed"]["if_equal"].values()) >= 30


def test_the_gate_may_bear_the_burden(tmp_path: Path) -> None:
    """Not disproved, with the ratio that these lists would have caught."""
    assert _check(tmp_path, _lists(40), bound="min: 0.95", burden="gate") == 0
    (finding,) = _decision(tmp_path)["findings"]

    assert 0 < finding["detectable_gap"] < 0.95
    assert f"a true value of {finding['detectable_gap']:g} or less would have been caught" in finding["message"]


def test_an_order_that_is_none_is_blocked(tmp_path: Path) -> None:
    """The same score for everybody leaves all groups alike, and is no ranking."""
    assert _check(tmp_path, _lists().assign(p=0.5)) == 1
    assert "constant-predictions" in {finding["rule"] for finding in _decision(tmp_path)["findings"]}


def test_lists_no_longer_than_the_first_places_prove_nothing(tmp_path: Path) -> None:
    """Everybody is selected there, and nobody was chosen: neither alone nor among longer lists do they speak for a candidate."""
    long = _lists(lag=2.0)
    short = _lists(600, size=4).assign(q=lambda rows: rows["q"] + 1000)

    assert _check(tmp_path, short) == 3
    assert "0 of 30 queries with more rows than first places" in _decision(tmp_path)["findings"][0]["message"]
    assert _check(tmp_path, pd.concat([long, short])) == 1


REFUSED = {
    "without a query": ({"data": "{label: y}"}, "does not say which rows compete"),
    "a query of another task": ({"task": "regression"}, "is about a ranking"),
    "first places of another task": ({"task": "regression", "data": "{label: y}"}, "is about a ranking"),
    "labels": ({"data": "{label: y, query: q, labels: [0, 1]}"}, "means nothing for a ranking"),
    "a score": ({"predictions": "{score: p}"}, "means nothing for a ranking"),
    "weights": ({"data": "{label: y, query: q, weight: y}"}, "supported for binary_classification only"),
    "a metric of another task": ({"metric": "demographic_parity_ratio"}, "the task of 'shortlist' is ranking"),
    "no first place": ({"predictions": "{column: p, top_k: 0}"}, "top_k"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_a_ranking_cannot_mean_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    """Exit 2, with words, before anything is counted."""
    changes, words = REFUSED[name]

    assert _check(tmp_path, _lists(2), **changes) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_plan_needs_a_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anybody has ranked, nobody knows how much places vary; a record knows, and counts queries."""
    _check(tmp_path, _lists(40), bound="min: 0.9")
    code = main(["plan", "--config", str(tmp_path / "gate.yaml"), "--policy", str(tmp_path / "policy.yaml"), "--table", str(tmp_path / "t.csv")])

    assert code == 2
    assert "cannot be planned without predictions" in " ".join(capsys.readouterr().err.split())
    assert main(["plan", "--decision", str(tmp_path / "out"), "--format", "json"]) == 0
    (question,) = json.loads(capsys.readouterr().out)["questions"]
    assert question["needs"]["unit"] == "queries"
    assert question["needs"]["if_equal"] > 40


def test_the_declaration_survives_the_record() -> None:
    """Query and first places stand in the effective configuration, and are read back."""
    other = replace(MODEL, predictions=PredictionColumns(column="p"))

    assert config_from_effective(effective_config(MODEL), "shortlist") == MODEL
    assert config_from_effective(effective_config(other), "shortlist").predictions.top_k == 10
    assert effective_config(MODEL) != effective_config(other)


def test_a_candidate_does_not_see_who_competes_with_whom() -> None:
    """The query is declared, so a model is not given it unasked."""
    assert declared_columns(MODEL) == ("y", "q", "sex")


def test_nothing_by_group_is_published_under_a_smallest_cell(tmp_path: Path) -> None:
    """Rows of lists are no number of people, so no table of them is known to be large enough."""
    _lists().to_parquet(tmp_path / "t.parquet")
    engine = DuckdbEngine()
    counts = engine.count(engine.open(str(tmp_path / "t.parquet")), MODEL, (), depth=1).counts
    shown = published(replace(decision(Verdict.PASSED, ()), counts=counts), 10)

    assert shown.counts.groups == ()
    assert shown.counts.statistics.ranks is None
