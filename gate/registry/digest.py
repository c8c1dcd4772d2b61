"""The digest of a folder: the same files under the same names give the same digest, wherever they lie."""

import hashlib
import os
import stat
from pathlib import Path

from gate.errors import CandidateError

__all__ = ["refuse_links_and_devices", "tree_digest"]

_NEXT = "Register the model again from plain files."


def tree_digest(folder: Path) -> str:
    """`sha256:…` over the relative POSIX paths and contents of all files, sorted by path; modes and times do not count.

    Every path is preceded by its length and every content stands as its own SHA-256, so no two different trees feed
    the same bytes to the outer hash. Folders without files do not count: object stores cannot keep them.

    Raises:
        CandidateError: a link leaves the folder or leads to a folder, or something is neither file nor folder.
    """
    refuse_links_and_devices(folder)
    outer = hashlib.sha256()
    for name in sorted(path.relative_to(folder).as_posix().encode(errors="surrogateescape") for path in _files(folder)):
        with (folder / os.fsdecode(name)).open("rb") as file:
            content = hashlib.file_digest(file, "sha256").digest()
        outer.update(len(name).to_bytes(8, "big") + name + content)
    return f"sha256:{outer.hexdigest()}"


def refuse_links_and_devices(folder: Path) -> None:
    """Raise `CandidateError` unless the folder holds nothing but folders, files, and links to files within it."""
    root = folder.resolve()
    for path in _entries(folder):
        if path.is_symlink() and not _stays_inside(path, root):
            raise CandidateError("The model's files hold a link that is not to a file of the model", where=_name(path, folder), next_step=_NEXT)
        mode = path.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise CandidateError("The model's files hold something that is neither file nor folder", where=_name(path, folder), next_step=_NEXT)


def _stays_inside(link: Path, root: Path) -> bool:
    return link.is_file() and root in link.resolve().parents


def _files(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.is_file()]


def _entries(folder: Path) -> list[Path]:
    """Everything below the folder, without following links."""
    return [Path(parent, name) for parent, folders, files in os.walk(folder, onerror=_raise) for name in (*folders, *files)]


def _raise(error: OSError) -> None:
    raise error


def _name(path: Path, folder: Path) -> str:
    return ascii(path.relative_to(folder).as_posix())
