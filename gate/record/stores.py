"""Where a ledger keeps its files: names to bytes, each written once, whole, and never again."""

import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO, Protocol

from gate.errors import StorageError

__all__ = ["FolderStore", "Store"]

_MOST_BYTES = 256 * 2**20
_PATIENCE = 600.0
_PAUSE = 0.05


class Store(Protocol):
    """Files under names with `/`, outside MLflow."""

    where: str

    def names(self, folder: str) -> tuple[str, ...]:
        """The names of the files of a folder, in order; none where there is no such folder.

        Raises:
            StorageError: the store cannot be read.
        """
        ...

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None when there is no such file.

        Raises:
            StorageError: the store cannot be read.
        """
        ...

    def create(self, name: str, data: bytes) -> bool:
        """Write a file, whole or not at all; False, and nothing written, when there is one of this name.

        Raises:
            StorageError: the store cannot be written.
        """
        ...

    def in_turn(self, folder: str) -> AbstractContextManager[None]:
        """Where the store can: nobody else is in the same folder's turn meanwhile. A courtesy that saves work; `create` decides.

        Raises:
            StorageError: the store cannot be written.
        """
        ...


class FolderStore:
    """A folder of this machine, or one that several machines mount.

    Args:
        folder: the folder.
        patience: how many seconds a gate waits for its turn.
    """

    def __init__(self, folder: Path, *, patience: float = _PATIENCE) -> None:
        self.where = str(folder)
        self._folder = folder
        self._patience = patience

    def names(self, folder: str) -> tuple[str, ...]:
        """See `Store.names`; files that are still being written have names that begin with a dot."""
        try:
            return tuple(sorted(entry.name for entry in (self._folder / folder).iterdir() if not entry.name.startswith(".")))
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise _failed("read", folder, error) from error

    def read(self, name: str) -> bytes | None:
        """See `Store.read`."""
        try:
            with (self._folder / name).open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _failed("read", name, error) from error
        if len(data) > _MOST_BYTES:
            raise StorageError("a file of the ledger is larger than any record", where=name, next_step="Find out who put it there.")
        return data

    def create(self, name: str, data: bytes) -> bool:
        """See `Store.create`: written beside, then linked under its name, which fails when there is one."""
        path = self._folder / name
        partial = path.with_name(f".{secrets.token_hex(8)}.partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_through(partial, data)
                os.link(partial, path)
            finally:
                partial.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except FileExistsError:
            return False
        except OSError as error:
            raise _failed("written", name, error) from error
        return True

    @contextmanager
    def in_turn(self, folder: str) -> Iterator[None]:
        """See `Store.in_turn`: a lock of the file system, which ends with the process that holds it."""
        path = self._folder / folder / ".turn"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("a+b")  # not emptied: it says who has the turn
        except OSError as error:
            raise _failed("written", folder, error) from error
        with file:
            if not _locked(file, seconds=self._patience):
                raise _busy(file, path, self._patience)
            with suppress(OSError):  # to say who it is is a courtesy too
                file.truncate(0)
                file.write(f"process {os.getpid()} on {socket.gethostname()}".encode())
                file.flush()
            yield


def _locked(file: IO[bytes], *, seconds: float) -> bool:
    """Whether the turn is ours: after some seconds at most. Some file systems know no locks: there it is everybody's."""
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE)
        except OSError:
            return True
        else:
            return True


def _busy(file: IO[bytes], path: Path, seconds: float) -> StorageError:
    file.seek(0)
    holder = file.read(200).decode("utf-8", "replace").strip() or "somebody who does not say"
    return StorageError(
        f"the ledger is in use: {holder} has held the turn for {seconds:g} s or more",
        where=str(path),
        next_step="Look whether that process hangs, and end it; a lock ends with its process. Then run this again.",
    )


def _write_through(path: Path, data: bytes) -> None:
    """Write the bytes, and wait until the disk has them."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _failed(what: str, name: str, error: OSError) -> StorageError:
    return StorageError(
        f"the ledger cannot be {what}: {error.strerror or error}", where=name, next_step="Check the folder that `ledger` of gate.yaml, or GATE_LEDGER, names."
    )
