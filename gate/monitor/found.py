"""What a run of the monitor finds, as values: reports and sinks take them and decide nothing."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gate.core.monitoring import Monitoring
from gate.core.policy import Enforcement
from gate.judge.watching import State, Watched

__all__ = ["Answer", "Drift", "Found", "GroupRates", "Remark", "Span"]


class Answer(StrEnum):
    """What a run says: an alarm, that too little is known, or that nothing speaks against the model."""

    ALARM = "alarm"
    INCONCLUSIVE = "inconclusive"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something about the logs; `holds` where it leaves the answer inconclusive; `since` is the first day that it rests on, where it rests on recent days."""

    about: str
    detail: str
    holds: bool = False
    alarms: bool = False
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How far a column has moved from the reference on the recent days; None where a number does not exist for it.

    `numeric` says that the reference holds numbers, so that there should be a distance; `since` is the first of these days.
    """

    column: str
    rows: int
    psi: float | None
    p_value: float | None
    wasserstein: float | None = None
    numeric: bool = False
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Windows that were judged: how many, rows in them, and the first days of the first and the last one."""

    windows: int = 0
    rows: int = 0
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRates:
    """A group over all windows, and in the newest one: rows and selection rates, and true positive rates of labelled rows; None for 0 / 0."""

    feature: str
    group: str
    rows: int
    selection_rate: float | None
    true_positive_rate: float | None
    accuracy: float | None
    newest_rows: int
    newest_selection_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a run found.

    Args:
        model: name, and version where one is watched.
        tier: under whose policy.
        as_of: the day up to which logs are read.
        terms: the policy's.
        selections, outcomes: the windows that were judged, without and with labels.
        added: windows that this run counted.
        watched: rules, the worst first.
        unwatched: (rule, why) for every rule that applies and cannot be watched.
        groups: rates per group; empty where small cells are not published.
        remarks: what is to say about the logs.
        store: `sha256:…` of the store's content.
        drifts: columns and groups against the reference.
        withheld: whether numbers of groups are left out, under `privacy.min_cell`.
        untold: alarms that people should have been told of, and why they were not.
    """

    model: str
    tier: str
    as_of: date
    terms: Monitoring
    selections: Span
    outcomes: Span
    added: int
    watched: tuple[Watched, ...]
    unwatched: tuple[tuple[str, str], ...]
    groups: tuple[GroupRates, ...]
    remarks: tuple[Remark, ...]
    store: str
    drifts: tuple[Drift, ...] = ()
    withheld: bool = False
    untold: tuple[str, ...] = ()

    @property
    def alarms(self) -> tuple[Watched, ...]:
        """The rules that raise an alarm; advisory ones never do."""
        return tuple(entry for entry in self.watched if entry.state is State.ALARM and entry.enforcement is not Enforcement.ADVISORY)

    @property
    def answer(self) -> Answer:
        """An alarm before everything; then whatever leaves it open; nothing is quiet that was not watched."""
        if self.alarms or any(remark.alarms for remark in self.remarks):
            return Answer.ALARM
        mandatory = [entry for entry in self.watched if entry.enforcement is not Enforcement.ADVISORY]
        if not mandatory or any(entry.state is State.TOO_FEW for entry in mandatory) or any(remark.holds for remark in self.remarks):
            return Answer.INCONCLUSIVE
        return Answer.QUIET
