"""Several classes: each is judged as a binary model would be, and the worst one decides."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, equalized_odds_difference, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score, confusion_matrix

from gate.cli import main
from gate.core.classes import ClassCounts

LABELS = ["a", "b", "c", "d"]
GATE = """schema: gate.config/v1
models:
  m:
    tier: high
    task: {task}
    data: {data}
    predictions: {{column: p}}
    sensitive_features: {{g: {{column: g, groups: [x, y]}}}}
"""
POLICY = """schema: gate.policy/v1
tier: high
evidence: {{burden_of_proof: {burden}}}
rules:
  - {{id: parity, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}}
  - {{id: odds, metric: equalized_odds_difference, max: 0.1, enforcement: soft-mandatory}}
  - {{id: floor, metric: true_positive_rate_group_min, min: 0.5, enforcement: soft-mandatory}}
  - {{id: right, metric: accuracy_difference, max: 0.1, enforcement: soft-mandatory}}
"""


def _rows(seed: int, size: int = 1500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    label = rng.choice(LABELS, size)
    answer = np.where(rng.random(size) < rng.uniform(0.4, 0.95), label, rng.choice(LABELS, size))
    return pd.DataFrame({"y": label, "p": answer, "g": rng.choice(["x", "y"], size)})


def _decided(folder: Path, rows: pd.DataFrame, *, task: str, data: str, burden: str = "candidate") -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(folder / "t.parquet")
    (folder / "gate.yaml").write_text(GATE.format(task=task, data=data), encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY.format(burden=burden), encoding="utf-8")
    words = ["--predictions", str(folder / "t.parquet"), "--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml")]
    assert main(["check", *words, "--output", str(folder / "out"), "--no-record"]) in {0, 1, 3}
    found: dict[str, Any] = json.loads((folder / "out" / "decision.json").read_text(encoding="utf-8"))
    return found


def _classes(folder: Path, rows: pd.DataFrame, burden: str = "candidate") -> dict[str, Any]:
    return _decided(folder, rows, task="multiclass_classification", data="{label: y, labels: [a, b, c, d]}", burden=burden)


@pytest.mark.parametrize("seed", range(4))
def test_values_are_those_of_fairlearn_for_the_worst_class(tmp_path: Path, seed: int) -> None:
    """One against the rest, class by class, the worst of them; accuracy needs no classes."""
    rows = _rows(seed)
    values = {finding["rule"]: finding["value"] for finding in _classes(tmp_path, rows)["findings"]}
    binary = [(rows["y"] == label, rows["p"] == label) for label in LABELS]
    gaps = [MetricFrame(metrics=selection_rate, y_true=y, y_pred=p, sensitive_features=rows["g"]).difference() for y, p in binary]
    floors = [MetricFrame(metrics=true_positive_rate, y_true=y, y_pred=p, sensitive_features=rows["g"]).group_min() for y, p in binary]
    right = MetricFrame(metrics=accuracy_score, y_true=rows["y"], y_pred=rows["p"], sensitive_features=rows["g"]).difference()

    assert values["parity"] == pytest.approx(max(gaps), rel=1e-9)
    assert values["odds"] == pytest.approx(max(equalized_odds_difference(y, p, sensitive_features=rows["g"]) for y, p in binary), rel=1e-9)
    assert values["floor"] == pytest.approx(min(floors), rel=1e-9)
    assert values["right"] == pytest.approx(right, rel=1e-9)


@pytest.mark.parametrize("burden", ["candidate", "gate"])
def test_a_rule_passes_only_if_every_class_by_itself_would(tmp_path: Path, burden: str) -> None:
    """Never a pass that some class alone does not have, and never a fail that no class alone has."""
    rows = _rows(7, 3000)
    rows.loc[(rows["g"] == "y") & (rows["y"] == "c") & (np.arange(3000) % 3 == 0), "p"] = "a"
    whole = {finding["rule"]: finding for finding in _classes(tmp_path / "whole", rows, burden)["findings"]}
    single = []
    for label in LABELS:
        one = rows.assign(y=rows["y"].eq(label).astype(int), p=rows["p"].eq(label).astype(int))
        found = _decided(tmp_path / label, one, task="binary_classification", data="{label: y}", burden=burden)
        single.append({finding["rule"]: finding["outcome"] for finding in found["findings"]})

    for rule in ("parity", "odds", "floor"):
        outcomes = {finding[rule] for finding in single}
        assert (whole[rule]["outcome"] == "pass") == (outcomes == {"pass"})
        assert whole[rule]["outcome"] != "fail" or "fail" in outcomes
    assert whole["odds"]["outcome"] == "fail"
    assert whole["odds"]["message"].startswith("class c: ")


def test_the_matrix_is_that_of_scikit_learn() -> None:
    """Rows by label, columns by prediction; every class against the rest adds up to all rows."""
    rows = _rows(3)
    matrix = confusion_matrix(rows["y"], rows["p"], labels=LABELS)
    counts = ClassCounts(cells=tuple(map(int, matrix.ravel())), unlabelled=(1, 2, 3, 4))

    for place, label in enumerate(LABELS):
        tn, fp, fn, tp = (int(n) for n in confusion_matrix(rows["y"] == label, rows["p"] == label).ravel())
        one = counts.against_the_rest(place)
        assert (one.tp, one.fp, one.tn, one.fn, one.unlabelled_selected, one.rows) == (tp, fp, tn, fn, place + 1, 1510)
    assert (counts + counts).cells == tuple(2 * n for n in counts.cells)
    assert counts.right_and_wrong.tp == int(np.trace(matrix))


def test_a_label_outside_the_classes_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A class that nobody declared would otherwise vanish from every count."""
    rows = _rows(1)
    rows.loc[5, "y"] = "e"
    rows.to_parquet(tmp_path / "t.parquet")
    (tmp_path / "gate.yaml").write_text(GATE.format(task="multiclass_classification", data="{label: y, labels: [a, b, c, d]}"), encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY.format(burden="candidate"), encoding="utf-8")
    words = ["--predictions", str(tmp_path / "t.parquet"), "--config", str(tmp_path / "gate.yaml"), "--policy", str(tmp_path / "policy.yaml")]

    assert main(["check", *words, "--no-record"]) == 2
    assert "other than 'a', 'b', 'c' and 'd', such as 'e'" in " ".join(capsys.readouterr().err.split())


def test_a_declared_class_without_rows_holds_the_candidate(tmp_path: Path) -> None:
    """What is done to a class that the holdout does not have is not known: exit 3, with a null value and a reason."""
    rows = _rows(1)
    rows = rows[rows["y"].ne("d") & rows["p"].ne("d")]
    found = {finding["rule"]: finding for finding in _classes(tmp_path, rows)["findings"]}

    assert (found["odds"]["outcome"], found["odds"]["value"]) == ("inconclusive", None)
    assert found["odds"]["reason"]
    assert found["odds"]["effect"] == "holds"
