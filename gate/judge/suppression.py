"""What of a decision may be published, where cells of few rows are near-personal data.

Coarse on purpose, so that it can be shown to hold (ADR 0029): a table is published whole or not at all. Plain features
stand or fall one by one; intersections all together, only where all features are crossed, and every row is in a group;
strata never. What is left out leaves nothing but verdict, outcomes and effects: no number, no name of a group and no
sentence depends on it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.decision import UNPUBLISHED, Decision, Finding, Judgement, Suppression
from gate.core.document import Json
from gate.core.facts import Facts
from gate.core.model import CROSS, WITHIN
from gate.judge.explanations import RULES, withheld

__all__ = ["published"]

_UNLABELLED = frozenset({"unlabelled_selected", "unlabelled_rejected", "unlabelled_answered"})
_OF_ROWS = "coverage-"
_ALWAYS = frozenset({"attributes-unmatched", "coverage-undeclared-value"}) | RULES
"""Findings whose sentence counts rows, or shows values, that no table holds."""


def published(decision: Decision, min_cell: int | None) -> Decision:
    """The decision without every table from which a cell of fewer than `min_cell` rows follows; itself where that is None."""
    if min_cell is None:
        return decision
    table = decision.counts
    features = tuple(dict.fromkeys((*(entry.feature for entry in table.groups), *(entry.feature for entry in table.unassigned))))
    hidden = _hidden(table, features, min_cell, _overlapping(decision.config.effective))
    suppressed = Suppression(min_cell=min_cell, features=tuple(name for name in features if name in hidden), overall=not _safe(_overall(table), min_cell))
    return replace(
        decision,
        judgement=_judgement(decision.judgement, suppressed, features),
        facts=_facts(decision.facts, min_cell),
        counts=_table(table, suppressed),
        counts_digest=None,
        suppressed=suppressed,
    )


# ------------------------------------------------------------------------------------------------------ which tables


def _hidden(table: ContingencyTable, features: tuple[str, ...], min_cell: int, overlapping: frozenset[str]) -> frozenset[str]:
    """The features and intersections that are left out."""
    if not _safe(_overall(table), min_cell):
        return frozenset(features)
    strata = frozenset(feature for feature in features if WITHIN in feature)
    plain = [feature for feature in features if CROSS not in feature and feature not in strata]
    crossed = frozenset(feature for feature in features if CROSS in feature)
    unsafe = frozenset(feature for feature in plain if feature in overlapping or not _plain_safe(table, feature, min_cell))
    whole = any(entry.count(CROSS) == len(plain) - 1 for entry in crossed)  # of which every other table is a sum
    complete = whole and not strata and all(not any(_rest(table, feature)) for feature in features)
    together = not unsafe and complete and all(_safe(_cells(entry, table), min_cell) for entry in table.groups if entry.feature in crossed)
    return unsafe if together else unsafe | crossed | strata


def _overlapping(config: Json) -> frozenset[str]:
    """The features that group one column in several ways: those between two edges are the difference of two groups."""
    kinds = [config.get(kind) for kind in ("sensitive_features", "control_features")] if isinstance(config, Mapping) else []
    columns: dict[str, list[str]] = {}
    for entry in (entry for declared in kinds if isinstance(declared, list) for entry in declared):
        if isinstance(entry, Mapping):
            columns.setdefault(str(entry.get("column")), []).append(str(entry.get("name")))
    return frozenset(name for names in columns.values() if len(names) > 1 for name in names)


def _plain_safe(table: ContingencyTable, feature: str, min_cell: int) -> bool:
    """Whether no group, nor those that are in none, nor any part of these, has a cell that is too small."""
    parts = [_cells(entry, table) for entry in table.of(feature)]
    unassigned = [entry.rows for entry in table.unassigned if entry.feature == feature and entry.rows]
    return all(_safe(cells, min_cell) for cells in (*parts, _rest(table, feature)) if any(cells)) and all(rows >= min_cell for rows in unassigned)


def _safe(cells: Iterable[int], min_cell: int) -> bool:
    cells = tuple(cells)
    return bool(cells) and min(cells) >= min_cell


def _overall(table: ContingencyTable) -> tuple[int, ...]:
    """The cells of all rows; none at all where rows are not people, so that no number of rows says how many people there are."""
    whole = GroupCounts(feature="", group="", counts=table.overall, statistics=table.statistics)
    return () if _clustered(table.statistics) else _cells(whole, table)


def _clustered(statistics: Statistics) -> bool:
    return statistics.ranks is not None or (statistics.sums is not None and statistics.sums.clusters is not None)


def _cells(entry: GroupCounts, table: ContingencyTable) -> tuple[int, ...]:
    """The cells of a group: those of the answers, and of unlabelled rows only where there are some at all."""
    classes, whole = entry.statistics.classes, table.statistics.classes
    if classes is not None and whole is not None:
        return (*classes.cells, *(rows for rows, all_rows in zip(classes.unlabelled, whole.unlabelled, strict=True) if all_rows))
    kinds = {"answered"} if table.statistics.moments is not None or table.statistics.ranks is not None else {"tp", "fp", "tn", "fn"}
    kinds |= {kind for kind in _UNLABELLED if getattr(table.overall, kind)}
    return tuple(getattr(entry.counts, cell.name) for cell in fields(ConfusionCounts) if cell.name in kinds)


def _rest(table: ContingencyTable, feature: str) -> tuple[int, ...]:
    """The cells of the rows that are in no group of the feature: what subtracting the groups from all rows gives."""
    whole = _cells(GroupCounts(feature="", group="", counts=table.overall, statistics=table.statistics), table)
    parts = [_cells(entry, table) for entry in table.of(feature)]
    return tuple(all_rows - sum(part) for all_rows, *part in zip(whole, *parts, strict=True))


# ------------------------------------------------------------------------------------------------------- what is left


def _table(table: ContingencyTable, suppressed: Suppression) -> ContingencyTable:
    """The counts of what is published; of all rows never less than how many there are, and how many have a label."""
    overall = table.overall
    if suppressed.overall:
        overall = ConfusionCounts(answered=overall.labelled, unlabelled_answered=overall.rows - overall.labelled)
    groups = tuple(replace(entry, statistics=Statistics()) for entry in table.groups if entry.feature not in suppressed.features)
    unassigned = tuple(replace(entry, examples=()) for entry in table.unassigned if entry.feature not in suppressed.features)
    return ContingencyTable(overall=overall, groups=groups, unassigned=unassigned)


def _judgement(judgement: Judgement, suppressed: Suppression, features: tuple[str, ...]) -> Judgement:
    shown = frozenset(features).difference(suppressed.features)
    results = [result for result in judgement.groups if result.counts.feature in shown]
    return replace(
        judgement,
        findings=tuple(_finding(finding, suppressed, shown) for finding in judgement.findings),
        groups=tuple(replace(result, counts=replace(result.counts, statistics=_kind_of(result.counts.statistics))) for result in results),
        coverage=tuple(
            replace(entry, examples=()) for entry in judgement.coverage if (entry.feature in shown if entry.feature in features else not suppressed.overall)
        ),
    )


def _kind_of(statistics: Statistics) -> Statistics:
    """Of statistics only what says of which kind a group's counts are."""
    return Statistics(moments=statistics.moments, classes=statistics.classes, ranks=statistics.ranks)


