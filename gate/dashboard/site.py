"""The pages as files of a folder, which any web server, or none, can show."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gate.dashboard.board import Board
from gate.dashboard.pages import INDEX, index, model, page_name
from gate.errors import StorageError, UsageError

__all__ = ["MODELS", "write_site"]

MODELS = "models"
"""The folder of the models' pages, beside the index."""
_OURS = re.compile(rb'<meta name="generator" content="gate dashboard [^"]*">')
_PAGE = re.compile(r"[a-z0-9-]+\.html")


def write_site(board: Board, folder: Path) -> int:
    """Write every page; pages of an earlier site that are not written again are removed, so that no old verdict stays behind.

    Returns:
        How many pages there are.

    Raises:
        UsageError: the folder holds an `index.html` or a page of somebody else.
        StorageError: it cannot be written.
    """
    try:
        for path in _old(folder):
            if not _is_ours(path):
                raise UsageError("the folder holds a page that this command did not write", where=str(path), next_step="Name another folder, or remove it.")
        (folder / MODELS).mkdir(parents=True, exist_ok=True)
        pages = {f"{MODELS}/{page_name(entry.name)}": entry for entry in board.models}
        for path in _old(folder):
            path.unlink()
        for name, entry in pages.items():
            _write(folder / name, model(board, entry))
        _write(folder / INDEX, index(board))
    except OSError as error:
        raise StorageError(
            f"the pages cannot be written: {error.strerror or error}", where=str(folder), next_step="Name a folder that can be written."
        ) from error
    return len(pages) + 1


def _old(folder: Path) -> Iterator[Path]:
    """What an earlier run may have left."""
    index_page, models = folder / INDEX, folder / MODELS
    if index_page.exists():
        yield index_page
    if models.is_dir():
        yield from sorted(path for path in models.iterdir() if _PAGE.fullmatch(path.name))


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return _OURS.search(file.read(4096)) is not None


def _write(path: Path, text: str) -> None:
    """The page, whole or not at all."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".", delete=False) as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    shutil.move(file.name, path)
