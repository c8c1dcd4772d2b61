"""Replay: the verdict again, from the record and its counts alone, without data, model or registry.

The same arithmetic as in a check runs on what was recorded. Whoever holds the two files can do this, a year later,
and sees whether verdict, findings and every number follow from policy, configuration, counts and facts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gate.core.canonical import canonical, digest
from gate.core.decision import Decision
from gate.core.facts import Facts, PredictionSource
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
_CLIPPED = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came out: the recomputed decision, and where the record says something else; none means it reproduces.

    `decision` is None where the counts are not those that the record binds, or are not open here: then there is nothing to
    recompute from. `reworded` is how many sentences of findings the record words otherwise, where nothing else differs; else 0.
    """

    decision: Decision | None
    differences: tuple[str, ...]
    reworded: int = 0


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

    A record of an earlier version may word its sentences otherwise. They are not read: the recomputed ones stand in their
    place, and `Decision.earlier` says so, with what that version did not write.

    Raises:
        UsageError: it is no record, or does not reproduce.
        StorageError: the ledger cannot be read.
    """
    replayed = replay(path, ledger=ledger)
    if replayed.decision is None or (replayed.differences and not replayed.reworded):
        said = f"the record does not reproduce: {replayed.differences[0]}"
        raise UsageError(said, where=str(path), next_step="`gate replay` lists every difference; nothing is made of such a record.")
    return replace(replayed.decision, earlier=tuple(_earlier(replayed.decision, replayed.reworded)))


def _earlier(decision: Decision, reworded: int) -> Iterator[str]:
    """What the version that wrote the record did not write, or worded otherwise, in sentences."""
    lacking = list(_unwritten(decision.facts))
    if lacking:
        yield f"Recorded by an earlier version of the gate, which did not write {' or '.join(lacking)}: nothing is said of it here."
    if reworded:
        yield "The record words some findings otherwise than this version of the gate: outcomes and numbers are as recorded, the sentences are this version's."


def _unwritten(facts: Facts) -> Iterator[str]:
    """Facts that every check of a registered model has written since they are known."""
    if facts.predictions.source is PredictionSource.MODEL:
        if facts.model_files is None:
            yield "what the model's files hold"
        if facts.predictions.sandbox is not None and facts.predictions.confinement is None:
            yield "what its sandbox allowed"


def _compared(stored: Stored, record: Mapping[str, Any]) -> Replayed:
    """What is recomputed from the stored facts and counts, beside the record."""
    decision = judged_again(stored)
    functions = differing(facts_from_json(stored.record["facts"]).user_metrics, read_counts(stored.counts))  # of all counts, published or not
    parted = tuple(_parted((), record, json.loads(decision_bytes(decision))))
    differences = (*map(_said, parted), *functions)
    reworded = len(parted) if not functions and all(map(_is_sentence, parted)) and canonical(record) + b"\n" == stored.data else 0
    if not differences and decision_bytes(decision) != stored.data:
        differences = ("the record is not in canonical form: the same values are written differently",)
    return Replayed(decision=decision, differences=differences[:_MOST_SHOWN], reworded=reworded)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parted:
    """Where the record and its recomputation part: keys and indices from the top, and both values."""

    place: tuple[str | int, ...]
    written: object
    found: object


def _parted(place: tuple[str | int, ...], written: object, found: object) -> Iterator[_Parted]:
    if isinstance(written, dict) and isinstance(found, dict):
        for key in sorted({*written, *found}):
            yield from _parted((*place, key), written.get(key), found.get(key))
    elif isinstance(written, list) and isinstance(found, list) and len(written) == len(found):
        for index, (one, other) in enumerate(zip(written, found, strict=True)):
            yield from _parted((*place, index), one, other)
    elif written != found or type(written) is not type(found):
        yield _Parted(place=place, written=written, found=found)


def _is_sentence(parted: _Parted) -> bool:
    """Whether the record holds a sentence for people there, of which nothing follows."""
    match parted.place:
        case "findings", int(), "message":
            return isinstance(parted.written, str)
        case _:
            return False


def _said(parted: _Parted) -> str:
    """For people: `findings[2].value: 0.21 in the record, 0.12 recomputed`."""
    place = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in parted.place).lstrip(".")
    one, other = _apart(json.dumps(parted.written), json.dumps(parted.found))
    return f"{place}: {one} in the record, {other} recomputed"


def _apart(one: str, other: str) -> tuple[str, str]:
    """Two texts, clipped to where they part."""
    same = next((place for place, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), min(len(one), len(other)))
    start = max(0, same - _CLIPPED // 2) if max(len(one), len(other)) > _CLIPPED else 0
    lead = '"…' if start else ""
    return lead + one[start : start + _CLIPPED], lead + other[start : start + _CLIPPED]
