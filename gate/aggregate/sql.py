"""The one query that turns rows into counts, for every engine.

Groups, labels and predictions become small codes inside the query, so that what comes back is bounded by the
declaration and not by the data. Names are quoted as identifiers, values are parameters: no user text becomes SQL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gate.aggregate.dialect import Dialect, Source
from gate.core.model import ModelConfig, SensitiveFeature, Value
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, UNLABELLED

__all__ = [
    "INVALID",
    "MISSING",
    "SHIFT",
    "UNDECLARED",
    "Query",
    "backquoted",
    "cast",
    "codes",
    "coding",
    "counting",
    "counting_labels",
    "counting_scores",
    "distinct",
    "few_values",
    "finite",
    "group_codes",
    "placing",
    "quoted",
    "raw",
    "undeclared",
    "unexpected",
]

MISSING = -1
"""No value."""
UNDECLARED = -2
"""A value that no declared group has."""
INVALID = -3
"""A label or prediction outside the label set."""
_RAW = "gate:raw"
SHIFT = 20
"""Bits of the lower part of a sum."""


@dataclass(slots=True)
class Query:
    """SQL text with its parameters, built piece by piece, in the dialect of the engine that runs it."""

    dialect: Dialect
    parameters: list[Value] = field(default_factory=list)
    text: str = ""

    def value(self, value: Value) -> str:
        """A placeholder for a value."""
        self.parameters.append(value)
        return "?"


def quoted(column: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def backquoted(column: str) -> str:
    """A column's name in the other form of identifiers, for Spark's own functions."""
    return "`" + column.replace("`", "``") + "`"


def counting(source: Source, model: ModelConfig, labels: tuple[Value, ...], *, rows: str = "count(*)", baselines: Sequence[str] = ()) -> Query:
    """Rows by code of every feature, of the label, of the prediction and of every baseline's; the last column is their number.

    Args:
        source: SQL of the table, written by the engine.
        model: which columns mean what.
        labels: the negative and the positive label, or the classes.
        rows: SQL of how many rows a line of the source stands for: every row is one, unless the source is `distinct`.
        baselines: columns that hold what other models predict, in the form of the candidate's.
    """
    query = Query(source.dialect)
    keys = [*_keys(query, model, labels), f"{_prediction_code(query, model, labels)} AS prediction"]
    others = [f"{_prediction_code(query, _answering(model, column), labels)} AS b{i}" for i, column in enumerate(baselines)]
    return _grouped(query, [*keys, *others], source, rows=rows)


def _answering(model: ModelConfig, column: str) -> ModelConfig:
    """The configuration with another column of predictions, of the same form."""
    predictions = model.predictions
    named = replace(predictions, column=column) if predictions.score is None else replace(predictions, score=column)
    return replace(model, predictions=named)


def counting_labels(source: Source, model: ModelConfig, labels: tuple[Value, ...]) -> Query:
    """The same of a table that holds no predictions: every row counts as not selected."""
    query = Query(source.dialect)
    return _grouped(query, [*_keys(query, model, labels), "0 AS prediction"], source)


def coding(source: Source, model: ModelConfig, labels: tuple[Value, Value]) -> Query:
    """The codes of every feature and of the label, row by row."""
    query = Query(source.dialect)
    query.text = f"SELECT {', '.join(_keys(query, model, labels))} FROM {source}"  # noqa: S608 -- identifiers quoted, values are parameters
    return query


def counting_scores(source: Source, model: ModelConfig, labels: tuple[Value, Value], *, depth: int) -> Query:
    """The rows of `counting`, whose `scored` is 0, and in the same pass, per crossing, those by cell of the score.

    Lines with `scored` above 0 have the codes of one crossing's features, the others being 0, and of every cell that
    has rows: how many, Σ|s − y| and Σ(s − y)² as whole numbers, each in two parts that do not overflow. How many
    lines come back is bounded by the crossings that are asked for, not by the crossing of all features.
    """
    query = Query(source.dialect)
    names = [f"f{i}" for i in range(len(model.declared_features))]
    keys = [*_keys(query, model, labels), f"{_prediction_code(query, model, labels)} AS prediction"]
    score = query.dialect.number(quoted(model.predictions.score or ""))
    coded = f"SELECT {', '.join(keys)}, {score} AS score FROM {source}"  # noqa: S608 -- identifiers quoted, values are parameters
    away = f"SELECT *, CASE WHEN label = 1 THEN 1 - score ELSE score END AS away, {_cell()} AS cell FROM ({coded})"  # noqa: S608 -- as above
    whole = f"SELECT *, {_whole('away')} AS error, {_whole('away * away')} AS square FROM ({away})"  # noqa: S608 -- as above
    index = {feature.name: name for feature, name in zip(model.declared_features, names, strict=True)}
    sets = [[index[feature.name] for feature in crossing.parts] for crossing in model.counted(depth=depth)]
    finest = [*names, "label", "prediction"]
    scored = ", ".join(f"({', '.join([*chosen, 'cell'])})" for chosen in [[], *sets])
    columns = [f"coalesce({name}, 0) AS {name}" for name in [*finest, "cell"]]
    sums = [part for name in ("error", "square") for part in _parts(name)]
    mask = " + ".join(f"{2 ** (len(finest) - 1 - place)} * grouping({key})" for place, key in enumerate(finest))
    number = " ".join(f"WHEN {mask} = {_mask(finest, chosen)} THEN {i + 1:d}" for i, chosen in enumerate([[], *sets]))
    query.text = (
        f"SELECT {', '.join(columns)}, CASE {number} ELSE 0 END AS scored, count(*) AS n, {', '.join(sums)} "  # noqa: S608 -- as above
        f"FROM ({whole}) GROUP BY GROUPING SETS (({', '.join(finest)}), {scored})"
    )
    return query


def _mask(keys: Sequence[str], present: Sequence[str]) -> int:
    """What the bits of `grouping` are where only the `present` ones are grouped by: one bit a key, set where it is not."""
    return sum(2 ** (len(keys) - 1 - place) for place, key in enumerate(keys) if key not in present)


def _cell() -> str:
    """The cell of a row's score and label; that of no row where the score is invalid."""
    kind = f"CASE label WHEN 1 THEN {POSITIVE} WHEN 0 THEN {NEGATIVE} ELSE {UNLABELLED} END"
    return f"CASE WHEN prediction < 0 THEN {INVALID} ELSE {LABELS} * least(CAST(floor(score * {BINS}) AS INTEGER), {BINS - 1}) + {kind} END"


