"""Verify, move the alias, and look where it points: nobody deploys by an alias that moved past the gate.

Every promotion stands in the ledger, signed, so that a version which was allowed once can be gone back to: for a time, by
people who may, whatever has changed in policy, configuration or data since. Never one that was not allowed.
"""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from securesystemslib.signer import Signer

from gate.core.promotion import Promotion, Rollback
from gate.core.verification import Verification
from gate.errors import RegistryError, UsageError
from gate.record.keys import signing_key
from gate.record.override import LONGEST
from gate.record.promotion import promotion_statement
from gate.record.signing import seal
from gate.record.statement import Recorded
from gate.stages.desk import Desk, VerifyRequest, desk_of
from gate.stages.promoting import EXCUSED, may_roll_back
from gate.stages.signing import actor
from gate.verify import verified

__all__ = ["Back", "promote"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """A rollback: why, and for how many days; None means as many as the policy allows."""

    reason: str
    days: int | None = None


def promote(
    request: VerifyRequest, alias: str, *, key: str | None = None, back: Back | None = None, tell: Callable[[str], None] = lambda _: None
) -> Verification:
    """Let an alias stand for a version, if that version is allowed, or was; the verification says whether it is.

    Args:
        request: the version, as for `verify`.
        alias: the alias to move.
        key: the key to sign with; None means the one of the environment.
        back: why to go back to a version that was allowed before; None for an ordinary promotion.
        tell: called at the start of every stage.

    Raises:
        UsageError: the request cannot be meant (exit 2).
        GateError: registry or ledger could not be asked, or the alias does not stand for what was verified (exit 4).
    """
    if request.reference is None:
        raise UsageError("only a registered version can be promoted", where="gate promote", next_step="Give a MODEL: name/3 or name@alias.")
    signer = signing_key(key, os.environ)
    desk = desk_of(request, tell=tell)
    found = verified(desk)
    if back is None and not found.allowed:
        return found
    if back is not None:
        if not _only_excused(found):
            return found
        _keep(desk, alias, _signs(signer, desk), rollback=_granted(desk, back), tell=tell)
        desk = desk_of(request, tell=tell)
        found = verified(desk)
        if not found.allowed:
            return found
    elif signer is not None and desk.ledger is not None:
        _keep(desk, alias, signer, rollback=None, tell=tell)
    _move(request, alias, found, tell=tell)
    return found


def _only_excused(found: Verification) -> bool:
    """Whether nothing stands against it but what may have changed since it was allowed."""
    return found.asked_everything and all(check.holds or check.about in EXCUSED for check in found.checks)


def _signs(signer: Signer | None, desk: Desk) -> Signer:
    """The key, if its owner may sign a rollback."""
    if signer is None:
        raise UsageError(
            "no key is named, and a rollback is signed", where="GATE_SIGNING_KEY", next_step="Name yours with --key, or make one: `gate keys new`."
        )
    owner = desk.approvers.owner_of(signer.public_key.keyid)
    if owner is None or not may_roll_back(owner[0], desk.policy):
        who = "nobody of approvers.yaml" if owner is None else f"{owner[0].name}, who may not"
        raise UsageError(f"the key is that of {who}", where="--key", next_step="A rollback is signed by the gate, or by a role that approves overrides.")
    return signer


def _granted(desk: Desk, back: Back) -> Rollback:
    """The rollback, if the policy allows one, this version was promoted before, and the ledger shows it."""
    most = desk.policy.record.rollback_days
    if most is None:
        raise UsageError(
            f"the policy of tier {desk.policy.tier!r} allows no rollback", where="record.rollback_days", next_step="Check the version again: `gate check`."
        )
    if desk.fallen.unsigned:
        step = f"Give the model its tier back, or have it lowered on the record: gate tier lower {desk.candidate.name} --reason '…' --key KEY"
        raise UsageError(desk.fallen.fault, where=f"{desk.candidate.name}: tier", next_step=step)
    if back.days is not None and not 0 < back.days <= most:
        raise UsageError(f"the policy allows 1 to {most} days", where="--days", next_step="Check the version again before they are over.")
    if not 0 < len(back.reason.strip()) <= LONGEST:
        raise UsageError(f"a reason has 1 to {LONGEST} characters", where="--reason", next_step="Say why in a few sentences.")
    if desk.history is None or desk.history.promoted is None:
        raise UsageError(
            f"the ledger shows no promotion of {desk.subject} that was allowed by its newest decision",
            where=desk.subject,
            next_step="Only a version that `gate promote` has promoted with a key can be gone back to. Check it again: `gate check`.",
        )
    days = timedelta(days=most if back.days is None else back.days)
    return Rollback(reason=back.reason.strip(), expires=desk.demands.now.replace(microsecond=0) + days)


def _keep(desk: Desk, alias: str, signer: Signer, *, rollback: Rollback | None, tell: Callable[[str], None]) -> None:
    """The promotion at the end of the ledger, before the alias moves."""
    record: Recorded | None = desk.found.record
    if desk.ledger is None or record is None:
        raise UsageError("a rollback needs a ledger, which shows what was allowed", where="ledger", next_step="Name one in gate.yaml.")
    said = Promotion(
        decision=record.decision_digest,
        candidate=desk.candidate.digest,
        subject=desk.subject,
        alias=alias,
        actor=actor(os.environ),
        issued=desk.demands.now.replace(microsecond=0),
        nonce=secrets.token_hex(16),
        rollback=rollback,
    )
    tell("signing, and keeping it in the ledger")
    desk.ledger.append(desk.candidate.name, lambda link: seal(promotion_statement(said, link=link), signer))


def _move(request: VerifyRequest, alias: str, found: Verification, *, tell: Callable[[str], None]) -> None:
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    registry, (name, _, version) = MlflowRegistry(request.tracking_uri), found.subject.rpartition("/")
    tell(f"moving the alias {alias}")
    registry.point(name, alias, version)
    with TemporaryDirectory(prefix="gate-") as workspace:
        candidate = registry.fetch(f"{name}@{alias}", Path(workspace)).candidate
    if (candidate.version, candidate.digest) != (version, found.digest):
        raise RegistryError(
            f"{name}@{alias} stands for version {candidate.version} ({candidate.digest}), not for what was verified: somebody else moved or changed it",
            where=f"{name}@{alias}",
            next_step="Do not deploy. Find out who, and promote again.",
        )
