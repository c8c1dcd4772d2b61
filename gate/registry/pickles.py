"""What the pickles in a folder name, listed without loading any: an opinion for readers, never a verdict.

A pickle can build a name at run time or hide in a container that nobody looks into, so an empty list proves nothing.
"""

import io
import pickletools
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from gate.core.model_files import PickleFile

__all__ = ["pickles_in"]

_ARCHIVE = b"PK\x03\x04"
_FILES = 50
_TOO_LARGE = "it is too large to look into"
_NAMES = 200
_SHOWN = 200
_TEXTS = {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE"}
_KEPT = {"MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"}
_FETCHED = {"BINGET", "LONG_BINGET", "GET"}
_EXTENSIONS = {".pkl", ".pickle", ".joblib", ".p"}


def pickles_in(folder: Path) -> tuple[PickleFile, ...]:
    """Every file of the folder that is a pickle, or an archive that holds some, by path; at most fifty."""
    found: list[PickleFile] = []
    left = _Left()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if len(found) == _FILES:
            break
        entry = _looked_into(path, path.relative_to(folder).as_posix(), left)
        if entry is not None:
            found.append(entry)
    return tuple(found)


@dataclass(slots=True)
class _Left:
    """How much may still be read of all files together, so that many cannot hold the gate up where one could not."""

    bytes: int = 256 * 2**20
    steps: int = 2_000_000

    def takes(self, size: int) -> bool:
        """Whether so many bytes may be read; they are counted."""
        if size > self.bytes:
            return False
        self.bytes -= size
        return True


def _looked_into(path: Path, name: str, left: _Left) -> PickleFile | None:
    """What one file names; None when it is no pickle."""
    with path.open("rb") as file:
        start = file.read(len(_ARCHIVE))
        if not (_is_pickle(start) or start == _ARCHIVE or path.suffix in _EXTENSIONS):
            return None
        file.seek(0)
        if start == _ARCHIVE:
            return _of_archive(file, name, left)
        return _entry(name, (file,), left) if left.takes(path.stat().st_size) else PickleFile(path=name, imports=(), unread=_TOO_LARGE)


def _of_archive(file: IO[bytes], name: str, left: _Left) -> PickleFile | None:
    """What the pickles of a zip file name, PyTorch's for example; None when it holds none."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [member for member in archive.infolist() if Path(member.filename).suffix in _EXTENSIONS]
            if not members:
                return None
            if not left.takes(sum(member.file_size for member in members)):
                return PickleFile(path=name, imports=(), unread=_TOO_LARGE)
            return _entry(name, [io.BytesIO(archive.read(member)) for member in members], left)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError, EOFError):
        return PickleFile(path=name, imports=(), unread="it is an archive that cannot be read")


def _entry(name: str, sources: Sequence[IO[bytes]], left: _Left) -> PickleFile:
    names: set[str] = set()
    unread = None
    try:
        for source in sources:
            for found in _named(source, left):
                names.add(found[:_SHOWN])
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, OverflowError, MemoryError) as error:
        unread = str(error) if str(error).startswith("it ") else "it is no readable pickle to its end: it may be compressed"
    many = f"it names {len(names)} things, of which these are the first {_NAMES}" if len(names) > _NAMES else None
    return PickleFile(path=name, imports=tuple(sorted(names)[:_NAMES]), unread=unread or many)


def _is_pickle(start: bytes) -> bool:
    """A pickle of protocol 2 or later says so in its first two bytes."""
    return len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5


def _named(source: IO[bytes], left: _Left) -> Iterator[str]:
    """The global names of a stream of pickles, those on the stack included as far as plain texts lead to them."""
    while source.read(1):
        source.seek(-1, io.SEEK_CUR)
        trail = _Trail()
        for operation, argument, _ in pickletools.genops(source):
            left.steps -= 1
            if left.steps < 0:
                raise ValueError("it is too long to be read to its end")
            if operation.name in {"GLOBAL", "INST"}:
                yield str(argument).replace(" ", ".")
            elif operation.name == "STACK_GLOBAL":
                yield ".".join(trail.texts) if len(trail.texts) == 2 else "a name that is made up while loading"
            trail.follow(operation.name, argument)


@dataclass(slots=True)
class _Trail:
    """The last two texts of a pickle, which a name on the stack is taken from, and the memo that texts are fetched from."""

    texts: list[str] = field(default_factory=list)
    memo: dict[int, str] = field(default_factory=dict)
    last: str = ""

    def follow(self, operation: str, argument: object) -> None:
        """Take one step."""
        if operation in _KEPT:
            self.memo[len(self.memo) if argument is None else int(str(argument))] = self.last
            return
        self.last = str(argument) if operation in _TEXTS else self.memo.get(int(str(argument)), "") if operation in _FETCHED else ""
        if self.last:
            self.texts = [*self.texts[-1:], self.last]
