"""What monitoring says of a model, as the dashboard shows it: alarms that the ledger holds, and what the registry shows by day. Pure."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gate.core.alarm import Alarm
from gate.registry.interface import WatchedRun

__all__ = ["Raised", "Trace", "Watch", "raised", "watches"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alarm in the ledger.

    Args:
        version: of which version.
        findings: what alarmed, one each.
        issued: when it says that it was raised.
        answered: whether the newest decision about this version came later and names it; verify refuses any other.
    """

    version: str
    findings: tuple[str, ...]
    issued: datetime
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One rule on one feature, day by day, as a run of the registry shows it.

    Args:
        rule: rule and feature, as its metrics are called.
        evidence: day and factor, oldest first; empty where small cells are not published.
        alarms: the days on which it alarmed.
        days: how many days were logged.
    """

    rule: str
    evidence: tuple[tuple[date, float], ...]
    alarms: tuple[date, ...]
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What the registry shows of a version that is watched; whoever may edit it can have written that."""

    version: str
    state: str
    traces: tuple[Trace, ...]
    url: str | None = None

    @property
    def alarmed(self) -> bool:
        """Whether it says that there is an alarm."""
        return self.state.startswith("alarm") or any(trace.alarms for trace in self.traces)


def raised(alarms: Iterable[tuple[Alarm, int]], answered: Container[int]) -> tuple[Raised, ...]:
    """The alarms of a ledger, newest first.

    Args:
        alarms: each with its position.
        answered: the positions of those that the newest decision about their version answers to.
    """
    return tuple(
        Raised(version=alarm.version, findings=alarm.findings, issued=alarm.issued, answered=position in answered)
        for alarm, position in sorted(alarms, key=lambda entry: -entry[1])
    )


def watches(runs: Iterable[WatchedRun]) -> tuple[Watch, ...]:
    """What runs show, those with an alarm first."""
    found = (Watch(version=run.version, state=run.state, traces=_traces(run.series), url=run.url) for run in runs)
    return tuple(sorted(found, key=lambda watch: (not watch.alarmed, watch.version)))


def _traces(series: Mapping[str, Sequence[tuple[date, float]]]) -> tuple[Trace, ...]:
    rules = dict.fromkeys(name.removeprefix("monitor/").rpartition("/")[0] for name in series)
    found = [_trace(rule, series.get(f"monitor/{rule}/alarm", ()), series.get(f"monitor/{rule}/evidence", ())) for rule in rules]
    return tuple(sorted(found, key=lambda trace: (not trace.alarms, trace.rule)))


def _trace(rule: str, alarms: Sequence[tuple[date, float]], evidence: Sequence[tuple[date, float]]) -> Trace:
    return Trace(rule=rule, evidence=tuple(evidence), alarms=tuple(day for day, said in alarms if said), days=max(len(alarms), len(evidence)))
