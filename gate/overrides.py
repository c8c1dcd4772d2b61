"""Ask for an override, approve, reject or revoke one: a signed statement about one decision, added to what there is."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from gate.core.override import Act, Condition, OverrideKind, Said, Standing, Waiver
from gate.core.policy import OverrideTerms
from gate.errors import UsageError
from gate.judge.standing import NOTHING
from gate.record.override import FOLDER, LONGEST, override_statement
from gate.record.signing import seal
from gate.record.statement import Link, Recorded
from gate.stages.desk import Desk, VerifyRequest, desk_of
from gate.stages.posting import person, post

__all__ = ["Answer", "Ask", "answer", "ask", "attest", "look"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What somebody asks for.

    Args:
        reason: why it should be deployed all the same.
        rules: the rules to waive; none named means every rule that can be.
        kind: what is asked for.
        days: for how long; None means as long as the policy allows.
        conditions: what is promised; with the kind `conditional` only.
        on_behalf: who asks, as an account of a forge, where an attester's key signs.
        decision: the digest of the decision that is meant; None means the newest, whatever it is.
    """

    reason: str
    rules: tuple[str, ...] = ()
    kind: OverrideKind = OverrideKind.WAIVE
    days: int | None = None
    conditions: tuple[Condition, ...] = ()
    on_behalf: str | None = None
    decision: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody says to a request: `request` is the beginning of its digest; None means the only one there is.

    `on_behalf` and `decision` as for `Ask`.
    """

    act: Act
    reason: str
    request: str | None = None
    on_behalf: str | None = None
    decision: str | None = None


def look(request: VerifyRequest, *, tell: Callable[[str], None] = lambda _: None) -> tuple[Recorded, Standing]:
    """The newest decision about a version, and what people have said about it.

    Raises:
        UsageError: there is no decision that counts.
        GateError: registry or ledger could not be asked.
    """
    return _decided(desk_of(request, tell=tell))


def ask(request: VerifyRequest, wanted: Ask, *, key: str | None, output: Path | None, tell: Callable[[str], None] = lambda _: None) -> Standing:
    """Ask for an override of the newest decision; returns what stands afterwards.

    Args:
        request: the version.
        wanted: what is asked for.
        key: the key to sign with; None means the one of the environment.
        output: a file for the statement, to be reviewed like code, instead of ledger and registry.
        tell: called at the start of every stage.

    Raises:
        UsageError: there is nothing to override, or it cannot be asked for so.
        GateError: registry, ledger or key failed.
    """
    desk = desk_of(request, tell=tell)
    record, standing = _decided(desk, wanted.decision)
    terms = desk.policy.override
    if terms is None:
        raise UsageError(f"the policy of tier {desk.policy.tier!r} allows no override", where="override", next_step="Mend the model, or the policy.")
    if not standing.left:
        raise UsageError("nothing is left to override", where=desk.subject, next_step="`gate verify` says whether it may be deployed.")
    if NOTHING in standing.left:
        raise UsageError(NOTHING, where=desk.subject, next_step="There is nothing to make an exception from: let the policy judge this model.")
    rules = wanted.rules or tuple(rule for rule in standing.left if _can_be_waived(record, rule))
    if unknown := sorted(set(rules) - set(standing.left)):
        raise UsageError(f"{unknown[0]!r} does not stop this version", where="--rule", next_step=f"Rules that do: {', '.join(standing.left)}.")
    if hard := [rule for rule in rules if not _can_be_waived(record, rule)] or ([] if rules else list(standing.left)):
        raise UsageError(f"{hard[0]!r} is hard-mandatory, and nobody can waive it", where="--rule", next_step="Mend the model.")
    _refuse_what_never_stands(wanted, terms)
    now = desk.demands.now.replace(microsecond=0)
    said = Said(
        act=Act.REQUEST,
        decision=record.decision_digest,
        subject=desk.subject,
        reason=wanted.reason.strip(),
        issued=now,
        nonce=secrets.token_hex(16),
        kind=wanted.kind,
        rules=tuple(sorted(rules)),
        expires=now + timedelta(days=terms.max_days if wanted.days is None else wanted.days),
        conditions=wanted.conditions,
        on_behalf=wanted.on_behalf,
    )
    return _published(desk, said, request, key=key, output=output, tell=tell)


def answer(request: VerifyRequest, given: Answer, *, key: str | None, output: Path | None, tell: Callable[[str], None] = lambda _: None) -> Standing:
    """Approve, reject or revoke a request; arguments and errors as for `ask`."""
    desk = desk_of(request, tell=tell)
    record, standing = _decided(desk, given.decision)
    waiver = _meant(standing.waivers, given.request)
    said = Said(
        act=given.act,
        decision=record.decision_digest,
        subject=desk.subject,
        reason=given.reason.strip(),
        issued=desk.demands.now.replace(microsecond=0),
        nonce=secrets.token_hex(16),
        request=waiver.request.digest,
        on_behalf=given.on_behalf,
    )
    return _published(desk, said, request, key=key, output=output, tell=tell)


def attest(request: VerifyRequest, wanted: Ask, approvals: Sequence[Answer], *, key: str | None, tell: Callable[[str], None] = lambda _: None) -> Standing:
    """Ask, and approve, in the names of people who did so at a forge; arguments and errors as for `ask`.

    An attester's key signs; whose word counts is still for approvers.yaml and the policy to say.

    Args:
        request: the version.
        wanted: what is asked for, and by whom.
        approvals: what each approver said; each is taken for an answer to this request.
        key: the attester's key.
        tell: called at the start of every stage.
    """
    before = {waiver.request.digest for waiver in look(request, tell=tell)[1].waivers}
    standing = ask(request, wanted, key=key, output=None, tell=tell)
    asked = next(waiver.request.digest for waiver in standing.waivers if waiver.request.digest not in before)
    for approval in approvals:
        standing = answer(request, replace(approval, request=asked), key=key, output=None, tell=tell)
    return standing


def _decided(desk: Desk, meant: str | None = None) -> tuple[Recorded, Standing]:
    """The newest decision, which has to be the one that is meant, and what people have said about it."""
    if desk.found.record is None or desk.standing is None:
        reason = desk.found.fault or "there is no decision about it"
        raise UsageError(f"nothing can be overridden: {reason}", where=desk.subject, next_step="Check it first: `gate check`.")
    if meant is not None and desk.found.record.decision_digest != meant:
        what = "the newest decision is another one than the one that people looked at"
        raise UsageError(what, where=f"{desk.subject}, {desk.found.record.decision_digest}", next_step="Start again with a new check.")
    return desk.found.record, desk.standing


def _refuse_what_never_stands(wanted: Ask, terms: OverrideTerms) -> None:
    """Say at once what no approval could mend."""
    if wanted.days is not None and wanted.days > terms.max_days:
        raise UsageError(f"the policy allows {terms.max_days} days at most", where="--days", next_step="Ask for fewer, and again when they are over.")
    if (wanted.kind is OverrideKind.CONDITIONAL) != bool(wanted.conditions):
        raise UsageError("conditions and --kind conditional belong together", where="--condition", next_step="Give both, or neither.")


def _can_be_waived(record: Recorded, rule: str) -> bool:
    return all(finding.get("enforcement") != "hard-mandatory" for finding in record.decision["findings"] if finding.get("rule") == rule)


def _meant(waivers: Sequence[Waiver], request: str | None) -> Waiver:
    """The request that is named by the beginning of its digest, or the only one."""
    wanted = (request or "").removeprefix("sha256:")
    found = [waiver for waiver in waivers if waiver.request.digest.removeprefix("sha256:").startswith(wanted)]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(waiver.request.digest[7:19] for waiver in waivers) or "none"
    raise UsageError("it is not clear which request is meant", where="--request", next_step=f"There are: {listed}. Name one by its first letters.")


def _published(desk: Desk, said: Said, request: VerifyRequest, *, key: str | None, output: Path | None, tell: Callable[[str], None]) -> Standing:
    """Sign the statement, and put it where verify finds it; what stands afterwards."""
    signer = person(key, "an override")
    if not 0 < len(said.reason) <= LONGEST:
        raise UsageError(f"a reason has 1 to {LONGEST} characters", where="--reason", next_step="Say why in a few sentences.")

    def sealed_at(link: Link | None) -> bytes:
        return seal(override_statement(said, link=link), signer)

    tell("signing, and keeping the statement")
    post(desk, sealed_at, folder=FOLDER, output=output)
    return _decided(desk_of(request, tell=tell))[1]
