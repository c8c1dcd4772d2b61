"""Alarms of the monitor as statements in the ledger, where `gate verify` finds them.

Law: `read_alarm(unseal(seal(alarm_statement(...))))` gives back what was said, and accepts nothing else. An alarm counts signed or not:
whoever may add to the ledger can stop a deployment by it, and nobody can allow one.
"""

from gate.core.alarm import Alarm
from gate.core.document import Json
from gate.record.signing import Sealed, Unsound, statement
from gate.record.statement import Link, link_of, moment, written_moment

__all__ = ["ALARM_TYPE", "alarm_statement", "read_alarm"]

ALARM_TYPE = "urn:fairness-gate:alarm:v1"
_KEYS = {"model", "version", "findings", "issued", "chain"}


def alarm_statement(said: Alarm, *, link: Link) -> dict[str, Json]:
    """The statement; its subject is the content of the store.

    Raises:
        ValueError: the store is no digest.
    """
    predicate: dict[str, Json] = {
        "model": said.model,
        "version": said.version,
        "findings": list(said.findings),
        "issued": written_moment(said.issued),
        "chain": {"position": link.position, "previous": link.previous},
    }
    return statement(subject=said.store, name=f"{said.model}/{said.version}", predicate_type=ALARM_TYPE, predicate=predicate)


def read_alarm(sealed: Sealed) -> tuple[Alarm, Link] | Unsound:
    """What a sealed statement says, and its place in the ledger, if it is an alarm that could have been written here."""
    if sealed.predicate_type != ALARM_TYPE:
        return Unsound(reason="it is signed, but no alarm")
    said = sealed.predicate
    try:
        link, findings = link_of(said["chain"]), tuple(said["findings"])
        found = Alarm(store=sealed.subject, model=said["model"], version=said["version"], findings=findings, issued=moment(said["issued"]))
        texts = all(isinstance(text, str) and text for text in (found.model, found.version, *findings))
        sound = link is not None and said.keys() == _KEYS and bool(findings) and texts and alarm_statement(found, link=link)["predicate"] == said
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unsound(reason="it is no alarm that this version can read")
    return (found, link) if sound and link is not None else Unsound(reason="it contradicts itself")
