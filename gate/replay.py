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
from gate.record.decision import decision_bytes
from gate.record.stored import read_stored
from gate.stages.again import judged_again
from gate.stages.user_metrics import differing

__all__ = ["Replayed", "replay"]

_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came out: the recomputed decision, and where the record says something else; none means it reproduces.

    `decision` is None where the counts are not those that the record binds: then there is nothing to recompute from.
    """

    decision: Decision | None
    differences: tuple[str, ...]


def replay(path: Path) -> Replayed:
    """Recompute a recorded decision.

    Args:
        path: `decision.json`, with `counts.parquet` beside it; or the folder that holds both.

    Raises:
        UsageError: the file is no decision that this version can read, or the counts are absent.
    """
    stored = read_stored(path)
    bound, found = stored.record["counts"].get("digest"), digest(stored.counts)
    if bound != found:
        return Replayed(decision=None, differences=(f"counts: the record binds {bound}, the file beside it is {found}",))
    decision = judged_again(stored)
    differences = (*_differences(stored.record, decision), *differing(decision.facts.user_metrics, decision.counts))
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
