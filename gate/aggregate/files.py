"""From a path to the SQL of exactly that file, with exactly the columns that stand in it.

DuckDB is obliging: it expands wildcards in file names, trims and renames column names, skips lines that look like
titles or comments, and adds columns from folder names. Each of these could swap what is judged, so nothing is left
to its guesses: names come from our own reading of the header or schema, and everything else is switched off.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gate.aggregate.sql import quoted
from gate.errors import DataError

__all__ = ["column_names", "is_csv", "judged", "literal", "numeric", "refuse_confusable", "scan"]

_WILD = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]"})


def is_csv(location: str) -> bool:
    """Whether a file is CSV, by its ending.

    Raises:
        DataError: it is neither CSV nor Parquet, absent, or empty.
    """
    path = Path(location)
    kind = {".parquet": False, ".pq": False, ".csv": True}.get(path.suffix.lower())
    if kind is None:
        raise DataError("the file's ending is neither .parquet nor .csv", where=location, next_step="Give a Parquet or CSV file.")
    if not path.is_file():
        raise DataError("there is no such file", where=location, next_step="Check the path.")
    if path.stat().st_size == 0:
        raise DataError("the file is empty", where=location, next_step="Give a holdout with rows.")
    return kind


def column_names(location: str) -> tuple[str, ...]:
    """The names of the columns, as they stand in the file.

    Raises:
        DataError: there is no header or schema, or two names cannot be told apart.
    """
    names = _header(location) if is_csv(location) else _schema(location)
    refuse_confusable(names, location)
    return names


def _header(location: str) -> tuple[str, ...]:
    try:
        with Path(location).open(encoding="utf-8-sig", newline="") as lines:
            return tuple(next(csv.reader(lines, strict=True), []))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"this file cannot be read as CSV in UTF-8: {error}", where=location, next_step="Write it as comma-separated UTF-8.") from error


def _schema(location: str) -> tuple[str, ...]:
    try:
        return tuple(pq.read_schema(location).names)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"this file cannot be read as Parquet: {str(error).splitlines()[0][:200]}", where=location, next_step="Mend the file.") from error


def refuse_confusable(names: Sequence[str], location: str) -> None:
    """Names that cannot be told apart: SQL does not tell case apart, and people do not see spaces.

    Raises:
        DataError: there are such names.
    """
    seen: dict[str, str] = {}
    for name in names:
        key = name.strip().casefold()
        if not key or name != name.strip():
            raise DataError(f"a column has the name {name!r}, empty or with space around it", where=location, next_step="Give every column a plain name.")
        if key in seen:
            raise DataError(f"two columns have the name {name!r} (also written {seen[key]!r})", where=location, next_step="Rename one of them.")
        seen[key] = name


def literal(text: str) -> str:
    """A text as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def scan(location: str, names: Sequence[str], *, numbers: Mapping[str, str]) -> str:
    """The SQL of the file's rows: Parquet with its own types, CSV as text.

    Args:
        location: the file.
        names: its columns, as `column_names` gives them.
        numbers: columns of a CSV that are read as numbers, with their type.
    """
    path = literal(location.translate(_WILD))
    if not is_csv(location):
        return f"read_parquet({path}, hive_partitioning=false)"
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in names)
    form = "auto_detect=false, header=true, skip=0, comment='', delim=',', quote='\"', escape='\"', nullstr='', strict_mode=true, null_padding=false"
    rows = f"read_csv({path}, columns={{{columns}}}, {form}, hive_partitioning=false)"
    if not numbers:
        return rows
    casts = ", ".join(f"CAST({quoted(name)} AS {kind}) AS {quoted(name)}" for name, kind in numbers.items())
    return f"(SELECT * REPLACE ({casts}) FROM {rows})"  # noqa: S608 -- names are quoted, types are ours


def numeric(names: Iterable[str]) -> str:
    """SQL that says of each text column whether it holds whole numbers, and whether it holds numbers; `01` is text."""
    return ", ".join(f"coalesce(bool_and(CASE WHEN {quoted(name)} IS NOT NULL THEN {wanted} END), false)" for name in names for wanted in _kinds(quoted(name)))


def _kinds(column: str) -> tuple[str, str]:
    """SQL of a text column's value being a whole number, and being a number."""
    number = f"TRY_CAST({column} AS DOUBLE)"
    plain = f"{number} IS NOT NULL AND NOT regexp_matches({column}, '^[+-]?0[0-9]')"
    return f"{plain} AND coalesce({number} = TRY_CAST({column} AS BIGINT), false)", plain


def judged(source: str, columns: Mapping[str, str]) -> str:
    """The rows as they are judged: no number is no value, and a 32-bit 0.7 is 0.7."""
    floats = {name: kind for name, kind in columns.items() if kind in ("FLOAT", "DOUBLE")}
    if not floats:
        return source
    casts = ", ".join(f"{_as_number(quoted(name), kind)} AS {quoted(name)}" for name, kind in floats.items())
    return f"(SELECT * REPLACE ({casts}) FROM {source})"  # noqa: S608 -- names are quoted


def _as_number(column: str, kind: str) -> str:
    exact = f"CAST(CAST({column} AS VARCHAR) AS DOUBLE)" if kind == "FLOAT" else column
    return f"CASE WHEN isnan({column}) THEN NULL ELSE {exact} END"
