"""What the gate says when it signs: this decision, about this subject, at this time, at this place of the chain.

Policy, configuration, counts, sandbox and version of the gate stand in the decision itself, under their digests, so that
nothing is said twice. Law: `read_statement(unseal(seal(decision_statement(...))))` gives back what was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gate.core.canonical import canonical, digest
from gate.core.document import Json
from gate.record.decision import JUDGEMENT, SCHEMA
from gate.record.signing import Sealed, Unsound, statement

__all__ = ["DECISION_TYPE", "RECORD_FILE", "Link", "Making", "Recorded", "decision_statement", "link_of", "moment", "read_statement", "written_moment"]

DECISION_TYPE = "urn:fairness-gate:decision:v1"
RECORD_FILE = "decision.dsse.json"

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_KEYS = {"decision", "decision_digest", "recorded", "chain", "approvers", "author", "actor", "issued", "expires", "run"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A record's place in the ledger: its position, from 1, and the digest of the record before it; None for the first."""

    position: int
    previous: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a record came about: what differs from run to run, and so stands beside the decision.

    Args:
        approvers: `sha256:…` of the list of approvers at the time; None where there was none.
        author: who made the model, as the registry knows them; None when it does not.
        actor: who started the check, as the machine knows them; None when it does not.
        issued, expires: when it was signed, and from when it no longer counts; None for never.
        run: an id that no other record has.
    """

    approvers: str | None
    author: str | None
    actor: str | None
    issued: datetime
    expires: datetime | None
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What a sealed decision says.

    Args:
        sealed: the envelope.
        decision: `decision.json` as JSON values.
        decision_digest: `sha256:…` of its bytes.
        recorded: whether it was kept in the registry, rather than only written to a folder.
        link: its place in the ledger; None where there was none.
        making: when, by whom, and for how long.
        evidence: `sha256:…` of the full counts in the evidence store; None where the counts are published.
    """

    sealed: Sealed
    decision: Mapping[str, Any]
    decision_digest: str
    recorded: bool
    link: Link | None
    making: Making
    evidence: str | None = None

    @property
    def decision_bytes(self) -> bytes:
        """`decision.json`, byte for byte."""
        return canonical(self.decision) + b"\n"


def decision_statement(decision: Mapping[str, Json], making: Making, *, recorded: bool, link: Link | None, evidence: str | None = None) -> dict[str, Json]:
    """The statement about a decision; its subject is the candidate, by the digest of its files.

    Raises:
        ValueError: the decision's candidate has no such digest.
    """
    candidate: Any = decision["candidate"]
    predicate: dict[str, Json] = {
        "decision": decision,
        "decision_digest": digest(canonical(decision) + b"\n"),
        "recorded": recorded,
        "chain": None if link is None else {"position": link.position, "previous": link.previous},
        "approvers": making.approvers,
        "author": making.author,
        "actor": making.actor,
        "issued": written_moment(making.issued),
        "expires": None if making.expires is None else written_moment(making.expires),
        "run": making.run,
        **({} if evidence is None else {"evidence": evidence}),
    }
    name = "/".join(str(part) for part in (candidate["name"], candidate["version"]) if part is not None)
    return statement(subject=candidate["digest"], name=name, predicate_type=DECISION_TYPE, predicate=predicate)


def read_statement(sealed: Sealed) -> Recorded | Unsound:
    """What a sealed decision says, if it is one and does not contradict itself."""
    if sealed.predicate_type != DECISION_TYPE:
        return Unsound(reason="it is signed, but no decision")
    said = sealed.predicate
    try:
        making = Making(
            approvers=said["approvers"],
            author=said["author"],
            actor=said["actor"],
            issued=moment(said["issued"]),
            expires=None if said["expires"] is None else moment(said["expires"]),
            run=said["run"],
        )
        found = Recorded(
            sealed=sealed,
            decision=said["decision"],
            decision_digest=said["decision_digest"],
            recorded=said["recorded"],
            link=link_of(said["chain"]),
            making=making,
            evidence=said.get("evidence"),
        )
        again = decision_statement(found.decision, making, recorded=found.recorded, link=found.link, evidence=found.evidence)
        consistent = found.decision["schema"] == SCHEMA and found.decision["judgement"] == JUDGEMENT and said.keys() - {"evidence"} == _KEYS
        same = again["predicate"] == said and again["subject"] == [{"name": sealed.name, "digest": {"sha256": sealed.subject.removeprefix("sha256:")}}]
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unsound(reason="it is no decision that this version can read")
    if not (consistent and same and isinstance(found.recorded, bool)):
        return Unsound(reason="it contradicts itself")
    return found


def link_of(value: Mapping[str, Any] | None) -> Link | None:
    """The place that a statement writes.

    Raises:
        ValueError, TypeError, KeyError: it is none.
    """
    if value is None:
        return None
    position, previous = value["position"], value["previous"]
    if type(position) is not int or position < 1 or (previous is None) != (position == 1):
        raise ValueError("no position")
    return Link(position=position, previous=previous)


def written_moment(time: datetime) -> str:
    """A time as statements write it: in UTC, to the second."""
    return time.astimezone(UTC).strftime(_TIME)


def moment(written: str) -> datetime:
    """The time that a statement writes.

    Raises:
        ValueError, TypeError: it is none.
    """
    return datetime.strptime(written, _TIME).replace(tzinfo=UTC)
