"""A table of attributes beside the rows that are judged: joined one to one, inside the query that counts.

Ids compare as they stand: text with text, whole numbers with whole numbers, nothing trimmed, nothing folded, nothing
converted. No message quotes an id: it says whose row it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gate.aggregate.interface import Beside, Table
from gate.aggregate.sql import quoted
from gate.errors import DataError

__all__ = ["beside", "columns_apart", "matched", "repeated", "require_ids", "widened"]

_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})
_TEXT = frozenset({"VARCHAR", "ENUM"})


def columns_apart(table: Table, attributes: Table, *, on: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """The wanted columns that the attributes hold.

    Raises:
        DataError: they hold none, or one that the table holds too, in whatever case it is written.
    """
    found = tuple(dict.fromkeys(name for name in wanted if name in attributes.columns and name != on))
    if not found:
        raise DataError(
            f"the table of attributes holds none of the columns {', '.join(dict.fromkeys(wanted))}, which gate.yaml declares as sensitive",
            where=attributes.location,
            next_step="Mend sensitive_features or data.attributes in gate.yaml.",
        )
    own = {name.casefold(): name for name in table.columns}
    twice = [own[name.casefold()] for name in found if name.casefold() in own]
    if twice:
        raise DataError(
            f"the column {twice[0]!r} is in the table of attributes and in {table.location} too, so it is not clear which is meant",
            where=attributes.location,
            next_step="Remove it from the one that should not hold it.",
        )
    return found


def require_ids(table: Table, on: str) -> str:
    """The kind of a table's ids.

    Raises:
        DataError: there is no such column, or it holds neither text nor whole numbers.
    """
    if on not in table.columns:
        present = ", ".join(list(table.columns)[:20])
        raise DataError(f"there is no column {on!r} (data.attributes.join_on); the columns are {present}", where=table.location, next_step="Mend gate.yaml.")
    kind = table.columns[on]
    base = kind if kind.endswith("]") else kind.partition("(")[0]
    if base in _TEXT:
        return "text"
    if base in _WHOLE:
        return "whole numbers"
    raise DataError(
        f"column {on!r} (data.attributes.join_on) holds {kind.lower()}, and ids are text or whole numbers",
        where=table.location,
        next_step="Write the ids as text in both tables; pandas turns whole numbers with gaps into floats.",
    )


def beside(table: Table, attributes: Table, *, on: str, columns: Sequence[str]) -> Table:
    """The table, with some columns of its attributes."""
    added: Mapping[str, str] = {name: attributes.columns[name] for name in columns}
    return replace(table, columns={**table.columns, **added}, beside=Beside(table=attributes, on=on, columns=tuple(columns)))


def widened(rows: str, attributes: str, found: Beside) -> str:
    """SQL of the rows of a table with the columns of its attributes; empty where there is no line for a row."""
    key, names = quoted(found.on), ", ".join(f"a.{quoted(name)}" for name in found.columns)
    lines = f"(SELECT {', '.join(map(quoted, (found.on, *found.columns)))} FROM {attributes})"  # noqa: S608 -- names are quoted
    return f"(SELECT h.*, {names} FROM {rows} AS h LEFT JOIN {lines} AS a ON h.{key} = a.{key})"  # noqa: S608 -- as above


def repeated(rows: str, on: str) -> str:
    """SQL of how many ids of a table are on more than one row."""
    key = quoted(on)
    return f"SELECT count(*) FROM (SELECT {key} FROM {rows} WHERE {key} IS NOT NULL GROUP BY {key} HAVING count(*) > 1)"  # noqa: S608 -- as above


def matched(rows: str, attributes: str, on: str) -> str:
    """SQL of how many rows of a table have a line among the attributes."""
    key = quoted(on)
    return f"SELECT count(*) FROM {rows} AS h SEMI JOIN (SELECT {key} FROM {attributes}) AS a ON h.{key} = a.{key}"  # noqa: S608 -- as above
