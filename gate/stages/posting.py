"""Where a statement of a person goes: into the ledger and beside the run, or into a file that is reviewed like code."""

import os
from collections.abc import Callable
from pathlib import Path

from securesystemslib.signer import Signer

from gate.core.canonical import digest
from gate.errors import GateError, StorageError, UsageError
from gate.record.keys import signing_key
from gate.record.override import file_name
from gate.record.statement import Link
from gate.stages.desk import Desk

__all__ = ["person", "post", "write"]


def person(key: str | None, what: str) -> Signer:
    """The key of whoever signs `what`; None means the one of the environment.

    Raises:
        UsageError: none is named, or it cannot sign.
        StorageError: it cannot be read.
    """
    signer = signing_key(key, os.environ)
    if signer is None:
        raise UsageError(f"no key is named, and {what} is signed", where="GATE_SIGNING_KEY", next_step="Name yours with --key, or make one: `gate keys new`.")
    return signer


def post(desk: Desk, sealed_at: Callable[[Link | None], bytes], *, folder: str, output: Path | None) -> None:
    """Put a statement about a version where verify finds it.

    Args:
        desk: the version.
        sealed_at: the statement, signed, at a place of the ledger, or at none.
        folder: the folder of the run's artifacts that keeps statements of this kind.
        output: a file, instead of ledger and registry.

    Raises:
        GateError: nothing could keep it, or whatever should have failed.
    """
    if output is not None:
        write(output, sealed_at(None))
        return
    data = sealed_at(None) if desk.ledger is None else desk.ledger.append(desk.candidate.name, sealed_at)
    if desk.registry is not None and desk.run_id is not None:
        desk.registry.keep(desk.run_id, f"{folder}/{file_name(digest(data))}", data)
    elif desk.ledger is None:
        raise GateError("there is neither a run nor a ledger to keep it", where=desk.subject, next_step="Write it to a file with --output.")


def write(path: Path, data: bytes) -> None:
    """Write a statement to a new file.

    Raises:
        UsageError: there is a file of this name.
        StorageError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise UsageError("there is a file of this name already", where=str(path), next_step="Name another one.") from error
    except OSError as error:
        raise StorageError(f"the statement cannot be written: {error.strerror}", where=str(path), next_step="Name a file in a folder that exists.") from error
