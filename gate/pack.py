"""A pack: what decisions on record say to a regulator's clauses, in a folder that can be handed over."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gate.core.decision import Decision
from gate.errors import UsageError
from gate.record.files import write_files
from gate.replay import reproduced
from gate.report import packs

__all__ = ["PackRequest", "build"]

_BESIDE = ("decision.json", "counts.parquet", "decision.dsse.json")
"""What is handed over with the pack; never the evidence of small cells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRequest:
    """What to build.

    Args:
        pack: its name, of `packs.PACKS`.
        decisions: recorded decisions, each a `decision.json` or the folder that holds it.
        output: where the pack goes.
        ledger: where the full counts are of decisions of which cells were suppressed.
    """

    pack: str
    decisions: tuple[Path, ...]
    output: Path
    ledger: str | None = None


def build(request: PackRequest) -> tuple[str, ...]:
    """Write the pack; the names of its files come back.

    Raises:
        UsageError: there is no such pack, or a decision does not reproduce, or was made on a development table, or the folder is not empty (exit 2).
        StorageError: the folder cannot be written.
    """
    pack = packs.PACKS.get(request.pack)
    if pack is None:
        raise UsageError(f"there is no pack {request.pack!r}", next_step=f"One of: {', '.join(packs.PACKS)}.")
    if request.output.exists() and (not request.output.is_dir() or any(request.output.iterdir())):
        raise UsageError("there is something already: old evidence would stand beside new", where=str(request.output), next_step="Name a new folder.")
    decisions = [_recorded(path, request.ledger) for path in request.decisions]
    files = {
        "pack.md": packs.markdown(pack, decisions).encode(),
        "pack.html": packs.html(pack, decisions).encode(),
        "traceability.csv": packs.traceability(pack, decisions).encode(),
    }
    write_files(request.output, files)
    kept = [name for place, path in enumerate(request.decisions, 1) for name in _copied(path, request.output / "evidence" / str(place))]
    return (*files, *kept)


def _recorded(path: Path, ledger: str | None) -> Decision:
    """The decision, recomputed; one of a development table decides nothing.

    Raises:
        UsageError: it is no record, does not reproduce, or decided nothing.
    """
    decision = reproduced(path, ledger=ledger)
    if decision.development:
        raise UsageError("this was judged on a development table, and decides nothing", where=str(path), next_step="Name the decision on the holdout.")
    return decision


def _copied(path: Path, folder: Path) -> Sequence[str]:
    """The record's files, beside the pack."""
    beside = path if path.is_dir() else path.parent
    found = {name: (beside / name).read_bytes() for name in _BESIDE if (beside / name).is_file()}
    write_files(folder, found)
    return [f"{folder.parent.name}/{folder.name}/{name}" for name in found]
