"""SQL of weights and clusters: what is wrong with the columns, and their sums by confusion cell, for every engine.

Weights become whole numbers, so that their sums are exact and do not depend on the order of rows: w is counted as
w × 2²⁸, rounded. A weight that this would change by more than one part in 8,192 is refused, and so is one whose
square could leave 128 bits once two thousand million of them are added.
"""

from gate.aggregate.dialect import Dialect, Source
from gate.aggregate.sql import MISSING, Query, codes, quoted
from gate.core.model import Intersection, ModelConfig, SensitiveFeature, Value
from gate.core.sums import CELLS, PAIRS, WEIGHT_UNITS

__all__ = ["LARGEST", "SMALLEST", "by_cluster", "by_row", "faults", "largest_cluster"]

LARGEST = 2.0**20
SMALLEST = 2.0**-16
_KINDS = (5, 3, 2, 4, 1, 0)
"""The cells of `CELLS` as 2·(label + 1) + prediction."""


def faults(source: Source, model: ModelConfig) -> Query:
    """One line: rows whose weight is none, negative, not finite or too large, above the declared one, or too small; without a cluster; and weight > 0."""
    number, cluster = _number(source.dialect, model), "0" if model.data.cluster is None else quoted(model.data.cluster)
    declared = LARGEST if model.data.max_weight is None else model.data.max_weight
    wrong = (
        *(f"{number} IS NULL", f"{number} < 0", f"{number} > {LARGEST!r}", f"{number} > {declared!r} AND {number} <= {LARGEST!r}"),
        *(f"{number} > 0 AND {number} < {SMALLEST!r}", f"{cluster} IS NULL"),
    )
    counted = ", ".join(f"count(*) FILTER (WHERE {fault})" for fault in (*wrong, f"{number} > 0"))
    return Query(source.dialect, text=f"SELECT {counted} FROM {source}")  # noqa: S608 -- identifiers quoted


def largest_cluster(source: Source, column: str) -> Query:
    """One line: the number of rows of the largest cluster."""
    return Query(source.dialect, text=f"SELECT max(rows) FROM (SELECT count(*) AS rows FROM {source} GROUP BY {quoted(column)})")  # noqa: S608 -- identifiers quoted


def by_row(source: Source, model: ModelConfig, labels: tuple[Value, Value]) -> Query:
    """Per code of every feature and cell: the sum of the weights and of their squares."""
    query = Query(source.dialect)
    rows, names = _rows(query, source, model, labels, model.declared_features, unit=None)
    query.text = f"SELECT {', '.join([*names, 'kind'])}, sum(w) AS total, sum(w * w) AS square FROM {rows} GROUP BY ALL"  # noqa: S608 -- names and numbers are ours
    return query


def by_cluster(source: Source, model: ModelConfig, labels: tuple[Value, Value], crossing: Intersection | None) -> Query:
    """Per group of a feature or intersection, or for all rows, and per pattern of cells: clusters, totals and products.

    A cluster is first summed within each group: one that spans two groups counts in both.
    """
    query = Query(source.dialect)
    rows, names = _rows(query, source, model, labels, crossing.parts if crossing else (), unit=model.data.cluster)
    cells = [f"sum(CASE WHEN kind = {kind:d} THEN w ELSE 0 END) AS c{i}" for i, kind in enumerate(_KINDS)]
    units = f"(SELECT {', '.join([*names, 'unit', *cells])} FROM {rows} GROUP BY {', '.join([*names, 'unit'])})"  # noqa: S608 -- as above
    pattern = " + ".join(f"CASE WHEN c{i} > 0 THEN {2**i} ELSE 0 END" for i in range(len(CELLS)))
    totals = [f"sum(c{i})" for i in range(len(CELLS))]
    products = [f"sum(c{i} * c{j})" for i, j in PAIRS]
    query.text = f"SELECT {', '.join([*names, f'{pattern} AS pattern', 'count(*)', *totals, *products])} FROM {units} GROUP BY {', '.join([*names, 'pattern'])}"  # noqa: S608 -- as above
    return query


def _number(dialect: Dialect, model: ModelConfig) -> str:
    return "1.0" if model.data.weight is None else dialect.number(quoted(model.data.weight))


def _rows(
    query: Query, source: Source, model: ModelConfig, labels: tuple[Value, Value], features: tuple[SensitiveFeature, ...], *, unit: str | None
) -> tuple[str, list[str]]:
    """SQL of the rows as group codes, `kind`, `w` and `unit`, and the names of the codes."""
    groups, label, prediction = codes(query, model, labels, features)
    whole = "1" if model.data.weight is None else f"round({_number(query.dialect, model)} * {WEIGHT_UNITS})"
    names = [f"f{i}" for i in range(len(groups))]
    named = [f"{code} AS {name}" for code, name in zip(groups, names, strict=True)]
    chosen = [
        *named,
        f"2 * ({label} + {-MISSING}) + {prediction} AS kind",
        f"{query.dialect.whole(whole)} AS w",
        *([] if unit is None else [f"{quoted(unit)} AS unit"]),
    ]
    return f"(SELECT {', '.join(chosen)} FROM {source})", names  # noqa: S608 -- identifiers quoted, values are parameters
