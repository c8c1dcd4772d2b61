"""Alarms of the monitor in the ledger: which a decision answers to, and which still stand against one."""

from gate.core.facts import AlarmRaised, Candidate
from gate.record.statement import Recorded
from gate.stages.archive import Chained

__all__ = ["alarms_about", "answers"]


def alarms_about(chain: Chained | None, candidate: Candidate) -> tuple[AlarmRaised, ...]:
    """The alarms about a version, oldest first; none where there is no ledger, which alone would know."""
    if chain is None:
        return ()
    digests = {position: digest for digest, position in chain.places.items()}
    return tuple(AlarmRaised(findings=alarm.findings, statement=digests[position]) for alarm, position in chain.alarms if alarm.version == candidate.version)


def answers(record: Recorded, chain: Chained, position: int) -> bool:
    """Whether a record of the chain answers to the alarm at a position: it came later, and names it."""
    named = {entry.get("statement") for entry in record.decision["facts"].get("alarms", ())}
    later = record.link is not None and record.link.position > position
    return later and bool(named & {statement for statement, at in chain.places.items() if at == position})
