"""An alarm in the ledger, where `gate verify` looks, if the policy wants a new decision after one."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime

from gate.core.alarm import Alarm
from gate.core.policy import Policy
from gate.errors import StorageError, UsageError
from gate.monitor.found import Found
from gate.policy import LoadedModel
from gate.record.alarm import alarm_statement
from gate.record.keys import signing_key
from gate.record.ledger import Ledger
from gate.record.signing import seal
from gate.record.statement import Recorded
from gate.stages.archive import Chained, chained
from gate.stages.signing import ledger_of

__all__ = ["findings_of", "keep_alarm", "ledger_for"]


def ledger_for(model: LoadedModel, policy: Policy, version: str | None) -> Ledger | None:
    """The ledger that keeps alarms; None where the policy asks for none.

    Raises:
        UsageError: the policy wants a new decision after an alarm, and no version or no ledger is named, or the ledger holds no
            decision about it: nobody would heed it.
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
    chain = chained(ledger, model.config.name, now=datetime.now(UTC))
    if chain.fault is None and _decided(chain, version) is None:
        raise UsageError(
            f"the ledger holds no decision about {model.config.name}/{version}, so an alarm about it would stand against nothing",
            where="--model",
            next_step="Name the version that made these predictions, or check it first: `gate check`.",
        )
    return ledger


def _decided(chain: Chained, version: str) -> Recorded | None:
    """The newest decision about a version; None where there is none."""
    return next((record for record in reversed(chain.records) if record.decision["candidate"].get("version") == version), None)


def findings_of(found: Found) -> tuple[str, ...]:
    """What alarms, in words that stay the same from run to run."""
    return tuple(words for words, _ in _alarming(found))


def _alarming(found: Found) -> Iterator[tuple[str, date | None]]:
    """What alarms, and the first day that it rests on, where that moves on from day to day."""
    yield from ((f"{entry.rule} on {entry.feature or 'all rows'} since {entry.since}", None) for entry in found.alarms)
    yield from ((remark.about, remark.since) for remark in found.remarks if remark.alarms)


def _untold(found: Found, chain: Chained, version: str) -> Iterator[str]:
    """What alarms and is not in the ledger yet; drift once more after a new decision, when it rests on later days alone."""
    record = _decided(chain, version)
    told = {words: position for alarm, position in chain.alarms if alarm.version == version for words in alarm.findings}
    for words, since in _alarming(found):
        answered = record is not None and record.link is not None and record.link.position > told.get(words, 0)
        later = record is not None and since is not None and since > record.making.issued.date()
        if words not in told or (answered and later):
            yield words


def keep_alarm(found: Found, ledger: Ledger, name: str, version: str, *, now: datetime | None = None) -> bool:
    """Add what alarms to the ledger, each alarm once, and drift once for each decision; whether there was anything to add.

    Raises:
        StorageError: the ledger cannot be read or written, or is not whole.
        GateError: the key cannot be read, or did not sign.
    """
    moment = now or datetime.now(UTC)
    chain = chained(ledger, name, now=moment)
    if chain.fault is not None:
        raise StorageError(f"the alarm could not be kept: {chain.fault}", where=ledger.where, next_step="Restore the ledger from a copy, and run again.")
    new = tuple(_untold(found, chain, version))
    if not new:
        return False
    said = Alarm(store=found.store, model=name, version=version, findings=new, issued=moment.replace(microsecond=0))
    signer = signing_key(None, os.environ)
    ledger.append(name, lambda link: seal(alarm_statement(said, link=link), signer))
    return True
