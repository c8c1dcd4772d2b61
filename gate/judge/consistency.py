"""Whether a table of counts is one that the declaration could have given: before anything is judged on it."""

from gate.core.counts import ConfusionCounts, ContingencyTable, Statistics
from gate.core.model import Intersection, ModelConfig, Task, crossings
from gate.core.scores import NEGATIVE, POSITIVE, UNLABELLED, ScoreCounts

__all__ = ["MOST_ROWS", "contradiction"]

MOST_ROWS = 10**13
"""More than any holdout has; beyond it, planning would need more memory than a machine has."""


def contradiction(model: ModelConfig, table: ContingencyTable, *, depth: int) -> str | None:
    """What contradicts the declaration, in words; None when nothing does.

    Every declared group of every feature and crossing has to be there once, in order, and nothing else; the rows of a
    feature, with those that no group took, have to be all rows; a crossing cannot have more.
    """
    found = [(entry.feature, entry.group) for entry in table.groups]
    depths = range(depth, max(depth, len(model.sensitive_features)) + 1)  # counts may be deeper than this policy asks
    counted = next((declared for at in depths if found == _names(declared := crossings(model.sensitive_features, depth=at))), None)
    if counted is None:
        return "the counts do not hold exactly the declared groups"
    rows = table.overall.rows
    if not 0 < rows <= MOST_ROWS:
        return f"{rows:,} rows cannot be judged"
    for crossing in counted:
        placed = sum(entry.counts.rows for entry in table.of(crossing.name))
        unplaced = sum(entry.rows for entry in table.unassigned if entry.feature == crossing.name)
        complete = placed + unplaced == rows if len(crossing.features) == 1 else placed <= rows
        if not complete:
            return f"the rows of {crossing.name} are {placed + unplaced:,}, those of the whole table {rows:,}"
    return _misfit(model, table) or _contradicting_scores(table)


def _misfit(model: ModelConfig, table: ContingencyTable) -> str | None:
    """Whether the counts are of the kind that the model's task has: moments of numbers, classes, or a confusion matrix with or without scores."""
    everything = [(table.overall, table.statistics), *((entry.counts, entry.statistics) for entry in table.groups)]
    if not all(_fits(model, counts, statistics) for counts, statistics in everything):
        return f"the counts are not those of {model.task.value}"
    scales = {entry.moments.scale for _, entry in everything if entry.moments is not None}
    return "the moments were summed on different scales" if len(scales) > 1 else None


def _fits(model: ModelConfig, counts: ConfusionCounts, statistics: Statistics) -> bool:
    match model.task:
        case Task.REGRESSION:
            return _numeric(counts, statistics)
        case Task.MULTICLASS_CLASSIFICATION:
            return _classified(counts, statistics, classes=len(model.data.labels or ()))
        case Task.BINARY_CLASSIFICATION:
            return _confused(counts, statistics)


def _classified(counts: ConfusionCounts, statistics: Statistics, *, classes: int) -> bool:
    found = statistics.classes
    if found is None or statistics != Statistics(classes=found) or not found.possible or found.classes != classes:
        return False
    return counts == ConfusionCounts(answered=sum(found.cells), unlabelled_answered=sum(found.unlabelled))


def _numeric(counts: ConfusionCounts, statistics: Statistics) -> bool:
    moments = statistics.moments
    plain = counts == ConfusionCounts(answered=counts.answered, unlabelled_answered=counts.unlabelled_answered)
    return plain and statistics == Statistics(moments=moments) and moments is not None and moments.labelled == counts.labelled and moments.possible


def _confused(counts: ConfusionCounts, statistics: Statistics) -> bool:
    return counts.answered == 0 and counts.unlabelled_answered == 0 and statistics == Statistics(scores=statistics.scores, paired=statistics.paired)


def _contradicting_scores(table: ContingencyTable) -> str | None:
    """Scores are there for all rows and every group, or not at all, and there is one for every row."""
    entries = [("the whole table", table.overall, table.statistics.scores)]
    entries += [(f"{entry.group} of {entry.feature}", entry.counts, entry.statistics.scores) for entry in table.groups]
    if all(scores is None for _, _, scores in entries):
        return None
    wrong = next((name for name, counts, scores in entries if scores is None or not _fit(counts, scores)), None)
    return None if wrong is None else f"the scores of {wrong} are not those of its rows"


def _fit(counts: ConfusionCounts, scores: ScoreCounts) -> bool:
    unlabelled = counts.rows - counts.labelled
    return scores.impossible is None and scores.by_label == {UNLABELLED: unlabelled, NEGATIVE: counts.negatives, POSITIVE: counts.positives}


def _names(declared: tuple[Intersection, ...]) -> list[tuple[str, str]]:
    return [(crossing.name, group) for crossing in declared for group in crossing.groups]
