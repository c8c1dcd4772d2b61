"""The audit trail of single predictions: a folder of Parquet files that is only ever added to, each naming the digest of the one before.

A part is written beside the trail and linked into it under the next number in one step, so that a crash leaves either
the whole part or none, and two writers never overwrite each other. Whoever can write to the folder can cut off its end;
the digest of the last part, kept elsewhere, shows that.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from gate.errors import StorageError

__all__ = ["append", "checked", "last_digest"]

_PART = re.compile(r"part-(\d{8})\.parquet")
_PREVIOUS = b"gate.previous"
_NOTHING = "none"
_TRIES = 100


def append(trail: Path, rows: pa.Table) -> str:
    """Add rows as one part at the end, and return its digest, `sha256:…`.

    Raises:
        StorageError: it cannot be written, or what is there is no trail.
    """
    try:
        trail.mkdir(parents=True, exist_ok=True)
        for _ in range(_TRIES):
            found = _appended(trail, rows)
            if found is not None:
                return found
    except (OSError, pa.ArrowException) as error:
        raise _unwritten(trail, str(error)) from error
    raise _unwritten(trail, "others kept adding to it")


def checked(trail: Path) -> str | None:
    """The digest of the last part, after every part was found to name the one before; None where there is no trail yet.

    Raises:
        StorageError: a part is missing, changed or unreadable; the message names it.
    """
    previous = None
    for place, path in enumerate(_parts(trail)):
        if path.name != _name(place):
            raise _broken(trail, f"{_name(place)} is missing")
        try:
            named = (pq.read_schema(path).metadata or {}).get(_PREVIOUS, b"").decode(errors="replace")
        except (OSError, pa.ArrowException) as error:
            raise _broken(trail, f"{path.name} cannot be read") from error
        if named != (previous or _NOTHING):
            raise _broken(trail, f"{path.name} does not follow the part before it")
        previous = _digest(path)
    return previous


def last_digest(trail: Path) -> str | None:
    """The digest of the last part as it is, without a look at the others; None where there is none."""
    parts = _parts(trail)
    return _digest(parts[-1]) if parts else None


def _appended(trail: Path, rows: pa.Table) -> str | None:
    """The part's digest; None where another writer took the number first."""
    parts = _parts(trail)
    if parts and parts[-1].name != _name(len(parts) - 1):
        raise _broken(trail, "a part is missing")
    previous = _digest(parts[-1]) if parts else _NOTHING
    temporary = trail / f".{uuid4().hex}"
    try:
        with temporary.open("xb") as file:
            pq.write_table(rows.replace_schema_metadata({_PREVIOUS: previous.encode()}), file)
            file.flush()
            os.fsync(file.fileno())
        made = _digest(temporary)
        temporary.chmod(0o440)
        try:
            os.link(temporary, trail / _name(len(parts)))
        except FileExistsError:
            return None
    finally:
        temporary.unlink(missing_ok=True)
    _settled(trail)
    return made


def _settled(folder: Path) -> None:
    """Have the folder's entries on the disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parts(trail: Path) -> list[Path]:
    return sorted(_named(trail)) if trail.is_dir() else []


def _named(trail: Path) -> Iterator[Path]:
    return (path for path in trail.iterdir() if _PART.fullmatch(path.name))


def _name(place: int) -> str:
    return f"part-{place:08d}.parquet"


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise _broken(path.parent, f"{path.name} cannot be read") from error


def _unwritten(trail: Path, why: str) -> StorageError:
    return StorageError(
        f"the audit trail could not be added to: {why}", where=str(trail), next_step="Check space and rights there; earlier parts are untouched."
    )


def _broken(trail: Path, why: str) -> StorageError:
    return StorageError(f"the audit trail is broken: {why}", where=str(trail), next_step="Restore it from a copy, or begin a new one and say why.")