def _whole(number: str) -> str:
    """A number in [0, 1] as a whole number of parts."""
    return f"CASE WHEN prediction < 0 THEN 0 ELSE CAST(round({number} * {UNIT}) AS BIGINT) END"


def _parts(name: str) -> tuple[str, str]:
    """A sum in two parts, each of which fits into 64 bits for any number of rows: 2²⁰ times the first plus the second."""
    return f"CAST(sum({name} >> {SHIFT}) AS BIGINT) AS {name}_high", f"CAST(sum({name} & {2**SHIFT - 1}) AS BIGINT) AS {name}_low"


def _keys(query: Query, model: ModelConfig, labels: tuple[Value, ...]) -> list[str]:
    """The codes of every feature and of the label. Parameters stand in the order of the text, so these come first."""
    return [*group_codes(query, model), f"{_label_code(query, model.data.label, labels, empty=MISSING)} AS label"]


def group_codes(query: Query, model: ModelConfig) -> list[str]:
    """The code of every feature, under the names `f0`, `f1`, …."""
    return [f"{_group_code(query, feature)} AS f{i}" for i, feature in enumerate(model.declared_features)]


def _grouped(query: Query, keys: Sequence[str], source: Source, *, rows: str = "count(*)") -> Query:
    query.text = f"SELECT {', '.join(keys)}, {rows} AS n FROM {source} GROUP BY ALL"  # noqa: S608 -- identifiers quoted, values are parameters
    return query


def distinct(source: Source, columns: Sequence[str]) -> tuple[Source, str]:
    """The distinct lines of some columns, and the SQL of how many rows they stand for.

    Where there are few, grouping by the values as they are and coding the handful that is left takes half the time of
    coding every row; the counts are the same.
    """
    chosen, rows = ", ".join(quoted(column) for column in columns), "rows"
    while rows in {column.casefold() for column in columns}:
        rows += "'"  # the number has a name of its own, whatever the columns are called
    text = f"(SELECT {chosen}, count(*) AS {quoted(rows)} FROM {source} GROUP BY ALL)"  # noqa: S608 -- names are quoted
    return replace(source, text=text), f"CAST(sum({quoted(rows)}) AS BIGINT)"


def few_values(source: Source, columns: Sequence[str], *, sample: int, most: int) -> str:
    """SQL that says whether the first rows of a table hold at most so many distinct lines of some columns."""
    chosen = ", ".join(quoted(column) for column in columns)
    return f"SELECT count(*) <= {most:d} FROM (SELECT DISTINCT {chosen} FROM (SELECT {chosen} FROM {source} LIMIT {sample:d}))"  # noqa: S608 -- as above


def codes(query: Query, model: ModelConfig, labels: tuple[Value, Value], features: Sequence[SensitiveFeature]) -> tuple[list[str], str, str]:
    """SQL of the codes of some features, of the label and of the prediction; to be used in this order."""
    groups = [_group_code(query, feature) for feature in features]
    return groups, _label_code(query, model.data.label, labels, empty=MISSING), _prediction_code(query, model, labels)


