"""The register of exceptions: every request to waive a finding, what became of it, and how often the same was asked for."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from gate.core.approvers import Approvers
from gate.core.decision import Decision
from gate.core.override import Act, Override, Waiver
from gate.core.policy import OverrideTerms
from gate.dashboard.board import ModelBoard, State, Waived
from gate.dashboard.status import state_of
from gate.record.statement import Recorded
from gate.stages.overriding import standing_of

__all__ = ["People", "Sums", "register", "sums"]

_UNKNOWN = "the decision that it is about is not among those that are believed"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who may approve, on which terms, and the time."""

    terms: OverrideTerms | None
    approvers: Approvers
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """The register in numbers.

    Args:
        states: state → how many requests are in it.
        oldest: the longest-standing one of those that stand; None where none does.
        requesters: who asked for how many, most first.
        approvers: who approved how many, most first.
        rules: model and rule → how often it was asked for, of those asked for more than once, most first.
    """

    states: Mapping[State, int]
    oldest: Waived | None
    requesters: tuple[tuple[str, int], ...]
    approvers: tuple[tuple[str, int], ...]
    rules: tuple[tuple[str, int], ...]


def register(overrides: tuple[Override, ...], records: Iterable[Recorded], again: Callable[[Recorded], Decision | None], people: People) -> tuple[Waived, ...]:
    """Every request, newest first.

    Args:
        overrides: the statements that were found, each once.
        records: the decisions that are believed.
        again: a decision recomputed from its counts; None where it cannot be, and then nothing is waived.
        people: who may approve.
    """
    by_decision = {record.decision_digest: record for record in records}
    entries: list[Waived] = []
    for decision in dict.fromkeys(entry.said.decision for entry in overrides if entry.said.act is Act.REQUEST):
        record = by_decision.get(decision)
        about = tuple(entry for entry in overrides if entry.said.decision == decision)
        if record is None:
            entries += [_orphan(entry) for entry in about if entry.said.act is Act.REQUEST]
            continue
        standing = standing_of(record, again(record), about, people.terms, people.approvers, now=people.now)
        entries += [_entry(waiver, about, people.now) for waiver in standing.waivers]
    return tuple(reversed(_counted(sorted(entries, key=lambda entry: (entry.issued, entry.request)))))


def sums(models: Iterable[ModelBoard]) -> Sums:
    """The registers of all models in numbers."""
    entries = [(model.name, entry) for model in models for entry in model.waived]
    standing = [entry for _, entry in entries if entry.state is State.STANDS]
    repeated = Counter(f"{name}: {rule}" for name, entry in entries for rule in entry.rules)
    return Sums(
        states={state: sum(entry.state is state for _, entry in entries) for state in State},
        oldest=min(standing, key=lambda entry: entry.issued, default=None),
        requesters=tuple(Counter(entry.requester or "nobody known" for _, entry in entries).most_common()),
        approvers=tuple(Counter(name for _, entry in entries for name in entry.approvers).most_common()),
        rules=tuple((what, times) for what, times in repeated.most_common() if times > 1),
    )


def _entry(waiver: Waiver, about: Iterable[Override], now: datetime) -> Waived:
    request = waiver.request
    back = {Act.REJECT, Act.REVOKE}
    taken_back = any(entry.said.request == request.digest and entry.said.act in back and entry.fault is None and entry.signer for entry in about)
    return replace(
        _orphan(request),
        requester=waiver.requester,
        approvers=waiver.approvers,
        needed=waiver.needed,
        state=state_of(waiver, taken_back=taken_back, now=now),
        faults=waiver.faults,
    )


def _orphan(request: Override) -> Waived:
    """A request of which nothing is known but what it says."""
    said = request.said
    return Waived(
        request=request.digest,
        decision=said.decision,
        subject=said.subject,
        kind="" if said.kind is None else said.kind.value,
        rules=said.rules,
        reason=said.reason,
        requester=request.signer,
        approvers=(),
        needed=1,
        issued=said.issued,
        until=said.expires,
        state=State.ENDED,
        faults=(_UNKNOWN,),
        conditions=tuple(f"{entry.owner} owes by {entry.due.isoformat()}: {entry.what}" for entry in said.conditions),
    )


def _counted(entries: list[Waived]) -> list[Waived]:
    """The entries, oldest first, each with how often one of its rules had been asked for by then."""
    asked: Counter[str] = Counter()
    found = []
    for entry in entries:
        asked.update(set(entry.rules))
        found.append(replace(entry, turn=max((asked[rule] for rule in entry.rules), default=1)))
    return found
