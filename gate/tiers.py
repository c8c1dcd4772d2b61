"""Lower the tier of a model on the record: a signed statement about the newest decision under the stricter tier."""

import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from securesystemslib.signer import Signer

from gate.core.policy import Policy
from gate.core.tier import TIER_ROLE, Lowering
from gate.errors import UsageError
from gate.policy import LoadedModel, load_approvers, load_config, load_policy, policy_for, tier_file
from gate.record.ledger import Ledger
from gate.record.override import LONGEST
from gate.record.signing import seal
from gate.record.statement import Link
from gate.record.tier import lowering_statement
from gate.stages.lowering import Stricter, interest, stricter_before, whole_chain
from gate.stages.posting import person, write
from gate.stages.signing import ledger_of

__all__ = ["LowerRequest", "lower"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LowerRequest:
    """Whose tier is lowered, to which, and why.

    Args:
        config: `gate.yaml`.
        now: the time.
        model: the model's name in the registry.
        reason: why.
        to: the tier that it has from now on; None means the one that gate.yaml gives it.
        before: the stricter tier that is meant; None means every one that it was judged under.
        days: for how long; None for good.
        entry: the name of its entry in `config`, when that is not its name.
        policy: a policy file instead of the tier's.
    """

    config: Path
    now: datetime
    model: str
    reason: str
    to: str | None = None
    before: str | None = None
    days: int | None = None
    entry: str | None = None
    policy: Path | None = None


def lower(request: LowerRequest, *, key: str | None, output: Path | None, tell: Callable[[str], None] = lambda _: None) -> tuple[Lowering, ...]:
    """Sign that the tier is lowered; returns what was signed, one statement for each tier that was stricter.

    Args:
        request: whose tier, to which, and why.
        key: the key to sign with; None means the one of the environment.
        output: a file for the statement, to be reviewed like code, instead of the ledger.
        tell: called at the start of every stage.

    Raises:
        UsageError: nothing is lowered by it, or whoever signs may not (exit 2).
        GateError: ledger or key failed.
    """
    signer = person(key, "a tier that is lowered")
    if not 0 < len(request.reason.strip()) <= LONGEST:
        raise UsageError(f"a reason has 1 to {LONGEST} characters", where="--reason", next_step="Say why in a few sentences.")
    model = load_config(request.config, request.entry or request.model)
    policy, ledger = _policy(model, request), ledger_of(model, os.environ)
    if ledger is None:
        raise UsageError("only a ledger shows under which tiers the model was judged", where="ledger", next_step="Name it in gate.yaml, or GATE_LEDGER.")
    _refuse_whoever_may_not(model, signer)
    tell("looking for decisions under stricter tiers")
    said = tuple(_said(request, was, policy.tier) for was in _meant(ledger, request, policy, output))
    tell("signing, and keeping the statement")
    for lowering in said:
        if output is not None:
            write(output, seal(lowering_statement(lowering), signer))
        else:
            ledger.append(request.model, _sealed(lowering, signer))
    return said


def _sealed(lowering: Lowering, signer: Signer) -> Callable[[Link], bytes]:
    return lambda link: seal(lowering_statement(lowering, link=link), signer)


def _policy(model: LoadedModel, request: LowerRequest) -> Policy:
    """The policy that the model gets."""
    if request.to is None or request.to == model.config.tier:
        return policy_for(model, request.policy).policy
    return load_policy(request.policy or tier_file(request.to, model.policies)).policy


def _meant(ledger: Ledger, request: LowerRequest, policy: Policy, output: Path | None) -> tuple[Stricter, ...]:
    """The stricter tiers that are lowered."""
    found = stricter_before(whole_chain(ledger, request.model, now=request.now).records, policy)
    meant = tuple(was for was in found if request.before in {None, was.tier})
    tiers = ", ".join(was.tier for was in found) or "none"
    if not meant:
        what = f"the ledger shows no decision about {request.model} under a tier that {policy.tier!r} is laxer than"
        raise UsageError(what if request.before is None else f"{what} and that is called {request.before!r}", where="--from", next_step=f"It shows: {tiers}.")
    if output is not None and len(meant) > 1:
        raise UsageError("a file holds one statement, and several tiers were stricter", where="--output", next_step=f"Name one with --from: {tiers}.")
    return meant


def _said(request: LowerRequest, was: Stricter, after: str) -> Lowering:
    now = request.now.replace(microsecond=0)
    return Lowering(
        decision=was.decision,
        model=request.model,
        before=was.tier,
        after=after,
        reason=request.reason.strip(),
        issued=now,
        expires=None if request.days is None else now + timedelta(days=request.days),
        nonce=secrets.token_hex(16),
        record=was.record,
    )


def _refuse_whoever_may_not(model: LoadedModel, signer: Signer) -> None:
    """Say at once whose word could not count; what counts is judged again by every check."""
    approvers = load_approvers(model.policies)
    owner = approvers.owner_of(signer.public_key.keyid)
    if owner is None or owner[0].machine or TIER_ROLE not in owner[0].roles:
        who = "nobody of approvers.yaml" if owner is None else owner[0].name
        raise UsageError(f"the key is that of {who}, and a tier is lowered by the role {TIER_ROLE}", where="--key", next_step="Let them sign it.")
    if fault := interest(owner[0].name, model.config, approvers):
        raise UsageError(fault, where="--key", next_step="Let somebody else sign it, and list who gate.yaml names, with their `identities`.")
