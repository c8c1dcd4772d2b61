"""Which places a person may name, local paths and object stores for the holdout, and what is there."""

import re
from pathlib import Path

__all__ = ["is_file", "is_folder", "located", "uri_fault"]

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_STORES = ("s3", "s3a", "gs", "gcs", "r2", "az", "azure", "abfs", "abfss", "hdfs", "dbfs")


def _is_remote(written: str) -> bool:
    """Whether it is an address with a scheme rather than a path."""
    return _SCHEME.match(written) is not None


def located(written: str, folder: Path | None) -> str:
    """The absolute path of what a file in `folder` names; addresses, and everything when there is no folder, stay as written."""
    return written if folder is None or _is_remote(written) else str(folder / written)


def uri_fault(written: str, *, remote: bool) -> tuple[str, str] | None:
    """What is wrong with a place and what to write instead; None when nothing is. Object stores only when `remote`."""
    address = _SCHEME.match(written)
    if address is None:
        return None
    scheme, rest = address[1].lower(), address[2]
    if not remote:
        return f"{scheme}:// is not accepted here", "Write a path relative to this file."
    if scheme not in _STORES:
        return f"{scheme}:// is not accepted", f"Write a local path without a scheme, or one of {', '.join(f'{store}://' for store in _STORES)}."
    if "@" in rest.partition("/")[0] and scheme not in {"abfs", "abfss"}:
        return "the address holds a user name or password, which would end up in the record", "Give credentials by the environment."
    if "?" in rest:
        return "the address holds a query, which may carry secrets into the record", "Give options and credentials by the environment."
    return None


def is_file(path: Path) -> bool:
    """Whether a file is there; a path that the system does not even accept leads to none."""
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long a name, no permission, a NUL
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder is there, likewise."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
