"""Random tables of several classes: scikit-learn, Fairlearn and statsmodels are the oracle, class by class and for the worst one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, selection_rate
from random_tables import BATCH, EVERY, SEEDS, by_table, counted, framed, swift
from sklearn.metrics import accuracy_score, multilabel_confusion_matrix, precision_recall_fscore_support
from statsmodels.stats.proportion import proportion_confint

from gate.core.counts import ConfusionCounts, GroupCounts
from gate.core.decision import Levels
from gate.core.metric import Rate
from gate.core.model import Task
from gate.core.policy import MinGroup, Threshold
from gate.judge.classes import class_questions
from gate.judge.questions import Question, answer
from gate.metrics.catalogue import by_name
from gate.metrics.rates import Cells, limits

pytestmark = [pytest.mark.statistics, pytest.mark.filterwarnings("ignore")]
_swift = pytest.fixture(autouse=True)(swift)

LABELS = (0, 1, 2, 3)
NAMES = tuple(map(str, LABELS))
FRACTIONS = (Rate.SELECTION_RATE, Rate.TRUE_POSITIVE_RATE, Rate.FALSE_POSITIVE_RATE, Rate.PRECISION)
"""The rates that a record shows of every class, whose limits are Clopper and Pearson's."""


def _rows(rng: np.random.Generator, size: int) -> Mapping[str, np.ndarray]:
    """Labels of uneven classes, and answers that are right more or less often."""
    shares = rng.dirichlet(np.ones(len(LABELS)))
    label = rng.choice(LABELS, size, p=shares)
    return {"y": label, "p": np.where(rng.random(size) < rng.uniform(0, 1), label, rng.choice(LABELS, size, p=rng.permutation(shares)))}


@pytest.fixture(scope="module", params=SEEDS)
def tables(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[pd.DataFrame, dict[int, GroupCounts]]:
    """Random tables, and what the engine counts of them."""
    rows = framed(request.param, _rows)
    return rows, counted(tmp_path_factory.mktemp("classes"), rows, Task.MULTICLASS_CLASSIFICATION, labels=LABELS)


def _against_the_rest(entry: GroupCounts, label: int) -> ConfusionCounts:
    assert entry.statistics.classes is not None
    return entry.statistics.classes.against_the_rest(label)


def test_each_class_against_the_rest_is_that_of_scikit_learn(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """Four cells of every class, precision, recall and F1 where they are defined, and accuracy, to 1e-12."""
    for _, parts, entries in by_table(*tables):
        for part, entry in zip(parts, entries, strict=True):
            y, p = part["y"].to_numpy(), part["p"].to_numpy()
            cells = [_against_the_rest(entry, label) for label in LABELS]
            assert [[[c.tn, c.fp], [c.fn, c.tp]] for c in cells] == multilabel_confusion_matrix(y, p, labels=LABELS).tolist()
            expected = precision_recall_fscore_support(y, p, labels=LABELS, average=None)
            for rate, theirs in zip((Rate.PRECISION, Rate.TRUE_POSITIVE_RATE, Rate.F1_SCORE), expected[:3], strict=True):
                ours = limits(rate, Cells.of(cells), level=0.05)
                assert np.abs(ours.value - theirs)[ours.defined] == pytest.approx(0, abs=1e-12), rate
            right = Cells.of([entry.statistics.classes.right_and_wrong]) if entry.statistics.classes else Cells.of([])
            assert limits(Rate.ACCURACY, right, level=0.05).value[0] == pytest.approx(accuracy_score(y, p), abs=1e-12)


def test_limits_of_a_class_are_those_of_statsmodels(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """Clopper–Pearson limits of the rates that a record shows of every class, to 1e-9."""
    _, groups = tables
    cells = Cells.of([_against_the_rest(entry, label) for entry in groups.values() for label in LABELS])
    trials = {Rate.SELECTION_RATE: cells.rows, Rate.TRUE_POSITIVE_RATE: cells.positives, Rate.FALSE_POSITIVE_RATE: cells.negatives}
    trials[Rate.PRECISION] = cells.tp + cells.fp
    hits = {Rate.SELECTION_RATE: cells.tp + cells.fp, Rate.TRUE_POSITIVE_RATE: cells.tp, Rate.FALSE_POSITIVE_RATE: cells.fp, Rate.PRECISION: cells.tp}
    for rate in FRACTIONS:
        some = trials[rate] > 0
        for level in (0.05, 0.01):
            ours = limits(rate, cells, level=level)
            lower, upper = proportion_confint(hits[rate][some], trials[rate][some], alpha=2 * level, method="beta")
            assert ours.lower[some] == pytest.approx(lower, abs=1e-9), rate
            assert ours.upper[some] == pytest.approx(upper, abs=1e-9), rate


def _worst(name: str, entries: list[GroupCounts]) -> float | None:
    """The metric's largest value over all classes; None where a class has none."""
    metric = by_name(name)
    assert metric is not None
    question = Question(
        metric=metric,
        threshold=Threshold(max=0.1),
        groups=tuple(entry.group for entry in entries),
        cells=Cells.of([entry.counts for entry in entries]),
        min_group=MinGroup(),
        levels=Levels(passing=0.05, failing=0.001),
        statistics=tuple(entry.statistics for entry in entries),
    )
    found = [answer(asked) for _, asked in class_questions(question, LABELS)]
    values = [None if entry is None else entry.value for entry in found]
    return None if None in values else max(value for value in values if value is not None)


def test_gaps_are_fairlearns_for_the_worst_class(tables: tuple[pd.DataFrame, dict[int, GroupCounts]]) -> None:
    """The largest difference over the classes is the largest of MetricFrame's, one class against the rest, to 1e-12; so is that of accuracy."""
    rows, groups = tables
    kept = rows if EVERY else rows[rows["table"] < BATCH // 2]
    frames = [
        MetricFrame(
            metrics=selection_rate, y_true=kept["y"] == label, y_pred=kept["p"] == label, sensitive_features=kept["group"], control_features=kept["table"]
        ).difference()
        for label in LABELS
    ]
    right = MetricFrame(metrics=accuracy_score, y_true=kept["y"], y_pred=kept["p"], sensitive_features=kept["group"], control_features=kept["table"])
    accuracy = right.difference()
    for table, _, entries in by_table(kept, groups):
        assert _worst("demographic_parity_difference", entries) == pytest.approx(max(frame.loc[table] for frame in frames), abs=1e-12)
        assert _worst("accuracy_difference", entries) == pytest.approx(accuracy.loc[table], abs=1e-12)


def test_counts_of_the_groups_are_the_counts_of_all_rows(tables: tuple[pd.DataFrame, dict[int, GroupCounts]], tmp_path: Path) -> None:
    """Every table counted as one group is the sum of its groups, cell by cell."""
    rows, groups = tables
    whole = counted(tmp_path, rows.assign(key=4 * rows["table"]), Task.MULTICLASS_CLASSIFICATION, labels=LABELS)
    for table, _, entries in by_table(rows, groups):
        total = sum((entry.statistics for entry in entries[1:]), start=entries[0].statistics)
        assert replace(entries[0], statistics=total).statistics == whole[4 * table].statistics
