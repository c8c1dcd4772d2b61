"""Counts of another kind than the task's, or that no rows could give, are never judged."""

from dataclasses import replace

import pytest

from gate.core.classes import ClassCounts
from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.moments import Moments, MomentScale
from gate.core.ranks import RankSums
from gate.core.scores import ScoreCounts
from gate.judge.consistency import contradiction

FEATURE = SensitiveFeature(name="g", column="g", groups=(DeclaredGroup(name="a", value="a"), DeclaredGroup(name="b", value="b")))
SCALE = MomentScale(residual=0, label=0, prediction=0, label_centre=0.0, prediction_centre=0.0)
MOMENTS = Moments(scale=SCALE, labelled=5, residual_1=7, absolute_1=9, residual_2=9, prediction_2=1)
CLASSES = ClassCounts(cells=(5, 0, 0, 0, 0, 0, 0, 0, 0), unlabelled=(0, 0, 0))
RANKS = RankSums(top_k=10, queries=5, rows=5, rows_2=5, exposure_1=5, exposure_2=5, exposure_rows=5)
NUMBERS, PLAIN = ConfusionCounts(answered=5), ConfusionCounts(tp=5)


def _model(task: Task) -> ModelConfig:
    labels = ("k", "l", "m") if task is Task.MULTICLASS_CLASSIFICATION else None
    data = DataSource(label="y", labels=labels)
    return ModelConfig(name="m", task=task, data=data, predictions=PredictionColumns(), sensitive_features=(FEATURE,), tier="t")


def _table(counts: ConfusionCounts, statistics: Statistics) -> ContingencyTable:
    groups = tuple(GroupCounts(feature="g", group=name, counts=counts, statistics=statistics) for name in "ab")
    return ContingencyTable(overall=counts + counts, groups=groups, statistics=statistics + statistics)


GOOD = {
    Task.BINARY_CLASSIFICATION: _table(PLAIN, Statistics()),
    Task.REGRESSION: _table(NUMBERS, Statistics(moments=MOMENTS)),
    Task.MULTICLASS_CLASSIFICATION: _table(NUMBERS, Statistics(classes=CLASSES)),
    Task.RANKING: _table(NUMBERS, Statistics(ranks=RANKS)),
}


@pytest.mark.parametrize("task", list(Task))
def test_only_counts_of_the_task_fit(task: Task) -> None:
    """Each task's own counts are accepted, those of the other tasks are not."""
    fitting = {other for other, table in GOOD.items() if contradiction(_model(task), table, depth=1) is None}

    assert fitting == {task}


@pytest.mark.parametrize("task", [Task.REGRESSION, Task.MULTICLASS_CLASSIFICATION])
def test_scores_beside_another_tasks_counts_are_refused(task: Task) -> None:
    """Only a binary answer has scores; a mean residual must not be taken from whichever of two statistics is milder."""
    table = GOOD[task]
    groups = tuple(replace(entry, statistics=replace(entry.statistics, scores=ScoreCounts())) for entry in table.groups)

    assert contradiction(_model(task), replace(table, groups=groups), depth=1) is not None


@pytest.mark.parametrize(
    "forged",
    [
        replace(MOMENTS, residual_2=-1),
        replace(MOMENTS, absolute_1=-9),
        replace(MOMENTS, residual_1=10**30),
        replace(MOMENTS, labelled=6),
        replace(MOMENTS, scale=replace(SCALE, residual=-40)),
    ],
    ids=["negative squares", "negative errors", "more bias than error", "more rows", "another scale"],
)
def test_moments_that_no_rows_have_are_refused(forged: Moments) -> None:
    """A record cannot be mended into a pass by sums that are impossible, or by a smaller scale for one group."""
    table = GOOD[Task.REGRESSION]
    first, second = table.groups
    mended = replace(table, groups=(replace(first, statistics=Statistics(moments=forged)), second))

    assert contradiction(_model(Task.REGRESSION), mended, depth=1) is not None


@pytest.mark.parametrize("cells", [(6, -1, 0, 0, 0, 0, 0, 0, 0), (5, 0, 0, 0), (4, 0, 0, 0, 0, 0, 0, 0, 0)], ids=["negative", "fewer classes", "fewer rows"])
def test_classes_that_no_rows_have_are_refused(cells: tuple[int, ...]) -> None:
    """The matrix has every declared class, nothing negative, and the rows of its group."""
    table = GOOD[Task.MULTICLASS_CLASSIFICATION]
    first, second = table.groups
    forged = ClassCounts(cells=cells, unlabelled=(0,) * int(len(cells) ** 0.5))
    mended = replace(table, groups=(replace(first, statistics=Statistics(classes=forged)), second))

    assert contradiction(_model(Task.MULTICLASS_CLASSIFICATION), mended, depth=1) is not None


@pytest.mark.parametrize(
    "forged", [replace(RANKS, rows=6), replace(RANKS, top_k=9), replace(RANKS, exposure_1=6), replace(RANKS, rated=6), replace(RANKS, gain_1=-1)]
)
def test_sums_of_ranks_that_no_rows_have_are_refused(forged: RankSums) -> None:
    """Other rows, other places, means beyond their squares, more lists than queries, and nothing negative."""
    table = GOOD[Task.RANKING]
    first, second = table.groups
    mended = replace(table, groups=(replace(first, statistics=Statistics(ranks=forged)), second))

    assert contradiction(_model(Task.RANKING), mended, depth=1) is not None
