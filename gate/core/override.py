"""An override: a decision about a decision, by people, bound to it, for a time, never hiding what it waives."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

__all__ = ["Act", "Condition", "Override", "OverrideKind", "Said", "Standing", "Waiver"]


class Act(StrEnum):
    """What a statement does."""

    REQUEST = "request"
    APPROVE = "approve"
    REJECT = "reject"
    REVOKE = "revoke"


class OverrideKind(StrEnum):
    """What is asked for."""

    WAIVE = "waive"
    """Let a violation, or missing evidence, pass."""
    ACCEPT_UNCERTAINTY = "accept-uncertainty"
    """Let missing evidence pass, never a violation; one approver suffices."""
    CONDITIONAL = "conditional"
    """Waive while every condition still has time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What somebody has to do, and the last day on which the override stands without it."""

    what: str
    owner: str
    due: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one statement says.

    Args:
        act: what it does.
        decision: `sha256:…` of the decision's bytes.
        subject: the decision's candidate, for people.
        reason: why, in the signer's words.
        issued: when it says that it was signed.
        nonce: an id that no other statement has.
        request: the request that it is about, by the digest of its envelope; None for a request itself.
        kind, rules, expires, conditions: of a request; None or empty for everything else.
        on_behalf: whose words these are, as an account of a forge (`github:ann-m`), where an attester signs; None for the signer's own.
    """

    act: Act
    decision: str
    subject: str
    reason: str
    issued: datetime
    nonce: str
    request: str | None = None
    kind: OverrideKind | None = None
    rules: tuple[str, ...] = ()
    expires: datetime | None = None
    conditions: tuple[Condition, ...] = ()
    on_behalf: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A statement in its envelope.

    Args:
        said: what it says.
        digest: `sha256:…` of the envelope; other statements name a request by it.
        signer: who signed it, or in whose name an attester did, by name; None when nobody that approvers.yaml knows did, or the key did not count then.
        fault: why the signature does not count; None when it does.
        roles: what the signer may sign for.
    """

    said: Said
    digest: str
    signer: str | None
    fault: str | None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """What became of one request.

    Args:
        request: the request.
        requester: who asked; None when nobody knows.
        approvers: whose approval counts, by name.
        needed: how many have to.
        faults: why it does not stand, or why an approval does not count; nothing else keeps it from standing.
        stands: whether it waives its rules now.
    """

    request: Override
    requester: str | None
    approvers: tuple[str, ...]
    needed: int
    faults: tuple[str, ...]
    stands: bool

    @property
    def account(self) -> str:
        """Until when it stands, who answers for it, why, and what is owed for it."""
        said = self.request.said
        until = "" if said.expires is None else said.expires.strftime("until %Y-%m-%d %H:%M UTC ")
        owed = "".join(f"; {entry.owner} owes by {entry.due.isoformat()}: {entry.what}" for entry in said.conditions)
        return f"{until}by {' and '.join(self.approvers)}, asked for by {self.requester}: {said.reason}{owed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All requests about a decision, and the findings that nobody has waived.

    Args:
        waivers: what became of every request, oldest first.
        waived: rule id → the request that waives it.
        left: rules whose findings still stop the candidate, each once; empty where there are none.
    """

    waivers: tuple[Waiver, ...]
    waived: dict[str, Waiver]
    left: tuple[str, ...]
