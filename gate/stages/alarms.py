"""Alarms of the monitor in the ledger: which a decision answers to, and which still stand against one."""

from collections.abc import Iterator

from gate.core.alarm import Alarm
from gate.core.facts import AlarmRaised, Candidate
from gate.record.statement import Recorded
from gate.stages.archive import Chained

__all__ = ["alarms_about", "answers", "raised_about"]


def alarms_about(chain: Chained | None, candidate: Candidate) -> tuple[AlarmRaised, ...]:
    """The alarms about these bytes, oldest first; none where there is no ledger, which alone would know."""
    if chain is None:
        return ()
    digests = {position: digest for digest, position in chain.places.items()}
    return tuple(AlarmRaised(findings=alarm.findings, statement=digests[position]) for alarm, position in raised_about(chain, candidate))


def raised_about(chain: Chained, candidate: Candidate) -> Iterator[tuple[Alarm, int]]:
    """The alarms about this version, or about another one that was decided on with the same bytes, each with its position: a copy sheds none."""
    versions = {candidate.version, *(record.decision["candidate"].get("version") for record in chain.records if record.sealed.subject == candidate.digest)}
    return ((alarm, position) for alarm, position in chain.alarms if alarm.version in versions)


def answers(record: Recorded, chain: Chained, position: int) -> bool:
    """Whether a record of the chain answers to the alarm at a position: it came later, and names it."""
    named = {entry.get("statement") for entry in record.decision["facts"].get("alarms", ())}
    later = record.link is not None and record.link.position > position
    return later and bool(named & {statement for statement, at in chain.places.items() if at == position})
