"""Which findings people have waived: from the decision, the signed statements about it, and the terms of the policy.

An override adds nothing to what was found; it says who answers for deploying all the same. Whatever is not shown to
count does not count, and adding a statement of somebody without rights changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gate.core.decision import Effect, Finding, Outcome
from gate.core.override import Act, Override, OverrideKind, Standing, Waiver
from gate.core.policy import Enforcement, OverrideTerms

__all__ = ["NOTHING", "Case", "Party", "standing"]

NOTHING = "no mandatory rule was judged"
"""What is in the way where there is nothing to waive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The decision that overrides are about.

    Args:
        decision: `sha256:…` of its bytes.
        findings: its findings, judged again; None where they could not be, and then nothing is waived.
        author: who made the model.
        actor: who started the check.
    """

    decision: str
    findings: Sequence[Finding] | None
    author: "Party"
    actor: "Party"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Somebody who must not approve: as the registry or the pipeline calls them, and their names in the list of approvers.

    Who is not listed there is unknown: nobody can be shown to be somebody else than them.
    """

    identity: str | None
    names: tuple[str, ...] = ()

    @property
    def unknown(self) -> str:
        """Why nobody can be shown to be somebody else; an empty text when they are known."""
        if self.names:
            return ""
        return f"approvers.yaml lists nobody known as {self.identity!r}" if self.identity else "no record says so"


def standing(case: Case, statements: Iterable[Override], terms: OverrideTerms | None, *, now: datetime) -> Standing:
    """What became of every request, and which rules still stop the candidate.

    Args:
        case: the decision.
        statements: what was signed; those about other decisions are left out.
        terms: what the policy asks of overrides; None allows none.
        now: the time.
    """
    about = [entry for entry in statements if entry.said.decision == case.decision]
    requests = sorted((entry for entry in about if entry.said.act is Act.REQUEST), key=lambda entry: (entry.said.issued, entry.digest))
    waivers = tuple(_waiver(case, request, [entry for entry in about if entry.said.request == request.digest], terms, now) for request in requests)
    if case.findings is None or not any(_was_judged(finding) for finding in case.findings):
        return Standing(waivers=waivers, waived={}, left=(NOTHING,))
    waived: dict[str, Waiver] = {}
    stopping = _stopping(case.findings)
    for rule, stops in stopping.items():
        found = next((waiver for waiver in waivers if waiver.stands and _covers(waiver, rule, stops)), None)
        if found is not None:
            waived[rule] = found
    return Standing(waivers=waivers, waived=waived, left=tuple(rule for rule in stopping if rule not in waived))


def _was_judged(finding: Finding) -> bool:
    """A mandatory rule that there is an answer to; where there is none, there is nothing to make an exception from."""
    return finding.metric is not None and finding.enforcement is not Enforcement.ADVISORY and finding.outcome is not Outcome.NOT_APPLICABLE


def _stopping(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """The findings that stop the candidate, by rule."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.effect is not Effect.NONE:
            found.setdefault(finding.rule, []).append(finding)
    return found


def _covers(waiver: Waiver, rule: str, stops: Sequence[Finding]) -> bool:
    """Whether a request that stands waives all of a rule's findings: never a hard one, and a violation only where it asks for that."""
    said = waiver.request.said
    soft = all(finding.enforcement is Enforcement.SOFT_MANDATORY for finding in stops)
    uncertain = all(finding.outcome is Outcome.INCONCLUSIVE for finding in stops)
    return rule in said.rules and soft and (uncertain or said.kind is not OverrideKind.ACCEPT_UNCERTAINTY)


def _waiver(case: Case, request: Override, answers: Sequence[Override], terms: OverrideTerms | None, now: datetime) -> Waiver:
    needed = 1 if terms is None or request.said.kind is OverrideKind.ACCEPT_UNCERTAINTY else terms.approvers
    if terms is None:
        return Waiver(
            request=request, requester=request.signer, approvers=(), needed=needed, faults=("the policy of the tier allows no override",), stands=False
        )
    counting: dict[str, Override] = {}
    notes: list[str] = []
    for answer in sorted(answers, key=lambda entry: (entry.said.issued, entry.digest)):
        if answer.said.act is Act.APPROVE:
            fault = _approval_fault(case, request, answer, terms, now)
            if fault is None:
                counting.setdefault(str(answer.signer), answer)
            else:
                notes.append(f"the approval by {answer.signer or 'an unknown key'} does not count: {fault}")
    faults = [*_request_faults(request, terms, now), *_ended(request, answers, terms)]
    if not faults and len(counting) < needed:
        faults.append(f"{len(counting)} of {needed} approvals by {' or '.join(terms.roles)}")
    return Waiver(request=request, requester=request.signer, approvers=tuple(sorted(counting)), needed=needed, faults=(*faults, *notes), stands=not faults)


def _request_faults(request: Override, terms: OverrideTerms, now: datetime) -> Iterator[str]:
    """What keeps a request from standing, whoever approves it."""
    said = request.said
    if request.fault is not None or request.signer is None:
        yield f"the request does not count: {request.fault or 'nobody knows who signed it'}"
    if said.issued > now:
        yield "it was signed in the future"
    if said.expires is None or said.expires <= now:
        yield "it has expired"
    elif said.expires - said.issued > timedelta(days=terms.max_days):
        yield f"it is asked for longer than the {terms.max_days} days that the policy allows"
    for condition in said.conditions:
        if condition.due < now.date():
            yield f"a condition is overdue since {condition.due.isoformat()}: {condition.what} ({condition.owner})"


def _ended(request: Override, answers: Sequence[Override], terms: OverrideTerms) -> Iterator[str]:
    """Who has rejected it, or taken it back: any approver, and whoever asked for it."""
    for answer in answers:
        entitled = bool(set(answer.roles) & set(terms.roles)) or (answer.said.act is Act.REVOKE and answer.signer == request.signer)
        if answer.said.act in {Act.REJECT, Act.REVOKE} and answer.fault is None and answer.signer is not None and entitled:
            yield f"{answer.signer} {'rejected' if answer.said.act is Act.REJECT else 'revoked'} it: {answer.said.reason}"


def _approval_fault(case: Case, request: Override, answer: Override, terms: OverrideTerms, now: datetime) -> str | None:
    """Why an approval does not count; None when it does."""
    return next(_approval_faults(case, request, answer, terms, now), None)


def _approval_faults(case: Case, request: Override, answer: Override, terms: OverrideTerms, now: datetime) -> Iterator[str]:
    if answer.fault is not None or answer.signer is None:
        yield answer.fault or "nobody knows who signed it"
    if not set(answer.roles) & set(terms.roles):
        yield f"it takes the role {' or '.join(terms.roles)}"
    if not request.said.issued <= answer.said.issued <= now:
        yield "it was signed before the request, or in the future"
    if answer.signer == request.signer:
        yield "who asks cannot approve"
    for what, party in (("made the model", case.author), ("started the check", case.actor)):
        if party.unknown:
            yield f"nobody knows who {what}, so nobody can be shown to be somebody else: {party.unknown}"
        elif answer.signer in party.names:
            yield f"who {what} cannot approve"