def placing(source: Source, model: ModelConfig, labels: tuple[Value, ...], columns: Sequence[str]) -> Query:
    """Every row's own columns, and beside them its codes: `gate:f0`, `gate:f1`, … of features, and `gate:truth` of the label.

    The source holds rows as they are judged, so that groups are those that are counted, and beside them, as `raw` made
    them, the columns as they stand in the table. Of numbers, the truth is the number itself; NULL where there is none.
    """
    query = Query(source.dialect)
    groups = [f"{_group_code(query, feature)} AS {quoted(f'gate:f{i}')}" for i, feature in enumerate(model.declared_features)]
    truth = _label_code(query, model.data.label, labels, empty=MISSING) if labels else query.dialect.number(quoted(model.data.label))
    chosen = [f"{quoted(f'{_RAW}{i}')} AS {quoted(column)}" for i, column in enumerate(columns)]
    coded = [*groups, f"CAST({truth} AS DOUBLE) AS {quoted('gate:truth')}"]
    query.text = f"SELECT {', '.join([*coded, *chosen])} FROM {source}"  # noqa: S608 -- as above
    return query


def raw(rows: str, columns: Sequence[str]) -> str:
    """Rows with some columns once more, under names that judging them leaves alone."""
    again = "".join(f", {quoted(column)} AS {quoted(f'{_RAW}{i}')}" for i, column in enumerate(columns))
    return f"(SELECT *{again} FROM {rows})"  # noqa: S608 -- as above


def undeclared(source: Source, feature: SensitiveFeature, *, most: int, written: str | None = None) -> Query:
    """The most frequent values that belong to no declared group, as the engine writes them; `written` is SQL of another way."""
    query = Query(source.dialect)
    column = quoted(feature.column)
    code = _group_code(query, feature)
    query.text = (
        f"SELECT left({written or f'CAST({column} AS STRING)'}, 60) AS example, count(*) AS n FROM {source} "  # noqa: S608 -- as above
        f"WHERE {code} = {UNDECLARED} GROUP BY ALL ORDER BY n DESC, example LIMIT {most:d}"
    )
    return query


def unexpected(source: Source, column: str, allowed: tuple[Value, ...], *, most: int) -> Query:
    """Some values of a label column that are outside the label set."""
    query = Query(source.dialect)
    code = _label_code(query, column, allowed, empty=MISSING)
    query.text = (
        f"SELECT DISTINCT left(CAST({quoted(column)} AS STRING), 60) AS example FROM {source} "  # noqa: S608 -- as above
        f"WHERE {code} = {INVALID} ORDER BY example LIMIT {most:d}"
    )
    return query


def cast(dialect: Dialect, column: str, value: Value) -> str:
    """The column, cast to the type of a declared value."""
    match value:
        case bool():
            return dialect.truth(column)
        case int() | float():
            return dialect.number(column)
        case str():
            return f"CAST({column} AS STRING)"


def finite(number: str) -> str:
    """SQL of a number being finite; NaN is larger than every number."""
    return f"abs({number}) < CAST('inf' AS DOUBLE)"


def _equals(query: Query, column: str, value: Value) -> str:
    return f"{cast(query.dialect, column, value)} = {query.value(value)}"


def _group_code(query: Query, feature: SensitiveFeature) -> str:
    """The place of a row's group in the declaration."""
    column = quoted(feature.column)
    if feature.bins:
        return _bin_code(query, column, feature.bins)
    cases = " ".join(f"WHEN {_equals(query, column, group.value)} THEN {i:d}" for i, group in enumerate(feature.groups) if group.value is not None)
    others = UNDECLARED if feature.other is None else len(feature.groups) - 1
    return f"CASE {cases} WHEN {column} IS NULL THEN {MISSING} ELSE {others:d} END"


def _bin_code(query: Query, column: str, edges: Sequence[float]) -> str:
    """The place of a row's bin: below the first edge, between two, at or above the last."""
    number = query.dialect.number(column)
    cases = " ".join(f"WHEN {number} < {query.value(edge)} THEN {i:d}" for i, edge in enumerate(edges))
    return f"CASE WHEN {column} IS NULL THEN {MISSING} WHEN {number} IS NULL OR NOT {finite(number)} THEN {UNDECLARED} {cases} ELSE {len(edges):d} END"


def _label_code(query: Query, name: str, labels: tuple[Value, ...], *, empty: int) -> str:
    """The place of the label in the label set: of two, 1 is the positive one, 0 the negative one."""
    column = quoted(name)
    known = " ".join(f"WHEN {_equals(query, column, label)} THEN {i:d}" for i, label in enumerate(labels))
    return f"CASE {known} WHEN {column} IS NULL THEN {empty} ELSE {INVALID} END"


def _prediction_code(query: Query, model: ModelConfig, labels: tuple[Value, ...]) -> str:
    """1 for selected, 0 for not; a missing prediction is as invalid as a wrong one."""
    predictions = model.predictions
    if predictions.score is None:
        return _label_code(query, predictions.column, labels, empty=INVALID)
    score = query.dialect.number(quoted(predictions.score))
    selected = f"WHEN {score} >= {query.value(predictions.threshold)} THEN 1"
    return f"CASE WHEN {score} IS NULL OR NOT ({score} BETWEEN 0 AND 1) THEN {INVALID} {selected} ELSE 0 END"
