"""Digests of the holdout, so that a decision says on which bytes it rests."""

import hashlib
from pathlib import Path

from gate.errors import DataError

__all__ = ["data_digest", "file_digest", "folder_digest"]

_NEXT = "Check data.uri in gate.yaml."


def data_digest(path: Path) -> str:
    """`sha256:…` of a file, or of a folder of Parquet files."""
    return folder_digest(path) if path.is_dir() else file_digest(path)


def file_digest(path: Path) -> str:
    """`sha256:…` of the file's bytes, read in a stream.

    Raises:
        DataError: there is no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise DataError(f"The file cannot be read: {error.strerror or error}", where=str(path), next_step=_NEXT) from error


def folder_digest(folder: Path) -> str:
    """`sha256:…` over the relative paths and contents of all Parquet files below the folder, sorted by path.

    Every path is preceded by its length and every content stands as its own SHA-256. Other files (`_SUCCESS`, hidden
    checksums) do not count: no reader of a Parquet folder reads them.

    Raises:
        DataError: there is no Parquet file below the folder, or one cannot be read.
    """
    files = sorted((path.relative_to(folder).as_posix().encode(errors="surrogateescape"), path) for path in folder.rglob("*.parquet") if path.is_file())
    if not files:
        raise DataError("The folder holds no Parquet files", where=str(folder), next_step=_NEXT)
    outer = hashlib.sha256()
    for name, path in files:
        outer.update(len(name).to_bytes(8, "big") + name + bytes.fromhex(file_digest(path).removeprefix("sha256:")))
    return f"sha256:{outer.hexdigest()}"
