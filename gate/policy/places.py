"""Which places and days a person may name, and what is there."""

import re
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from gate.core.ledger_place import git_place, is_object_store

__all__ = ["as_day", "is_file", "is_folder", "ledger_fault", "located", "uri_fault", "webhook_fault"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_STORES = ("s3", "s3a", "gs", "gcs", "r2", "az", "azure", "abfs", "abfss", "hdfs", "dbfs")


def as_day(written: str) -> date | None:
    """The day that is written as YYYY-MM-DD; None when it is no such day."""
    try:
        return date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return None


def _is_remote(written: str) -> bool:
    """Whether it is an address with a scheme rather than a path."""
    return _SCHEME.match(written) is not None


def located(written: str, folder: Path | None) -> str:
    """The absolute path of what a file in `folder` names; addresses, and everything when there is no folder, stay as written."""
    return written if folder is None or _is_remote(written) else str(folder / written)


def uri_fault(written: str) -> tuple[str, str] | None:
    """What is wrong with a place and what to write instead; None when nothing is."""
    address = _SCHEME.match(written)
    if address is None:
        return None
    if address[1].lower() in _STORES:
        return "object stores are not supported yet", "Bring the file here and write its path."
    return f"{address[1].lower()}:// is not accepted", "Write a path without a scheme, relative to this file."


def ledger_fault(written: str) -> tuple[str, str] | None:
    """What is wrong with the place of a ledger and what to write instead; None when nothing is."""
    address = _SCHEME.match(written)
    if written.startswith("git+"):
        hint = "Write git+https://host/owner/repository.git#branch, without a user: GATE_LEDGER_TOKEN holds a token."
        return None if git_place(written) else ("this names no branch of a git repository", hint)
    if address is not None and not is_object_store(written):
        return f"{address[1]}:// is no place for a ledger", "Write a folder, git+https://host/owner/repository.git#branch, or s3://bucket/prefix (gs, abfs)."
    return None


def webhook_fault(written: str) -> tuple[str, str] | None:
    """What is wrong with the address of a webhook and what to write instead; None when nothing is."""
    try:
        parts = urlsplit(written)
        host, user = parts.hostname or "", parts.username
    except ValueError:
        host, user, parts = "", None, urlsplit("")
    safe = parts.scheme == "https" or (parts.scheme == "http" and host in {"127.0.0.1", "::1", "localhost"})
    named = all(0 < len(label) < 64 for label in host.removesuffix(".").split("."))  # others cannot be looked up
    if not named or not safe or user is not None:
        return "this is no address that a secret may be used with", "Write https://host/path, without a user; GATE_ALARM_SECRET signs what is sent."
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
