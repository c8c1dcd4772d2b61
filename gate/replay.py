"""Replay: the verdict again, from the record and its counts alone, without data, model or registry.

The same arithmetic as in a check runs on what was recorded. Whoever holds the two files can do this, a year later,
and sees whether verdict, findings and every number follow from policy, configuration, counts and facts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.core.canonical import digest
from gate.core.decision import Decision
from gate.errors import UsageError
from gate.record.counts_file import read_counts
from gate.record.decision import decision_bytes
from gate.record.facts import facts_from_json
from gate.record.signing import Unsound
from gate.record.stored import Stored, opened, read_record, read_stored, suppresses
from gate.stages.again import judged_again
from gate.stages.evidence import evidence_of
from gate.stages.user_metrics import differing

__all__ = ["Replayed", "replay", "reproduced"]

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came out: the recomputed decision, and where the record says something else; none means it reproduces.

    `decision` is None where the counts are not those that the record binds, or are not open here: then there is nothing to
    recompute from.
    """

    decision: Decision | None
    differences: tuple[str, ...]


def replay(path: Path, *, ledger: str | None = None) -> Replayed:
    """Recompute a recorded decision.

    Args:
        path: `decision.json`, with `counts.parquet` beside it; or the folder that holds both.
        ledger: where the full counts are of a decision of which cells were suppressed; None looks for `evidence.json` beside it.

    Raises:
        UsageError: the file is no decision that this version can read, or the counts are absent.
        StorageError: the ledger cannot be read.
    """
    path = path / "decision.json" if path.is_dir() else path
    data, record = read_record(path)
    if suppresses(record):
        full = evidence_of(path, data, record, ledger=ledger)
        return Replayed(decision=None, differences=(full.reason,)) if isinstance(full, Unsound) else _compared(opened(path, data, record, full), record)
    stored = read_stored(path)
    bound, found = stored.record["counts"].get("digest"), digest(stored.counts)
    if bound != found:
        return Replayed(decision=None, differences=(f"counts: the record binds {bound}, the file beside it is {found}",))
    return _compared(stored, stored.record)


def reproduced(path: Path, *, ledger: str | None = None) -> Decision:
    """The decision, recomputed from its record: what is made of one that does not reproduce would be no evidence.

    Raises:
        UsageError: it is no record, or does not reproduce.
        StorageError: the ledger cannot be read.
    """
    replayed = replay(path, ledger=ledger)
    if replayed.decision is None or replayed.differences:
        said = f"the record does not reproduce: {replayed.differences[0]}"
        raise UsageError(said, where=str(path), next_step="`gate replay` lists every difference; nothing is made of such a record.")
    return replayed.decision


def _compared(stored: Stored, record: Mapping[str, Any]) -> Replayed:
    """What is recomputed from the stored facts and counts, beside the record."""
    decision = judged_again(stored)
    functions = differing(facts_from_json(stored.record["facts"]).user_metrics, read_counts(stored.counts))  # of all counts, published or not
    differences = (*_differences(record, decision), *functions)
    if not differences and decision_bytes(decision) != stored.data:
        differences = ("the record is not in canonical form: the same values are written differently",)
    return Replayed(decision=decision, differences=differences[:_MOST_SHOWN])


def _differences(record: Mapping[str, Any], decision: Decision) -> Iterator[str]:
    """Where the record and its recomputation part: `findings[2].value: 0.21 in the record, 0.12 recomputed`."""
    yield from _parted("", record, json.loads(decision_bytes(decision)))


def _parted(place: str, written: object, found: object) -> Iterator[str]:
    if isinstance(written, dict) and isinstance(found, dict):
        for key in sorted({*written, *found}):
            yield from _parted(f"{place}.{key}".lstrip("."), written.get(key), found.get(key))
    elif isinstance(written, list) and isinstance(found, list) and len(written) == len(found):
        for index, (one, other) in enumerate(zip(written, found, strict=True)):
            yield from _parted(f"{place}[{index}]", one, other)
    elif written != found or type(written) is not type(found):
        yield f"{place}: {json.dumps(written)[:80]} in the record, {json.dumps(found)[:80]} recomputed"
