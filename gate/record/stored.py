"""A recorded decision as it lies in a folder: `decision.json`, and the counts beside it.

What is read here was written by others. It is taken apart, never believed: whoever needs a part says which, and a part
that is absent or malformed is a sentence, not a traceback.
"""

import json
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.errors import GateError, UsageError
from gate.record.decision import JUDGEMENT, SCHEMA
from gate.record.evidence import Evidence

__all__ = ["Stored", "opened", "parsed", "read_beside", "read_record", "read_stored", "suppresses"]

_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The two files of a decision.

    Args:
        path: where `decision.json` is.
        data: its bytes.
        record: the same as JSON values; nothing but `schema` and `judgement` has been looked at.
        counts: the bytes of the counts file.
    """

    path: Path
    data: bytes
    record: Mapping[str, Any]
    counts: bytes


def read_stored(path: Path) -> Stored:
    """A recorded decision and its counts.

    Args:
        path: `decision.json`, with `counts.parquet` beside it; or the folder that holds both.

    Raises:
        UsageError: the file is no decision that this version can read, or the counts are absent.
    """
    path = path / "decision.json" if path.is_dir() else path
    data, record = read_record(path)
    return Stored(path=path, data=data, record=record, counts=read_beside(path, record))


def read_record(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The bytes of a `decision.json`, and the record as JSON values, if it is one that this version knows.

    Raises:
        UsageError: it cannot be read, or is no such record.
    """
    data = _read(path)
    try:
        record = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"this is no JSON: {error}", where=str(path), next_step="Name a decision.json.") from error
    if not isinstance(record, dict) or (record.get("schema"), record.get("judgement")) != (SCHEMA, JUDGEMENT):
        raise _unknown(record, path)
    return data, record


def suppresses(record: Mapping[str, Any]) -> bool:
    """Whether cells of the decision were suppressed, so that no counts belong beside it."""
    return record.get("suppressed") is not None


def opened(path: Path, data: bytes, record: Mapping[str, Any], evidence: Evidence) -> Stored:
    """A decision of which cells were suppressed, with the facts and counts that it was reached from."""
    return Stored(path=path, data=data, record={**record, "facts": evidence.facts}, counts=evidence.counts)


def read_beside(path: Path, record: Mapping[str, Any]) -> bytes:
    """The bytes of the counts file that the record at `path` names.

    Raises:
        UsageError: it names none beside it, or that cannot be read.
    """
    if suppresses(record):
        raise UsageError(
            "cells of this decision were suppressed (privacy.min_cell): its full counts are in the evidence store of the ledger alone",
            where=str(path),
            next_step="Ask whoever may read the ledger: `gate replay` and `gate verify` find them there.",
        )
    named = record.get("counts")
    return _read(path.parent / _name(named.get("file") if isinstance(named, dict) else None))


def _unknown(record: object, path: Path) -> UsageError:
    """Why a document is not read: a later version wrote it, or it is no record at all. There is none of an earlier form."""
    written = (record.get("schema"), record.get("judgement")) if isinstance(record, dict) else (None, None)
    if any(isinstance(found, str) and _later(found, known) for found, known in zip(written, (SCHEMA, JUDGEMENT), strict=True)):
        said = f"a later version of the gate wrote this record ({_shown(written[0])}, judgement {_shown(written[1])}); this one reads {SCHEMA}, {JUDGEMENT}"
        return UsageError(said, where=str(path), next_step="Read it with that version or a newer one: `python -m pip install --upgrade fairness-gate`.")
    return UsageError(f"this is no record of {SCHEMA}, judgement {JUDGEMENT}", where=str(path), next_step="Name a decision.json of `gate check`.")


def _later(written: str, known: str) -> bool:
    """Whether a name is the known one with a higher number: `v2` for `v1`."""
    stem, number = known.rstrip("0123456789"), written.removeprefix(known.rstrip("0123456789"))
    return written.startswith(stem) and re.fullmatch(r"[0-9]{1,6}", number) is not None and int(number) > int(known.removeprefix(stem))


def _shown(written: object) -> str:
    return repr(written)[:60]


@contextmanager
def parsed(path: Path) -> Iterator[None]:
    """Around whatever takes a record apart.

    Raises:
        UsageError: the record lacks a part, or one of them is malformed.
    """
    try:
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"the record lacks a part: {error}", where=str(path)) from error
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise UsageError(f"the record contradicts itself: {error}", where=str(path)) from error
    except GateError as error:
        raise UsageError(f"the record cannot be read: {error.what}", where=str(path)) from error


def _read(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError("this is no file", where=str(path), next_step="Name a decision.json.")
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"this file cannot be read: {error.strerror}", where=str(path), next_step="Name a decision.json.") from error
    if len(data) > _MOST_BYTES:
        raise UsageError("this file is too large to be part of a record", where=str(path))
    return data


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of a record")


def _name(written: object) -> str:
    """The counts file beside the record: a plain name, no path."""
    if not isinstance(written, str) or not re.fullmatch(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,100}", written):
        raise UsageError("the record names its counts by something else than a file beside it", where=repr(written)[:80])
    return written
