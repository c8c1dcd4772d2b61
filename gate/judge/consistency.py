"""Whether a table of counts is one that the declaration could have given: before anything is judged on it."""

from dataclasses import replace

from gate.core.counts import ConfusionCounts, ContingencyTable, Statistics, UnassignedKind
from gate.core.facts import AttributesFacts
from gate.core.model import Intersection, ModelConfig, Task
from gate.core.scores import NEGATIVE, POSITIVE, UNLABELLED, ScoreCounts
from gate.core.sums import CELLS, PAIRS, CellSums

__all__ = ["MOST_ROWS", "contradiction", "unattributed"]

MOST_ROWS = 10**13
"""More than any holdout has; beyond it, planning would need more memory than a machine has."""


def contradiction(model: ModelConfig, table: ContingencyTable, *, depth: int) -> str | None:
    """What contradicts the declaration, in words; None when nothing does.

    Every declared group of every feature and crossing has to be there once, in order, and nothing else; the rows of a
    feature, with those that no group took, have to be all rows; a crossing cannot have more.
    """
    found = [(entry.feature, entry.group) for entry in table.groups]
    depths = range(depth, max(depth, len(model.sensitive_features)) + 1)  # counts may be deeper than this policy asks
    counted = next((declared for at in depths if found == _names(declared := model.counted(depth=at))), None)
    if counted is None:
        return "the counts do not hold exactly the declared groups"
    if wrong := _of_sums(model, table):
        return wrong
    rows = table.overall.rows
    if not 0 < rows <= MOST_ROWS:
        return f"{rows:,} rows cannot be judged"
    for crossing in counted:
        placed = sum(entry.counts.rows for entry in table.of(crossing.name))
        unplaced = sum(entry.rows for entry in table.unassigned if entry.feature == crossing.name)
        complete = placed + unplaced == rows if len(crossing.parts) == 1 else placed <= rows
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
        case Task.RANKING:
            return _ranked(counts, statistics, top_k=model.predictions.top_k)
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


def _ranked(counts: ConfusionCounts, statistics: Statistics, *, top_k: int) -> bool:
    ranks = statistics.ranks
    plain = counts == ConfusionCounts(answered=counts.answered, unlabelled_answered=counts.unlabelled_answered)
    return plain and ranks is not None and statistics == Statistics(ranks=ranks) and ranks.possible and ranks.rows == counts.rows and ranks.top_k == top_k


def _confused(counts: ConfusionCounts, statistics: Statistics) -> bool:
    return counts.answered == 0 and counts.unlabelled_answered == 0 and statistics == replace(statistics, moments=None, classes=None, ranks=None)


def unattributed(model: ModelConfig, table: ContingencyTable, attributes: AttributesFacts | None) -> str | None:
    """What contradicts the facts about a table of attributes, in words; None when nothing does.

    Such facts are there exactly where one is declared, and a row without a line in it has no value of what comes from it.
    """
    if (model.data.attributes is None) != (attributes is None):
        return "the facts about a table of attributes do not fit the declaration"
    for feature in model.declared_features if attributes is not None else ():
        missing = sum(entry.rows for entry in table.unassigned if entry.feature == feature.name and entry.kind is UnassignedKind.MISSING_VALUE)
        if attributes is not None and feature.column in attributes.columns and missing < (attributes.unmatched or 0):
            return f"{attributes.unmatched:,} rows have no line in the table of attributes, but only {missing:,} have no {feature.name}"
    return None


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


def _of_sums(model: ModelConfig, table: ContingencyTable) -> str | None:
    """Sums are there for every group exactly if weights or clusters are declared, and fit the rows."""
    weighted, clustered = model.data.weight is not None, model.data.cluster is not None
    for counts, statistics in [(table.overall, table.statistics), *((entry.counts, entry.statistics) for entry in table.groups)]:
        sums = statistics.sums
        if (sums is not None) != (weighted or clustered) or (sums is not None and (sums.clusters is not None) != clustered):
            return "the counts do not hold the sums of weights and clusters that gate.yaml declares"
        if sums is not None and _unfit(counts, sums, weighted=weighted):
            return "the sums of weights and clusters do not fit the rows"
    return None


def _unfit(counts: ConfusionCounts, sums: CellSums, *, weighted: bool) -> bool:
    """Weight without rows, rows that count other than once without weights, more clusters than rows, or products that no rows have."""
    rows = [getattr(counts, cell) for cell in CELLS]
    squares = [product for (i, j), product in zip(PAIRS, sums.products, strict=True) if i == j]
    stray = any(total and not n for total, n in zip(sums.totals, rows, strict=True))
    changed = not weighted and list(sums.totals) != rows
    impossible = any(total * total > square * n or square > total * total for total, square, n in zip(sums.totals, squares, rows, strict=True))
    return stray or changed or impossible or sum(sums.clusters or ()) > sum(rows)


def _names(declared: tuple[Intersection, ...]) -> list[tuple[str, str]]:
    return [(crossing.name, group) for crossing in declared for group in crossing.groups]
