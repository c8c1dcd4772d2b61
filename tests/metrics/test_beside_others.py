"""Areas of a group beside everybody else, against scikit-learn row by row, and what must never pass for one."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from random_tables import by_table, counted, framed
from sklearn.metrics import roc_auc_score

from gate.cli import main
from gate.core.counts import Statistics
from gate.core.metric import Rate
from gate.core.model import Task
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, ScoreCounts
from gate.metrics.scores import score_limits

SIDES = {Rate.BPSN_AUC: 0, Rate.BNSP_AUC: 1}
"""The label whose rows are the group's own."""


def _scores(label: np.ndarray, score: np.ndarray) -> ScoreCounts:
    away = np.where(label == 1, 1 - score, score)
    cells = LABELS * np.minimum((score * BINS).astype(np.int64), BINS - 1) + np.where(label == 1, POSITIVE, NEGATIVE)
    errors, squares = np.round(away * UNIT).astype(np.int64), np.round(away**2 * UNIT).astype(np.int64)
    return ScoreCounts.of(zip(cells.tolist(), [1] * len(cells), errors.tolist(), squares.tolist(), strict=True))


def _draw(rng: np.random.Generator, size: int) -> dict[str, np.ndarray]:
    score = rng.integers(1, BINS, size) / BINS
    return {"s": score, "y": (rng.random(size) < score).astype(np.int64)}


@pytest.mark.statistics
@pytest.mark.filterwarnings("ignore")
def test_they_are_scikit_learns_of_the_rows_that_are_named(tmp_path: Path) -> None:
    """The group's rows of one label and all other rows of the other, to 1e-12; nothing where the others have fewer than 30."""
    rows = framed(3, _draw, most=120)
    defined = 0
    for _, parts, entries in by_table(rows, counted(tmp_path, rows, Task.BINARY_CLASSIFICATION, labels=(0, 1), scores=True)):
        everybody = pd.concat(parts)
        whole = sum((entry.statistics for entry in entries[1:]), start=entries[0].statistics)
        for rate, own in SIDES.items():
            ours = score_limits(rate, [entry.statistics for entry in entries], level=0.05, whole=whole)
            for place, part in enumerate(parts):
                others = everybody[(everybody["key"] != part["key"].iloc[0]) & (everybody["y"] != own)]
                both = pd.concat([part[part["y"] == own], others])
                there = len(others) >= 30 and both["y"].nunique() == 2
                assert bool(ours.defined[place]) is there
                if there:
                    assert ours.value[place] == pytest.approx(roc_auc_score(both["y"], both["s"]), abs=1e-12)
                    defined += 1

    assert defined > 30


def test_counts_that_do_not_belong_together_have_no_area() -> None:
    """Where the table is not known, or a group has rows that the table has not, nothing is measured."""
    rng = np.random.default_rng(5)
    group, table = (_scores(*(part[name] for name in ("y", "s"))) for part in (_draw(rng, 300), _draw(rng, 900)))
    for whole in (None, Statistics(), Statistics(scores=table), Statistics(scores=group)):
        for rate in SIDES:
            assert not score_limits(rate, [Statistics(scores=group)], level=0.05, whole=whole).defined[0]


def test_an_order_that_bins_hide_proves_nothing() -> None:
    """Rare scores that all lie in one bin: the limits are the whole scale."""
    label = np.tile([0, 1], 400)
    group, others = (_scores(label, np.where(label == 1, high, low)) for high, low in ((2e-4, 1e-5), (1.9e-4, 2e-5)))
    for rate in SIDES:
        found = score_limits(rate, [Statistics(scores=group)], level=0.05, whole=Statistics(scores=group + others))

        assert (found.lower[0], found.upper[0]) == (0.0, 1.0)


GATE = """schema: gate.config/v1
models:
  m:
    tier: t
    task: binary_classification
    data: {label: y, labels: [0, 1]}
    predictions: {score: s}
    sensitive_features: {g: {column: g, groups: [a, b]}}
"""
POLICY = """schema: gate.policy/v1
tier: t
rules:
  - {{id: beside, metric: {metric}, {scope}min: 0.7, enforcement: hard-mandatory}}
"""


def _checked(folder: Path, metric: str, rows: pd.DataFrame, scope: str = "") -> int:
    rows.to_csv(folder / "t.csv", index=False)
    (folder / "gate.yaml").write_text(GATE, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY.format(metric=metric, scope=scope), encoding="utf-8")
    words = ["--predictions", str(folder / "t.csv"), "--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml")]
    return main(["check", *words, "--output", str(folder / "out"), "--no-record"])


def _shifted(shift: float) -> pd.DataFrame:
    """Two groups, in each of which scores tell the labels apart; all scores of `b` lie higher."""
    rng = np.random.default_rng(1)
    label, group = rng.integers(0, 2, 3000), rng.choice(["a", "b"], 3000)
    score = np.clip(rng.normal(0.3 + 0.25 * label, 0.1) + shift * (group == "b"), 0, 1)
    return pd.DataFrame({"g": group, "y": label, "s": np.round(score, 3)})


def test_a_group_whose_scores_lie_higher_is_caught(tmp_path: Path) -> None:
    """Its own area is fine, so is everybody's; beside the others, its negatives are taken for positives."""
    rows = _shifted(0.25)

    assert _checked(tmp_path, "roc_auc_score_group_min", rows) == 0
    assert _checked(tmp_path, "bpsn_auc_group_min", rows) == 1
    assert _checked(tmp_path, "bnsp_auc", rows, "scope: by_group, ") == 1
    (finding,) = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))["findings"]
    assert finding["groups"] == ["a"]


def test_alike_groups_pass_and_a_group_alone_does_not(tmp_path: Path) -> None:
    """Without a shift both areas are proven; a table that holds hardly anybody else is inconclusive."""
    rows = _shifted(0.0)
    alone = pd.concat([rows[rows["g"] == "a"], rows[rows["g"] == "b"].head(20)])

    assert _checked(tmp_path, "bpsn_auc_group_min", rows) == 0
    assert _checked(tmp_path, "bpsn_auc_group_min", alone) == 3


def test_nothing_is_asked_of_the_whole_table_or_between_groups(tmp_path: Path) -> None:
    """There are no others beside everybody, and no gap: an error of the policy, not a rule that says nothing."""
    assert _checked(tmp_path, "bpsn_auc", _shifted(0.0), "scope: overall, ") == 2
    assert _checked(tmp_path, "bpsn_auc_ratio", _shifted(0.0)) == 2
