"""The evidence of a decision that lies in a folder: from the ledger, or from a copy beside it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gate.errors import UsageError
from gate.policy.places import ledger_fault
from gate.record.evidence import Evidence, read_evidence
from gate.record.ledger import Ledger
from gate.record.places import store_at
from gate.record.signing import Unsound, unseal
from gate.record.statement import read_statement
from gate.stages.archive import bundle_of

__all__ = ["evidence_of"]


def evidence_of(path: Path, data: bytes, record: Mapping[str, Any], *, ledger: str | None) -> Evidence | Unsound:
    """The full counts and facts of a decision of which cells were suppressed; which they are, the record beside it says.

    Args:
        path: where `decision.json` is.
        data: its bytes.
        record: the same as JSON values.
        ledger: the place of the ledger; None looks for a copy beside the record alone.

    Raises:
        UsageError: there is no record beside it, or the ledger cannot be meant.
        StorageError: the ledger cannot be read.
    """
    bundle = bundle_of(path.parent)
    sealed = unseal(bundle.record)
    said = sealed if isinstance(sealed, Unsound) else read_statement(sealed)
    if isinstance(said, Unsound):
        return Unsound(reason=f"the record beside the decision: {said.reason}")
    if said.decision_bytes != data:
        return Unsound(reason="the record beside the decision is about another one")
    if ledger is None or bundle.evidence is not None:
        return read_evidence(bundle.evidence, said.evidence)
    if fault := ledger_fault(ledger):
        raise UsageError(fault[0], where=ledger, next_step=fault[1])
    model = str(record["candidate"]["name"]) if isinstance(record.get("candidate"), Mapping) else ""
    return read_evidence(Ledger(store_at(ledger)).evidence(model, said.evidence or ""), said.evidence)
