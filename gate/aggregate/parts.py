"""What the Parquet files of a table say themselves, whatever an engine makes of them: columns, rows and their types."""

import re
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gate.errors import DataError

__all__ = ["by_footers", "first_line", "kind_of", "refuse_inexact"]

_KINDS = {"string": "VARCHAR", "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "int": "INTEGER", "bigint": "BIGINT"}
"""Spark's types by the names that the embedded engine has for them; the others are written in capitals."""
_EXACT_DIGITS = 15
"""A decimal of so many digits becomes the same float in every engine."""


def kind_of(name: str) -> str:
    """A type of Spark by the embedded engine's name."""
    return _KINDS.get(name, name.upper())


def refuse_inexact(columns: Mapping[str, str], location: str) -> None:
    """A decimal of many digits becomes a float in one way here and in another there.

    Raises:
        DataError: there is such a column.
    """
    for name, kind in columns.items():
        found = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", kind)
        if found and int(found[1]) > _EXACT_DIGITS and int(found[2]):
            message = f"column {name!r} holds {kind.lower()}, of which the engine spark takes at most {_EXACT_DIGITS} digits"
            raise DataError(message, where=location, next_step="Write the column as double, or use the engine duckdb.")


def by_footers(path: Path) -> tuple[tuple[str, ...], int]:
    """The columns and the number of rows that the files themselves name, whatever Spark reads.

    Raises:
        DataError: a file cannot be read, or two of them differ in their columns.
    """
    found = [path] if path.is_file() else _files_of(path)
    try:
        footers = [pq.read_metadata(file) for file in found]
        schemas = [footer.schema.to_arrow_schema().remove_metadata() for footer in footers]
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"this file cannot be read as Parquet: {first_line(error)}", where=str(path), next_step="Mend the file.") from error
    odd = next((file for file, schema in zip(found, schemas, strict=True) if not schema.equals(schemas[0])), None)
    if odd is not None:
        message = f"the files of the folder do not have the same columns: {odd.name} differs from {found[0].name}"
        raise DataError(message, where=str(path), next_step="Write all parts with one schema: Spark would read a column that a part lacks as empty.")
    names = tuple(schemas[0].names) if schemas else ()
    twice = sorted({part.partition("=")[0] for file in found for part in file.relative_to(path).parts[:-1] if "=" in part} & set(names))
    if twice:
        message = f"the column {twice[0]!r} is in the files and in the names of their folders too, so it is not clear which is meant"
        raise DataError(message, where=str(path), next_step="Keep it in one of them.")
    return names, sum(footer.num_rows for footer in footers)


def _files_of(folder: Path) -> list[Path]:
    """The Parquet files of a folder; what Spark would read or pass over by its name alone is refused.

    Raises:
        DataError: a Parquet file that Spark passes over, or another file that it would read.
    """
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    hidden = {file: any(part.startswith(("_", ".")) for part in file.relative_to(folder).parts) for file in files}
    odd = next((file for file in files if hidden[file] == (file.suffix == ".parquet")), None)
    if odd is not None:
        why = "Spark would pass over it" if hidden[odd] else "Spark would read it as a part of the table"
        message = f"{odd.relative_to(folder)} in the folder is not read by its name as it should be: {why}"
        raise DataError(message, where=str(folder), next_step="Keep nothing in the folder but parts named *.parquet.")
    return [file for file in files if file.suffix == ".parquet"]


def first_line(error: BaseException) -> str:
    """The first line of what a library says, which names the place and not the row."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:200]
