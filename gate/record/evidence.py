"""The evidence of a decision of which cells were suppressed: its full counts and facts, for those who may see them.

It is kept in the ledger under its digest, which the signed record names. A salt is in it, because counts of few rows
could be guessed from a digest, one after the other. Law: `read_evidence(written_evidence(e), digest) == e`.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gate.core.canonical import canonical, digest
from gate.record.signing import Unsound

__all__ = ["EVIDENCE_FILE", "Evidence", "read_evidence", "written_evidence"]

EVIDENCE_FILE = "evidence.json"
"""Its name where somebody lays it beside a record."""

SCHEMA = "gate.evidence/v1"
_KEYS = {"schema", "salt", "counts", "facts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a published decision lacks.

    Args:
        counts: `counts.parquet`.
        facts: the facts of the decision as JSON values.
        salt: hexadecimal digits that nobody can guess.
    """

    counts: bytes
    facts: Mapping[str, Any]
    salt: str


def written_evidence(evidence: Evidence) -> bytes:
    """The file of it, in canonical form."""
    said = {"schema": SCHEMA, "salt": evidence.salt, "counts": b64encode(evidence.counts).decode("ascii"), "facts": dict(evidence.facts)}
    return canonical(said) + b"\n"


def read_evidence(data: bytes | None, wanted: str | None) -> Evidence | Unsound:
    """The evidence that a record names by the digest `wanted`, or why this is not it."""
    if wanted is None:
        return Unsound(reason="its counts are not published, and it names no evidence")
    if data is None:
        return Unsound(reason="its full counts are in the evidence store of the ledger (privacy.min_cell), which is not open here: nothing can be recomputed")
    if digest(data) != wanted:
        return Unsound(reason="the evidence is not what the record names")
    try:
        said = json.loads(data)
        evidence = Evidence(counts=b64decode(said["counts"], validate=True), facts=said["facts"], salt=said["salt"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return Unsound(reason="the evidence cannot be read")
    return evidence if said.keys() == _KEYS and said["schema"] == SCHEMA else Unsound(reason="the evidence is not one that this version can read")
