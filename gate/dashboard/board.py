"""What the dashboard shows, as values: models, their versions, decisions, exceptions and holdouts. Nothing here asks or decides."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gate.core.decision import Verdict
from gate.dashboard.watch import Raised, Watch

__all__ = ["Board", "Decided", "Grounds", "Holdout", "ModelBoard", "Point", "Shown", "State", "Status", "Stray", "Waived"]


class Status(StrEnum):
    """What may be said of a version now, worst first."""

    NOT_PROVEN = "not proven"
    """There is a record, or there should be one, and it cannot be relied on."""
    LAPSED = "lapsed"
    """It was allowed for a time that is over: the decision, the override, or what was inherited."""
    BLOCKED = "blocked"
    INCONCLUSIVE = "inconclusive"
    NOT_CURRENT = "not current"
    """Policy, configuration or holdout are not what it was judged under."""
    NEVER_CHECKED = "never checked"
    OVERRIDDEN = "overridden"
    PASSED = "passed"

    @property
    def allowed(self) -> bool:
        """Whether everything that was asked holds."""
        return self in {Status.OVERRIDDEN, Status.PASSED}


class State(StrEnum):
    """What became of a request for an exception."""

    STANDS = "stands"
    WAITS = "waits"
    LAPSED = "lapsed"
    ENDED = "does not stand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What one decision said of one rule on one feature, as it was published.

    Args:
        rule, feature: which; None for the whole table.
        outcome: pass, fail, inconclusive or not_applicable.
        stops: whether it stops the candidate.
        value: the metric, or that of the pair that decides, which the bounds belong to; None when undefined or withheld.
        lower, upper: one-sided bounds of it.
        bound: the number that the rule may not pass; `ceiling` says from which side.
    """

    rule: str
    feature: str | None
    outcome: str
    stops: bool
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    bound: float | None = None
    ceiling: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a decision was reached under: `sha256:…` of policy, configuration and holdout, and which look at the holdout it was."""

    tier: str
    policy: str
    config: str
    data: str
    look: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """One decision of the history.

    Args:
        digest: `sha256:…` of `decision.json`.
        record: `sha256:…` of the sealed record; two records may hold one decision.
        version: of the model; None for a table of predictions.
        verdict: what it says; it counts only where `fault` is empty.
        fault: why the record is not believed; empty when it is.
        remark: what else has to be known: not signed, a table, not counted as a look.
        issued: when it says that it was made.
        expires: from when it no longer counts; None for never.
        actor: who started the check, as the machine knew them.
        grounds: what it was reached under.
        points: what was found, rule by rule.
        url: where the registry shows it; None where it has no pages.
    """

    digest: str
    record: str
    version: str | None
    verdict: Verdict | None
    fault: str
    remark: str
    issued: datetime
    expires: datetime | None
    actor: str | None
    grounds: Grounds
    points: tuple[Point, ...]
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A version as it stands now.

    Args:
        version: of the model.
        aliases: what stands for it in the registry.
        status: what may be said.
        detail: why, in a sentence.
        decided: when the decision was made; None where there is none that is believed.
        until: from when the status no longer holds, if nothing else happens; None where no day is set, or nothing is allowed.
        waits: whether it waits for a person.
        left: rules that nobody has waived, and questions of the policy that nobody has answered as it wants.
        url: where the registry shows it.
    """

    version: str
    aliases: tuple[str, ...]
    status: Status
    detail: str
    decided: datetime | None = None
    until: datetime | None = None
    waits: bool = False
    left: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """An entry of the register of exceptions.

    Args:
        request: `sha256:…` of the request.
        decision: `sha256:…` of the decision that it is about.
        subject: name and version, as the request says.
        kind: what is asked for.
        rules: which rules.
        reason: why, in the words of whoever asked.
        requester: who asked; None when nobody knows.
        approvers: whose approval counts.
        needed: how many have to.
        issued, until: from when, and to when it is asked for.
        state: what became of it.
        faults: why it does not stand, or why an approval does not count.
        conditions: what is owed for it: who, by when, what.
        turn: the how manieth request it is for this model and one of these rules; 1 is the first.
    """

    request: str
    decision: str
    subject: str
    kind: str
    rules: tuple[str, ...]
    reason: str
    requester: str | None
    approvers: tuple[str, ...]
    needed: int
    issued: datetime
    until: datetime | None
    state: State
    faults: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    turn: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """How often a holdout was looked at.

    Args:
        data: `sha256:…` of it.
        looks: the highest look on record.
        most: how many the policy allows; None for no limit.
        last: when the newest of these decisions was made.
    """

    data: str
    looks: int
    most: int | None
    last: datetime

    @property
    def worn(self) -> bool:
        """Whether a new candidate can no longer pass on it."""
        return self.most is not None and self.looks >= self.most

    @property
    def nearly(self) -> bool:
        """Whether one look is left."""
        return self.most is not None and self.looks == self.most - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelBoard:
    """One model of `gate.yaml`.

    Args:
        name, tier, owner: as `gate.yaml` says.
        versions: those that were looked at, newest first.
        decisions: the history, newest first.
        waived: the register of exceptions, newest first.
        holdouts: what was looked at, newest first.
        raised: alarms of monitoring that the ledger holds, newest first; None where no ledger was read, or it cannot be relied on.
        watches: what the registry shows of monitoring; it proves nothing.
        fault: why all or some of it could not be asked; empty when it could.
    """

    name: str
    tier: str
    owner: str = ""
    versions: tuple[Shown, ...] = ()
    decisions: tuple[Decided, ...] = ()
    waived: tuple[Waived, ...] = ()
    holdouts: tuple[Holdout, ...] = ()
    raised: tuple[Raised, ...] | None = None
    watches: tuple[Watch, ...] = ()
    fault: str = ""

    @property
    def alarmed(self) -> bool:
        """Whether an alarm waits for a new decision, or the registry shows one."""
        return any(not alarm.answered for alarm in self.raised or ()) or any(watch.alarmed for watch in self.watches)

    @property
    def newest(self) -> Shown | None:
        """The newest version; None where there is none."""
        return self.versions[0] if self.versions else None

    @property
    def running(self) -> tuple[Shown, ...]:
        """Versions that an alias stands for."""
        return tuple(version for version in self.versions if version.aliases)

    @property
    def worst(self) -> Status:
        """The worst that may be said of its newest version and of those that an alias stands for."""
        if self.fault:
            return Status.NOT_PROVEN
        found = {shown.status for shown in (*self.running, *self.versions[:1])}
        return next((status for status in Status if status in found), Status.NEVER_CHECKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """Something that was found and belongs to no model, or cannot be read, and why."""

    where: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything.

    Args:
        models: in the order of `gate.yaml`.
        made: when it was gathered.
        source: where from, for people.
        hashed: whether the bytes of the models were hashed here; a folder of records shows records alone.
        strays: what belongs to no model.
    """

    models: tuple[ModelBoard, ...]
    made: datetime
    source: str
    hashed: bool
    strays: tuple[Stray, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether everything could be asked."""
        return not any(model.fault for model in self.models)
