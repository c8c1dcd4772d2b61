"""Where a ledger may be: a folder, a branch of a git repository, or a prefix of an object store."""

import re
from dataclasses import dataclass

__all__ = ["OBJECT_STORES", "GitPlace", "git_place", "is_object_store"]

OBJECT_STORES = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs", "abfss": "adlfs"}
"""Schemes of object stores, and the package that speaks each."""
_GIT = re.compile(r"git\+((?:https|ssh|file)://[^\s#?]+)#([A-Za-z0-9][A-Za-z0-9._/-]*)")
_OBJECTS = re.compile(r"([a-z0-9]+)://[^\s?#@/][^\s?#@]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class GitPlace:
    """The address of a repository, and a branch of it."""

    url: str
    branch: str


def git_place(written: str) -> GitPlace | None:
    """What `git+https://host/owner/repository.git#branch` names; None when it is not of that form."""
    found = _GIT.fullmatch(written)
    host = "" if found is None else found[1].partition("://")[2].partition("/")[0]
    if found is None or ("@" in host and (not found[1].startswith("ssh:") or ":" in host.partition("@")[0])):
        return None  # secrets do not belong into an address, which is printed
    if ".." in found[2] or found[2].endswith(("/", ".", ".lock")) or "//" in found[2]:
        return None
    return GitPlace(url=found[1], branch=found[2])


def is_object_store(written: str) -> bool:
    """Whether it is an address such as `s3://bucket/prefix`."""
    found = _OBJECTS.fullmatch(written)
    return found is not None and found[1] in OBJECT_STORES
