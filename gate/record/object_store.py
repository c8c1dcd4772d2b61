"""A prefix of an object store as a store, through fsspec: `s3://`, `gs://`, `abfs://` and what else fsspec knows.

An object is created only where there is none, by the store's own condition (S3's `If-None-Match`); a store that cannot
promise that is refused, since two gates could write over each other.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gate.core.ledger_place import OBJECT_STORES
from gate.errors import StorageError, UsageError

__all__ = ["ObjectStore"]

_PROBE = "only-once"
"""An object that is created by every gate, and by all but the first in vain."""
_MOST_BYTES = 256 * 2**20
_NO_BUCKET = ("NoSuchBucket", "bucket does not exist", "ContainerNotFound")
"""How stores say it; to ask for the bucket itself would take a right that a job with one prefix may not have."""
_THERE = ("PreconditionFailed", "ConditionNotMet", "At least one of the pre-conditions", "BlobAlreadyExists")


class ObjectStore:
    """See `Store`.

    Args:
        address: `s3://bucket/prefix`.

    Raises:
        UsageError: the package for this scheme is not installed.
    """

    def __init__(self, address: str) -> None:
        scheme, _, prefix = address.partition("://")
        self.where = address
        self._prefix = prefix.rstrip("/")
        package = OBJECT_STORES[scheme]
        try:
            importlib.import_module(package)
            fsspec = importlib.import_module("fsspec")
        except ImportError as error:
            hint = f"Install it: pip install {package}"
            raise UsageError(f"a ledger at {scheme}:// needs the package {package}", where="ledger", next_step=hint) from error
        self._refuses = False
        self._files: Any = fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True)

    def names(self, folder: str) -> tuple[str, ...]:
        """See `Store.names`."""
        try:
            listed = self._files.ls(f"{self._prefix}/{folder}", detail=False, refresh=True)
        except FileNotFoundError as error:
            self._refuse_no_bucket(error)
            return ()
        except Exception as error:
            raise self._failed("read", error) from error
        return tuple(sorted(name.rstrip("/").rpartition("/")[2] for name in listed))

    def read(self, name: str) -> bytes | None:
        """See `Store.read`."""
        try:
            data = self._files.cat_file(f"{self._prefix}/{name}", start=0, end=_MOST_BYTES + 1)
        except FileNotFoundError as error:
            self._refuse_no_bucket(error)
            return None
        except Exception as error:
            raise self._failed("read", error) from error
        if len(data) > _MOST_BYTES:
            raise StorageError("a file of the ledger is larger than any record", where=name, next_step="Find out who put it there.")
        return bytes(data)

    def create(self, name: str, data: bytes) -> bool:
        """See `Store.create`: the store itself refuses a second object of this name, which is tried out first."""
        if not self._refuses:
            self._refuses = not (self._created(_PROBE, b"") and self._created(_PROBE, b""))
        if not self._refuses:
            what = "this store writes over objects, so two gates could take one place in the ledger"
            raise StorageError(what, where=self.where, next_step="Use one that knows If-None-Match, a folder, or a branch of git.")
        return self._created(name, data)

    def _created(self, name: str, data: bytes) -> bool:
        try:
            self._files.pipe_file(f"{self._prefix}/{name}", data, mode="create")
        except FileExistsError:
            return False
        except Exception as error:
            if any(word in f"{type(error).__name__} {error}" for word in _THERE) and self._files.exists(f"{self._prefix}/{name}"):
                return False
            raise self._failed("written", error) from error
        return True

    @contextmanager
    def in_turn(self, folder: str) -> Iterator[None]:  # noqa: ARG002 -- an object store has no turns
        """See `Store.in_turn`: nobody waits here; whoever is slower sees it when the object is there."""
        yield

    def _refuse_no_bucket(self, error: FileNotFoundError) -> None:
        """Nothing, where there is a bucket: an empty one is a ledger without records, and one that is not there is none.

        Raises:
            StorageError: the store says that there is no such bucket.
        """
        if any(word in f"{error} {error.__cause__!r}" for word in _NO_BUCKET):
            bucket = self._prefix.partition("/")[0]
            what = f"there is no bucket {bucket!r}, and that is no empty ledger"
            raise StorageError(what, where=self.where, next_step="Check the address, and make the bucket before anything is recorded.") from error

    def _failed(self, what: str, error: Exception) -> StorageError:
        said = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        return StorageError(f"the ledger cannot be {what}: {said}", where=self.where, next_step="Check address, credentials and permissions of this job.")
