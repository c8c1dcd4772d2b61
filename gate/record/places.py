"""The store at a place that somebody wrote."""

from pathlib import Path

from gate.core.ledger_place import git_place, is_object_store
from gate.record.stores import FolderStore, Store

__all__ = ["store_at"]


def store_at(place: str) -> Store:
    """A folder's store, a git branch's, or an object store's.

    Raises:
        UsageError: what speaks to this kind of store is not installed.
    """
    if (git := git_place(place)) is not None:
        from gate.record.git_store import GitStore  # noqa: PLC0415 -- only where one is used

        return GitStore(git)
    if is_object_store(place):
        from gate.record.object_store import ObjectStore  # noqa: PLC0415 -- as above

        return ObjectStore(place)
    return FolderStore(Path(place))
