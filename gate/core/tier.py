"""A tier that was lowered: the signed word of somebody who may that a model is judged less strictly than before."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["TIER_ROLE", "Lowering", "SignedLowering"]

TIER_ROLE = "tier-approver"
"""The role of approvers.yaml whose keys sign that a tier is lowered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowering:
    """What one statement says.

    Args:
        decision: `sha256:…` of the bytes of the newest decision under the stricter tier: a later one is not lowered by this.
        model: the model's name in the ledger.
        before: the stricter tier.
        after: the tier that the model has instead.
        reason: why, in the signer's words.
        issued: when it says that it was signed.
        expires: from when it no longer counts; None for never.
        nonce: an id that no other statement has.
        record: `sha256:…` of the envelope of that decision: the same decision, recorded again, is another one. None in statements
            of earlier versions, which count where the ledger holds them behind it.
    """

    decision: str
    model: str
    before: str
    after: str
    reason: str
    issued: datetime
    expires: datetime | None
    nonce: str
    record: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedLowering:
    """A statement in its envelope.

    Args:
        said: what it says.
        digest: `sha256:…` of the envelope.
        signer: who signed it, by name; None when nobody that approvers.yaml knows did.
        fault: why it does not count, whatever it is about; None when it does.
        position: where it stands in the ledger; None where it does not.
    """

    said: Lowering
    digest: str
    signer: str | None
    fault: str | None
    position: int | None = None
