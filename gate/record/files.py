"""The files of a decision in a folder: written whole or not at all, the decision last."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from gate.errors import StorageError

__all__ = ["FILES", "SARIF_FILE", "SUMMARY_FILE", "remove_files", "write_files"]

SARIF_FILE = "findings.sarif"
"""What code scanning reads."""
SUMMARY_FILE = "summary.md"
"""What whoever opens a CI job, or the pull request, sees."""
FILES = (
    "decision.json",
    "counts.parquet",
    "model_card.md",
    "model_card.html",
    "card.json",
    "report.html",
    SARIF_FILE,
    "junit.xml",
    "badge.json",
    SUMMARY_FILE,
    "decision.dsse.json",
)
"""Every name that a check may write."""


def remove_files(folder: Path, names: Sequence[str] = FILES) -> None:
    """Remove what an earlier check, or verification, left, so that nothing old is taken for the answer.

    Raises:
        StorageError: a file cannot be removed.
    """
    try:
        for name in names:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error


def write_files(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Write every file under its final name only when it is complete; `decision.json` comes last.

    Raises:
        StorageError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in sorted(contents, key=lambda name: name == FILES[0]):
            partial = folder / f".{name}.{os.getpid()}.partial"
            partial.write_bytes(contents[name])
            partial.replace(folder / name)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _unwritable(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"the output folder cannot be written: {error.strerror or error}", where=str(folder), next_step="Give another folder to --output.")
