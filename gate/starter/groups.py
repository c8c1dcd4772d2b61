"""Which groups a column of the holdout has, so that nobody has to type them."""

from pathlib import Path

from gate.errors import DataError, UsageError

__all__ = ["MOST", "groups_in"]

MOST = 20
"""Groups that are listed by themselves; a column with more is no list of groups."""
Value = str | int | bool


def groups_in(table: Path, column: str) -> tuple[Value, ...]:
    """The values of a column, in order; a missing value is none.

    Raises:
        DataError: the table cannot be read, or has no such column.
        UsageError: the column has too many values, or such as are no names of groups.
    """
    import duckdb  # noqa: PLC0415 -- as long as a help text takes to print

    if not table.is_file():
        raise DataError("there is no such file", where=str(table), next_step="Give the path of a Parquet or CSV file to --data.")
    read = "read_csv(?, header=true)" if table.suffix.lower() == ".csv" else "read_parquet(?)"
    named = '"' + column.replace('"', '""') + '"'
    try:
        with duckdb.connect() as connection:
            found = connection.execute(f"SELECT DISTINCT {named} FROM {read} WHERE {named} IS NOT NULL ORDER BY 1 LIMIT {MOST + 1}", [str(table)]).fetchall()  # noqa: S608 -- quoted
    except duckdb.Error as error:
        raise DataError(f"the column {column!r} cannot be read: {str(error).splitlines()[0][:200]}", where=str(table), next_step="Check the name.") from error
    values = [row[0] for row in found]
    what = f"--feature {column}"
    if len(values) > MOST:
        raise UsageError(
            f"{column!r} has more than {MOST} values", where=what, next_step=f"Name groups ({column}=a,b) or the edges of bins ({column}:25,40,60)."
        )
    if not all(isinstance(value, str | int | bool) for value in values) or len(values) < 2:
        raise UsageError(f"{column!r} has no two values that name groups", where=what, next_step=f"Name groups: {column}=a,b; or edges: {column}:25,40,60.")
    return tuple(values)
