"""A promotion: the moment in which a version was allowed for an alias. A rollback: the return to one that had been."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Promotion", "Rollback"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Why somebody goes back to a version that was allowed, and until when that counts."""

    reason: str
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What one statement says.

    Args:
        decision: `sha256:…` of the bytes of the decision that allowed it.
        candidate: `sha256:…` of the model's files.
        subject: name and version, for people.
        alias: what stands for it.
        actor: who promoted, as the machine knows them; None when it does not.
        issued: when it says that it was signed.
        nonce: an id that no other statement has.
        rollback: of a rollback; None where everything held.
    """

    decision: str
    candidate: str
    subject: str
    alias: str
    actor: str | None
    issued: datetime
    nonce: str
    rollback: Rollback | None = None
