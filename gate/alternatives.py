"""Put a search for less discriminatory alternatives on the record: what was tried, what was found, and why it was not taken, signed."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from securesystemslib.signer import Signer

from gate.core.alternatives import Search, Tried
from gate.core.canonical import digest
from gate.core.mitigation import Technique
from gate.core.searches import Attempt, Necessity, Searched
from gate.errors import UsageError
from gate.judge.alternatives import utility
from gate.judge.searches import NOTHING_TO_TRY, alternatives, incomparable, wanted
from gate.record.override import LONGEST
from gate.record.searches import SEARCHES, search_statement
from gate.record.signing import seal
from gate.record.statement import Link
from gate.report.mitigation_text import as_json
from gate.stages.desk import Desk, VerifyRequest, desk_of
from gate.stages.people import party_of
from gate.stages.posting import person, post

__all__ = ["Grounds", "necessity_of", "put_on_record", "standing_for"]

_NEXT = "Write the lines purpose, necessity, evidence and owner, each with a few sentences."


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a person adds to a search: how much utility an alternative may lose, why none was taken, and why the model is needed."""

    tolerance: float
    necessity: Necessity
    reason: str = ""


def necessity_of(said: Mapping[str, str]) -> Necessity:
    """The record of business necessity, from what a file says.

    Raises:
        UsageError: a line is missing, empty, too long or unknown (exit 2).
    """
    names = [field.name for field in fields(Necessity)]
    for name in said:
        if name not in names:
            raise UsageError(f"a record of necessity has no line {name!r}", where="--necessity", next_step=_NEXT)
    for name in names:
        if not 0 < len(said.get(name, "").strip()) <= LONGEST:
            raise UsageError(f"the line {name!r} has not 1 to {LONGEST} characters", where="--necessity", next_step=_NEXT)
    return Necessity(**said)


def standing_for(request: VerifyRequest, *, key: str | None, tell: Callable[[str], None]) -> tuple[Desk, Signer]:
    """The version that a search is about, and the key of somebody who may sign it. Asked before the work, which would be lost else.

    Raises:
        UsageError: there is no decision, or whoever signs may not (exit 2).
        GateError: registry, ledger or key failed.
    """
    signer = person(key, "a search for alternatives")
    desk = desk_of(request, tell=tell)
    if desk.found.record is None or not desk.found.ledger.holds:
        reason = desk.found.fault or ("there is no decision about it" if desk.found.record is None else desk.found.ledger.detail)
        raise UsageError(f"nothing can be signed about it: {reason}", where=desk.subject, next_step="Check it first: `gate check`.")
    owner, roles = desk.approvers.owner_of(signer.public_key.keyid), desk.policy.alternatives.require
    if owner is None or owner[0].machine or (roles and not set(owner[0].roles) & set(roles)):
        who = "nobody of approvers.yaml" if owner is None else owner[0].name
        asked = f"the role {' or '.join(roles)}" if roles else "a person"
        raise UsageError(f"the key is that of {who}, and a search is signed by {asked}", where="--key", next_step="Let them sign it.")
    author = party_of(desk.found.record.making.author, desk.approvers)
    if author.unknown or owner[0].name in author.names:
        what = f"nobody knows who made the model: {author.unknown}" if author.unknown else f"{owner[0].name} made the model"
        raise UsageError(f"{what}, and somebody else has to sign", where="--key", next_step="Let somebody else sign it, or add the account to approvers.yaml.")
    return desk, signer


def put_on_record(search: Search, grounds: Grounds, desk: Desk, signer: Signer, *, output: Path | None = None) -> Searched:
    """Sign a search about the files of a version, and keep it where verify finds it; returns what was signed.

    Args:
        search: what was tried, on which rows.
        grounds: what the person adds.
        desk: the version.
        signer: whose key it is.
        output: a file for the statement, to be reviewed like code, instead of ledger and registry.

    Raises:
        UsageError: there is nothing to compare with, it is not the search that the policy demands, or a reason is missing (exit 2).
        GateError: ledger or key failed.
    """
    said = _said(search, grounds, desk)
    _refuse_what_would_not_count(said, desk)
    if said.better and not grounds.reason.strip():
        message = f"less discriminatory alternatives to a plain retraining were found: {', '.join(said.better)}"
        raise UsageError(message, where="--reason", next_step="Say why none of them is taken, or take one.")
    post(desk, lambda link: _sealed(said, link, signer), folder=SEARCHES, output=output)
    return said


def _sealed(said: Searched, link: Link | None, signer: Signer) -> bytes:
    return seal(search_statement(said, link=link), signer)


def _said(search: Search, grounds: Grounds, desk: Desk) -> Searched:
    better = _better(search, grounds.tolerance)
    return Searched(
        model=desk.candidate.digest,
        subject=desk.subject,
        search=digest(as_json(search).encode()),
        training=search.training,
        validation=search.validation,
        utility=search.utility.value,
        tolerance=grounds.tolerance,
        tried=tuple(map(_attempt, search.tried)),
        not_reached=search.not_reached,
        better=better,
        reason=grounds.reason.strip(),
        necessity=grounds.necessity,
        issued=desk.demands.now.replace(microsecond=0),
        nonce=secrets.token_hex(16),
    )


def _attempt(entry: Tried) -> Attempt:
    found = utility(entry)
    useful = None if found is None else _shown(found.value)
    return Attempt(name=entry.name, technique=entry.technique.value, utility=useful, nothing=entry.reason if entry.nothing else "")


def _better(search: Search, tolerance: float) -> tuple[str, ...]:
    """The alternatives.

    Raises:
        UsageError: some candidate cannot be compared, or the statement may not show what an alternative is good for (exit 2).
    """
    try:
        better, unknown = alternatives(search.tried, tolerance), incomparable(search.tried)
    except ValueError as error:
        raise UsageError(f"nothing can be signed: {error}", where="--search", next_step="Give more rows to compare on.") from error
    if unknown:
        message = f"not comparable with the plain model, since a number is missing: {', '.join(unknown)}"
        raise UsageError(message, where="--search", next_step="Give more rows to compare on.")
    if hidden := [entry.name for entry in search.tried if entry.name in better and utility(entry) is None]:
        message = f"what these alternatives are good for may not be shown (privacy.min_cell): {', '.join(hidden)}"
        raise UsageError(message, where="--search", next_step="Give more rows to compare on.")
    return better


def _shown(value: float | None) -> float | None:
    """As many digits as a statement keeps."""
    return None if value is None else float(f"{value:.6g}")


def _refuse_what_would_not_count(said: Searched, desk: Desk) -> None:
    """Say at once which search could not count; what counts is judged again by whoever verifies."""
    if len(said.reason) > LONGEST:
        raise UsageError(f"a reason has 1 to {LONGEST} characters", where="--reason", next_step="Say why in a few sentences.")
    least = desk.policy.alternatives.utility_tolerance
    if said.tolerance < least:
        raise UsageError(f"the policy wants a tolerance of {least:g} at least", where="--tolerance", next_step=f"Give {least:g}.")
    if said.not_reached:
        raise UsageError("the budget left something out, and a search on the record is whole", where="--budget", next_step="Give more time.")
    asked = wanted(desk.policy, desk.model.config)
    if missing := said.without(asked):
        message = f"the policy approves {', '.join(missing)}, which was not tried, failed, or may not be shown"
        raise UsageError(message, where="--technique", next_step="Leave --technique out; what is not possible is listed above.")
    if set(asked) <= {Technique.PLAIN}:
        raise UsageError(NOTHING_TO_TRY, where="mitigation.approved", next_step="Let whoever owns the policy approve a technique.")
