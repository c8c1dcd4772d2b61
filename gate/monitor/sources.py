"""Where logs and labels are: files, folders of files, tables of a database. All become files, each with what people call it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.errors import DataError
from gate.monitor.tables import SqlTable, Wanted, fetch, is_address

__all__ = ["LogFile", "Place", "files_of", "place_at"]

Place = Path | SqlTable
_ENDINGS = {".parquet", ".pq", ".csv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A file of rows, and the name under which people know where it came from."""

    path: Path
    where: str


def place_at(written: str) -> Place:
    """A path, or the table that an address names.

    Raises:
        UsageError: an address that names no table.
    """
    return SqlTable.at(written) if is_address(written) else Path(written)


def files_of(logs: Sequence[Place], labels: Sequence[Place], *, of_logs: Wanted, of_labels: Wanted, folder: Path) -> tuple[list[LogFile], list[LogFile]]:
    """The files of logs and of labels, tables fetched into `folder`, those of one database in one snapshot.

    Raises:
        UsageError, DataError, StorageError: as `fetch`; or a folder holds no log, or something else.
    """
    wanted: dict[SqlTable, Wanted] = {place: of_labels for place in labels if isinstance(place, SqlTable)}
    for place in (place for place in logs if isinstance(place, SqlTable)):
        more = wanted.get(place, Wanted(needed=()))
        wanted[place] = Wanted(needed=(*of_logs.needed, *more.needed), welcome=of_logs.welcome)
    fetched = fetch(wanted, folder)

    def every(places: Sequence[Place]) -> list[LogFile]:
        named = [(path, str(place)) for place in places for path in (fetched[place] if isinstance(place, SqlTable) else _files(place))]
        return [LogFile(path=path, where=where if path.is_relative_to(folder) else str(path)) for path, where in dict(named).items()]

    return every(logs), every(labels)


def _files(place: Path) -> tuple[Path, ...]:
    """A file, or the files of a folder by their names, without hidden ones, as writers call what is not finished.

    Raises:
        DataError: it holds no log, or something that would be left out without a word: a folder, a file of another ending.
    """
    if not place.is_dir():
        return (place,)
    found = sorted(path for path in place.iterdir() if not path.name.startswith((".", "_")))
    for path in found:
        if path.is_dir():
            raise DataError("a folder within a folder of logs is not read", where=str(path), next_step="Name every folder of logs itself, or move this one.")
        if path.suffix.lower() not in _ENDINGS:
            step = "Name it *.parquet, *.pq or *.csv if it is a log; else move it, or begin its name with a dot."
            raise DataError("a file in a folder of logs is neither Parquet nor CSV by its name", where=str(path), next_step=step)
    if not found:
        raise DataError("the folder holds no log", where=str(place), next_step="Give a folder of files that end in .parquet or .csv.")
    return tuple(found)
