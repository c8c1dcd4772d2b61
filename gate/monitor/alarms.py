"""An alarm in the ledger, where `gate verify` looks, if the policy wants a new decision after one."""

import os
from datetime import UTC, datetime

from gate.core.alarm import Alarm
from gate.core.policy import Policy
from gate.errors import StorageError, UsageError
from gate.monitor.found import Found
from gate.policy import LoadedModel
from gate.record.alarm import alarm_statement
from gate.record.keys import signing_key
from gate.record.ledger import Ledger
from gate.record.signing import seal
from gate.stages.archive import chained
from gate.stages.signing import ledger_of

__all__ = ["findings_of", "keep_alarm", "ledger_for"]


def ledger_for(model: LoadedModel, policy: Policy, version: str | None) -> Ledger | None:
    """The ledger that keeps alarms; None where the policy asks for none.

    Raises:
        UsageError: the policy wants a new decision after an alarm, and no version or no ledger is named: nobody would heed it.
    """
    if not policy.monitoring.require_revalidation:
        return None
    ledger = ledger_of(model, os.environ)
    if version is None or ledger is None:
        missing = "a ledger" if version is not None else "a version"
        raise UsageError(
            f"the policy wants a new decision after an alarm (monitoring.require_revalidation), and {missing} is not named, so `gate verify` would not see one",
            where="gate monitor",
            next_step="Name the version with --model NAME/VERSION, and the ledger in gate.yaml (`ledger`) or GATE_LEDGER.",
        )
    return ledger


def findings_of(found: Found) -> tuple[str, ...]:
    """What alarms, in words that stay the same from run to run."""
    rules = [f"{entry.rule} on {entry.feature or 'all rows'} since {entry.since}" for entry in found.alarms]
    return (*rules, *(remark.about for remark in found.remarks if remark.alarms))


def keep_alarm(found: Found, ledger: Ledger, name: str, version: str, *, now: datetime | None = None) -> bool:
    """Add what alarms to the ledger, each alarm once; whether there was anything to add.

    Raises:
        StorageError: the ledger cannot be read or written, or is not whole.
        GateError: the key cannot be read, or did not sign.
    """
    moment = now or datetime.now(UTC)
    chain = chained(ledger, name, now=moment)
    if chain.fault is not None:
        raise StorageError(f"the alarm could not be kept: {chain.fault}", where=ledger.where, next_step="Restore the ledger from a copy, and run again.")
    told = {finding for alarm, _ in chain.alarms if alarm.version == version for finding in alarm.findings}
    new = tuple(finding for finding in findings_of(found) if finding not in told)
    if not new:
        return False
    said = Alarm(store=found.store, model=name, version=version, findings=new, issued=moment.replace(microsecond=0))
    signer = signing_key(None, os.environ)
    ledger.append(name, lambda link: seal(alarm_statement(said, link=link), signer))
    return True
