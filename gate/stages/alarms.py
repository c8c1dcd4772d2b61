"""Alarms of the monitor in the ledger: which a decision answers to, and which still stand against one."""

from gate.core.facts import AlarmRaised, Candidate
from gate.stages.archive import Chained

__all__ = ["alarms_about"]


def alarms_about(chain: Chained | None, candidate: Candidate) -> tuple[AlarmRaised, ...]:
    """The alarms about a version, oldest first; none where there is no ledger, which alone would know."""
    if chain is None:
        return ()
    digests = {position: digest for digest, position in chain.places.items()}
    return tuple(AlarmRaised(findings=alarm.findings, statement=digests[position]) for alarm, position in chain.alarms if alarm.version == candidate.version)
