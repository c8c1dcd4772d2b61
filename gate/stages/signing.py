"""What signs a decision and where it is chained: key, ledger, and the terms of the policy, settled before anything is judged."""

import getpass
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from securesystemslib.signer import Signer

from gate.core.decision import Decision
from gate.core.policy import RecordTerms
from gate.errors import UsageError
from gate.policy import LoadedModel, LoadedPolicy, load_approvers
from gate.policy.places import ledger_fault
from gate.record.decision import decision_json
from gate.record.keys import signing_key
from gate.record.ledger import Ledger
from gate.record.places import store_at
from gate.record.signing import seal
from gate.record.statement import Link, Making, decision_statement

__all__ = ["LEDGER", "Hand", "actor", "hand_of", "keepable", "ledger_of", "sealed"]

LEDGER = "GATE_LEDGER"
"""Names the ledger where gate.yaml names none."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hand:
    """What signs.

    Args:
        signer: the key; None leaves records unsigned.
        ledger: where they are chained; None nowhere.
        approvers: the digest of the list of approvers; None when there is none.
        terms: how long a decision counts.
        clock: the time.
    """

    signer: Signer | None
    ledger: Ledger | None
    approvers: str | None
    terms: RecordTerms
    clock: Callable[[], datetime] = _now


def hand_of(model: LoadedModel, policy: LoadedPolicy, *, key: str | None, environment: Mapping[str, str] = os.environ) -> Hand:
    """The key that is named, and the ledger of the configuration.

    Raises:
        UsageError: the key cannot sign, or the list of approvers cannot be meant.
        StorageError: the key cannot be read.
    """
    return Hand(
        signer=signing_key(key, environment),
        ledger=ledger_of(model, environment),
        approvers=load_approvers(model.policies).digest,
        terms=policy.policy.record,
    )


def keepable(min_cell: int | None, hand: Hand, *, development: bool, where: str) -> None:
    """Nothing, where there is a place for the counts that may not be published, or nothing is decided.

    Raises:
        UsageError: the policy suppresses cells, and no ledger keeps the full counts.
    """
    if min_cell is not None and hand.ledger is None and not development:
        raise UsageError(
            "privacy.min_cell is set, and there is no ledger to keep the full counts in: nobody could replay the decision",
            where=where,
            next_step="Name a ledger in gate.yaml (`ledger`), or GATE_LEDGER, that only those can read who may see the counts.",
        )


def ledger_of(model: LoadedModel, environment: Mapping[str, str] = os.environ) -> Ledger | None:
    """The ledger that gate.yaml names, which people have reviewed; else the one that the environment names.

    Raises:
        UsageError: it is of a kind that is not supported.
    """
    place = model.ledger or environment.get(LEDGER) or None
    if place is None:
        return None
    if fault := ledger_fault(place):
        raise UsageError(fault[0], where=LEDGER, next_step=fault[1])
    return Ledger(store_at(place))


def sealed(decision: Decision, hand: Hand, *, author: str | None, recorded: bool, link: Link | None, evidence: str | None = None) -> bytes:
    """The decision, signed now, at its place in the ledger; `evidence` is the digest of what was suppressed of it.

    Raises:
        GateError: the signer did not sign.
    """
    issued = hand.clock()
    lasting = hand.terms.max_age_days
    making = Making(
        approvers=hand.approvers,
        author=author,
        actor=actor(os.environ),
        issued=issued,
        expires=None if lasting is None else issued + timedelta(days=lasting),
        run=secrets.token_hex(16),
    )
    said = decision_statement(decision_json(decision), making, recorded=recorded, link=link, evidence=evidence)
    return seal(said, hand.signer)


def actor(environment: Mapping[str, str]) -> str | None:
    """Who started the check: as GitHub or GitLab name them, else the user of this machine."""
    named = next((environment[name] for name in ("GITHUB_ACTOR", "GITLAB_USER_LOGIN") if environment.get(name)), None)
    if named is not None:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return None