def _finding(finding: Finding, suppressed: Suppression, shown: frozenset[str]) -> Finding:
    """The finding, or what is left where its numbers would give a cell away: that it was made, and what it does."""
    if not _tells(finding, suppressed, shown):
        return finding
    said = f"{finding.outcome.value.replace('_', ' ')}; its numbers are not published (privacy.min_cell {suppressed.min_cell}), the evidence store has them"
    return Finding(
        rule=finding.rule,
        outcome=finding.outcome,
        effect=finding.effect,
        enforcement=finding.enforcement,
        message=said,
        metric=finding.metric,
        scope=finding.scope,
        feature=finding.feature,
        burden_of_proof=finding.burden_of_proof,
        reason=UNPUBLISHED,
        threshold=finding.threshold,
        rows_needed_reason=UNPUBLISHED,
        why=finding.why,
        versus=finding.versus,
        inherited=finding.inherited,
    )


def _tells(finding: Finding, suppressed: Suppression, shown: frozenset[str]) -> bool:
    """Whether a finding says more than what is published: of a table that is left out, or of how two models answer the same rows."""
    if finding.rule in _ALWAYS or finding.versus is not None:
        return True
    if finding.feature is not None:
        return finding.feature not in shown
    return suppressed.overall and (finding.metric is not None or finding.rule.startswith(_OF_ROWS))


def _facts(facts: Facts, min_cell: int) -> Facts:
    """The facts without numbers of rows that no table holds."""
    apart, suite = facts.data.attributes, facts.expectations
    attributes = None if apart is None else replace(apart, unmatched=None, unused=None)
    results = None if suite is None else replace(suite, results=tuple(replace(result, unexpected_rows=None) for result in suite.results))
    explanation = None if facts.explanation is None else withheld(facts.explanation, min_cell)
    return replace(facts, data=replace(facts.data, attributes=attributes), expectations=results, user_metrics=(), explanation=explanation)
