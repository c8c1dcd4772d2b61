"""Replay: the verdict again, from the record and its counts alone, without data, model or registry.

The same arithmetic as in a check runs on what was recorded. Whoever holds the two files can do this, a year later,
and sees whether verdict, findings and every number follow from policy, configuration, counts and facts.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate.core.canonical import canonical, digest
from gate.core.decision import Decision
from gate.core.document import Document
from gate.errors import GateError, UsageError
from gate.judge import judge
from gate.policy import config_from_effective, policy_from_effective
from gate.record.counts_file import read_counts
from gate.record.decision import JUDGEMENT, SCHEMA, decision_bytes
from gate.record.facts import facts_from_json

__all__ = ["Replayed", "replay"]

_MOST_BYTES = 64 * 2**20
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What came out: the recomputed decision, and where the record says something else; none means it reproduces."""

    decision: Decision
    differences: tuple[str, ...]


def replay(path: Path) -> Replayed:
    """Recompute a recorded decision.

    Args:
        path: `decision.json`, with `counts.parquet` beside it; or the folder that holds both.

    Raises:
        UsageError: the file is no decision that this version can read, or the counts are absent.
    """
    path = path / "decision.json" if path.is_dir() else path
    data = _read(path)
    record = _record(data, path)
    named = record.get("counts")
    counts_path = path.parent / _name(named.get("file") if isinstance(named, dict) else None)
    counts = _read(counts_path)
    decision = _judged_again(record, counts, path)
    differences = tuple(_differences(record, counts, decision))
    if not differences and decision_bytes(decision) != data:
        differences = ("the record is not in canonical form: the same values are written differently",)
    return Replayed(decision=decision, differences=differences[:_MOST_SHOWN])


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError("this file is too large to be part of a record", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"this file cannot be read: {error.strerror}", where=str(path), next_step="Name a decision.json.") from error


def _record(data: bytes, path: Path) -> dict[str, Any]:
    """The record as JSON values, if it is one that this version knows."""
    try:
        record = json.loads(data, parse_constant=_refuse)
    except ValueError as error:
        raise UsageError(f"this is no JSON: {error}", where=str(path), next_step="Name a decision.json.") from error
    if not isinstance(record, dict) or (record.get("schema"), record.get("judgement")) != (SCHEMA, JUDGEMENT):
        raise UsageError(f"this is no record of {SCHEMA}, judgement {JUDGEMENT}", where=str(path), next_step="Replay it with the version that wrote it.")
    return record


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of a record")


def _name(written: object) -> str:
    """The counts file beside the record: a plain name, no path."""
    if not isinstance(written, str) or Path(written).name != written:
        raise UsageError("the record names its counts by something else than a file beside it", where=repr(written)[:80])
    return written


def _judged_again(record: Mapping[str, Any], counts: bytes, path: Path) -> Decision:
    """The same pure judgement, on what the record holds."""
    try:
        policy, config = record["policy"], record["config"]
        table, facts = read_counts(counts), facts_from_json(record["facts"])
        effective = policy_from_effective(policy["effective"])
        judgement = judge(effective, config_from_effective(config["effective"], facts.candidate.name), table, facts)
        return Decision(
            tier=effective.tier,
            judgement=judgement,
            facts=facts,
            counts=table,
            counts_digest=digest(counts),
            policy=_bound(policy["effective"]),
            config=_bound(config["effective"]),
            gate_version=str(record["gate"]["version"]),
            looks=record["looks"],
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"the record lacks a part: {error}", where=str(path)) from error
    except GateError as error:
        raise UsageError(f"the record cannot be read: {error.what}", where=str(path)) from error


def _bound(effective: Any) -> Document:  # noqa: ANN401 -- JSON
    return Document(digest=digest(canonical(effective)), effective=effective)


def _differences(record: Mapping[str, Any], counts: bytes, decision: Decision) -> Iterator[str]:
    """Where the record and its recomputation part: `findings[2].value: 0.21 in the record, 0.12 recomputed`."""
    if record["counts"].get("digest") != digest(counts):
        yield f"counts: the record binds {record['counts'].get('digest')}, the file beside it is {digest(counts)}"
    recomputed = json.loads(decision_bytes(decision))
    del recomputed["counts"]
    yield from _parted("", {key: value for key, value in record.items() if key != "counts"}, recomputed)


def _parted(place: str, written: object, found: object) -> Iterator[str]:
    if isinstance(written, dict) and isinstance(found, dict):
        for key in sorted({*written, *found}):
            yield from _parted(f"{place}.{key}".lstrip("."), written.get(key), found.get(key))
    elif isinstance(written, list) and isinstance(found, list) and len(written) == len(found):
        for index, (one, other) in enumerate(zip(written, found, strict=True)):
            yield from _parted(f"{place}[{index}]", one, other)
    elif written != found or type(written) is not type(found):
        yield f"{place}: {json.dumps(written)[:80]} in the record, {json.dumps(found)[:80]} recomputed"
