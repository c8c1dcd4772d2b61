"""Counting where the answer is an order: places, exposures and gains of every group, query by query.

Rows with the same score share the places that they take, so nothing depends on the order of the file. Discounts are
rounded to whole numbers before they are summed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.dialect import Source
from gate.aggregate.numbers import answered, places
from gate.aggregate.sql import INVALID, MISSING, Query, group_codes, quoted
from gate.core.counts import ContingencyTable, Statistics
from gate.core.model import Intersection, ModelConfig
from gate.core.moments import LARGEST
from gate.core.ranks import UNIT, RankSums
from gate.errors import DataError

__all__ = ["LARGEST_LABEL", "lines", "refuse_faults", "summing", "with_ranks"]

LARGEST_LABEL = 1000
"""Labels are whole numbers from 0, irrelevant, to this."""
_FINE = 2**52
"""Discounts within a gain are rounded to this part of one."""
SUMS: Mapping[str, str] = {
    "queries": "count(*)",
    "ordered": "count(*) FILTER (ordered)",
    "rows": "sum(n)",
    "rows_2": "sum(n * n)",
    "contested": "count(*) FILTER (contested)",
    "contested_rows": "coalesce(sum(n) FILTER (contested), 0)",
    "contested_rows_2": "coalesce(sum(n * n) FILTER (contested), 0)",
    "top_1": "coalesce(sum(x) FILTER (contested), 0)",
    "top_2": "coalesce(sum(x * x) FILTER (contested), 0)",
    "top_rows": "coalesce(sum(x * n) FILTER (contested), 0)",
    "exposure_1": "sum(e)",
    "exposure_2": "sum(e * e)",
    "exposure_rows": "sum(e * n)",
    "rated": "count(v)",
    "gain_1": "coalesce(sum(v), 0)",
    "gain_2": "coalesce(sum(v * v), 0)",
}
"""What is summed over queries, by the name of its field."""


def lines(source: Source, model: ModelConfig) -> Query:
    """Rows by code of every feature, of the label (1, missing or invalid), of the prediction (0 or invalid), and by whether they have a query."""
    query = Query(source.dialect)
    codes = [*group_codes(query, model), f"{_label_code(model)} AS label", f"CASE WHEN {_score(model)} IS NULL THEN {INVALID} ELSE 0 END AS prediction"]
    text = f"SELECT {', '.join(codes)}, CASE WHEN {_query(model)} IS NULL THEN 1 ELSE 0 END AS lost, count(*) AS n"
    query.text = f"{text} FROM {source} GROUP BY ALL"
    return query


def refuse_faults(cells: Mapping[str, NDArray[np.int64]], model: ModelConfig, *, where: str) -> None:
    """Every row has a query, and a label that is a grade or none.

    Raises:
        DataError: some have not.
    """
    if lost := int(np.sum(cells["n"][cells["lost"] == 1])):
        raise DataError(
            f"{lost:,} rows have no query in column {model.data.query!r}, so they compete with nobody",
            where=where,
            next_step="Say for every row in which list it stands.",
        )
    if wrong := int(np.sum(cells["n"][cells["label"] == INVALID])):
        raise DataError(
            f"{wrong:,} rows have a label in column {model.data.label!r} that is no whole number from 0 to {LARGEST_LABEL:,}",
            where=where,
            next_step="Labels of a ranking are grades of relevance: 0 for irrelevant; leave the field empty where the grade is not known.",
        )


def summing(source: Source, model: ModelConfig, crossing: Intersection | None) -> Query:
    """The sums of `SUMS` by code of the features of a crossing, for rows that belong to a group of each; None is the whole table."""
    query = Query(source.dialect)
    index = {feature.name: f"f{i}" for i, feature in enumerate(model.declared_features)}
    keys = [] if crossing is None else [index[feature.name] for feature in crossing.parts]
    codes = group_codes(query, model)
    kept = " AND ".join(f"{key} >= 0" for key in keys) or "TRUE"
    group, chosen = ", ".join([*keys, "q"]), "".join(f"{key}, " for key in keys)
    columns = ", ".join(f"CAST({term} AS HUGEINT) AS {name}" for name, term in SUMS.items())
    query.text = f"""
        WITH coded AS (SELECT {", ".join(codes)}, {_query(model)} AS q, {_score(model)} + 0.0 AS s, CAST({_grade(model)} AS HUGEINT) AS y FROM {source}),
        ranked AS (
            SELECT *, rank() OVER (PARTITION BY q ORDER BY s DESC) AS best, count(*) OVER (PARTITION BY q, s) AS tied,
                row_number() OVER (PARTITION BY q ORDER BY s DESC) AS place, min(s) OVER (PARTITION BY q) < max(s) OVER (PARTITION BY q) AS ordered,
                count(*) OVER (PARTITION BY q) > {model.predictions.top_k:d} AS contested
            FROM coded
        ),
        placed AS (
            SELECT *, sum({_discount("place", UNIT)}) OVER (PARTITION BY q, s) // tied AS e,
                CAST(least(greatest({model.predictions.top_k:d} - best + 1, 0), tied) AS HUGEINT) * {UNIT} // tied AS x
            FROM ranked
        ),
        listed AS (
            SELECT *, count(*) OVER (PARTITION BY {group}, s) AS alike, row_number() OVER (PARTITION BY {group} ORDER BY s DESC) AS own,
                row_number() OVER (PARTITION BY {group} ORDER BY y DESC) AS ideal
            FROM placed WHERE {kept}
        ),
        gained AS (
            SELECT *, sum({_discount("own", _FINE)}) OVER (PARTITION BY {group}, s) // alike * y AS gain, {_discount("ideal", _FINE)} * y AS most FROM listed
        ),
        lists AS (
            SELECT {group}, CAST(count(*) AS HUGEINT) AS n, sum(x) AS x, sum(e) AS e, bool_or(ordered) AS ordered, bool_or(contested) AS contested,
                CASE WHEN count(y) = count(*) AND sum(most) > 0 THEN sum(gain) * {UNIT} // sum(most) END AS v
            FROM gained GROUP BY {group}
        )
        SELECT {chosen}{columns} FROM lists{f" GROUP BY {', '.join(keys)}" if keys else ""}
    """  # noqa: S608 -- identifiers quoted, values are parameters or whole numbers
    return query


def with_ranks(
    table: ContingencyTable, model: ModelConfig, found: Sequence[tuple[Intersection, Sequence[Mapping[str, int]]]], whole: Mapping[str, int]
) -> ContingencyTable:
    """The table of counts with the sums of every group, and its rows under `answered`.

    Args:
        table: rows by label of all groups.
        model: whose groups they are.
        found: per crossing, in the order of the groups of `table`, a line for every group that has rows.
        whole: the sums of all rows.
    """
    sums = [entry for crossing, rows in found for entry in _by_place(crossing, rows, model)]
    groups = tuple(replace(entry, counts=answered(entry.counts), statistics=Statistics(ranks=ranks)) for entry, ranks in zip(table.groups, sums, strict=True))
    return replace(table, overall=answered(table.overall), groups=groups, statistics=Statistics(ranks=_sums(whole, model)))


def _by_place(crossing: Intersection, rows: Sequence[Mapping[str, int]], model: ModelConfig) -> list[RankSums]:
    index = {feature.name: f"f{i}" for i, feature in enumerate(model.declared_features)}
    codes = {feature.name: np.array([row[index[feature.name]] for row in rows], dtype=np.int64) for feature in crossing.parts}
    sums = [RankSums(top_k=model.predictions.top_k)] * len(crossing.groups)
    for place, row in zip(places(crossing, codes).tolist(), rows, strict=True):
        sums[place] = _sums(row, model)
    return sums


def _sums(row: Mapping[str, int], model: ModelConfig) -> RankSums:
    return RankSums(top_k=model.predictions.top_k, **{entry.name: row[entry.name] for entry in fields(RankSums) if entry.name != "top_k"})


def _discount(place: str, unit: int) -> str:
    """1 / log₂(1 + place), as a whole number of parts."""
    return f"CAST(round({unit} / log2(1 + {place})) AS HUGEINT)"


def _query(model: ModelConfig) -> str:
    return f"CAST({quoted(model.data.query or '')} AS VARCHAR)"


def _score(model: ModelConfig) -> str:
    """The score as a number, NULL where it is none."""
    number = f"TRY_CAST({quoted(model.predictions.column)} AS DOUBLE)"
    return f"CASE WHEN isfinite({number}) AND abs({number}) <= {LARGEST!r} THEN {number} END"


def _grade(model: ModelConfig) -> str:
    """The label as a grade, NULL where it is none."""
    number = f"TRY_CAST({quoted(model.data.label)} AS DOUBLE)"
    return f"CASE WHEN {number} BETWEEN 0 AND {LARGEST_LABEL} AND {number} = floor({number}) THEN {number} END"


def _label_code(model: ModelConfig) -> str:
    return f"CASE WHEN {quoted(model.data.label)} IS NULL THEN {MISSING} WHEN {_grade(model)} IS NULL THEN {INVALID} ELSE 1 END"
