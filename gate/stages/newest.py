"""The newest decision about certain bytes, and what people have said about it: from ledger, registry and files.

With a ledger, its last record about these bytes counts, and a newer one elsewhere is a sign that the ledger was cut.
Without one, it is the newest that the registry shows, and nobody can know what was taken away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gate.core.alarm import Alarm
from gate.core.facts import Candidate
from gate.core.verification import Check, Checked
from gate.record.ledger import Ledger
from gate.record.statement import Recorded
from gate.stages.alarms import answers, raised_about
from gate.stages.archive import Chained, chained
from gate.stages.proof import Demands, believed, claimed

__all__ = ["Found", "newest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The newest record about these bytes, with its counts.

    Args:
        record: the record; None where there is none.
        fault: why there is none, or why it cannot be the newest.
        ledger: what the ledger says of it.
        counts: its counts, where the ledger keeps them.
        evidence: its full counts and facts, where cells were suppressed and the ledger keeps them.
        overrides, promotions, reviews, lowerings, searches: the envelopes of all of these that the ledger holds, about whatever decision.
        known: every record about the model that was found, oldest first, about whatever bytes where a ledger shows them.
        alarms: alarms of the monitor about these bytes, as whatever version, that came after the record, or that it does not name.
        times: digest of everything that the ledger holds → the moment before which it cannot have been signed.
        places: the same digests → positions.
    """

    record: Recorded | None
    fault: str
    ledger: Check
    counts: bytes | None = None
    evidence: bytes | None = None
    overrides: tuple[bytes, ...] = ()
    promotions: tuple[bytes, ...] = ()
    reviews: tuple[bytes, ...] = ()
    lowerings: tuple[bytes, ...] = ()
    searches: tuple[bytes, ...] = ()
    known: tuple[Recorded, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    times: Mapping[str, datetime] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)


def newest(ledger: Ledger | None, candidate: Candidate, *, kept: tuple[Recorded, ...], demands: Demands, chain: Chained | None = None) -> Found:
    """The newest record about these bytes: the last of the chain, where there is a ledger; else the last one that the registry shows.

    `chain` is the ledger's chain of this model, where it was read just now; None reads it.
    """
    if ledger is None:
        own = [record for record in kept if record.sealed.subject == candidate.digest and believed(record, demands)]
        required = demands.terms.ledger_required
        detail = "none is named, so a record that was removed would not be missed" + (": name one in gate.yaml (`ledger`), or GATE_LEDGER" if required else "")
        said = Check(about=Checked.LEDGER, holds=not required, detail=detail)
        return _shown(own, kept, said)
    chain = chain or chained(ledger, candidate.name, now=demands.now)
    if chain.fault is not None:
        return Found(record=None, fault="the ledger cannot be relied on", ledger=Check(about=Checked.LEDGER, holds=False, detail=chain.fault))
    about = [record for record in chain.records if record.sealed.subject == candidate.digest]
    known = {record.sealed.digest for record in chain.records}
    strays = [record for record in kept if record.sealed.digest not in known and record.recorded and claimed(record, demands)]
    whole = f"whole to its end, {len(chain.times)} {'entry' if len(chain.times) == 1 else 'entries'}, in {ledger.where}"
    if any(not about or _newer(stray, about[-1]) for stray in strays):
        detail = "a newer signed record about these bytes is not in it: records were taken out of it, or another ledger was used"
        return Found(record=about[-1] if about else None, fault=detail, ledger=Check(about=Checked.LEDGER, holds=False, detail=detail), times=chain.times)
    if not about:
        return Found(record=None, fault="", ledger=Check(about=Checked.LEDGER, holds=True, detail=whole))
    counts = ledger.counts(candidate.name, str(about[-1].decision["counts"].get("digest")))
    evidence = None if about[-1].evidence is None else ledger.evidence(candidate.name, about[-1].evidence)
    alarms = tuple(alarm for alarm, position in raised_about(chain, candidate) if not answers(about[-1], chain, position))
    holds = Check(about=Checked.LEDGER, holds=True, detail=whole)
    return Found(
        record=about[-1],
        fault="",
        ledger=holds,
        counts=counts,
        evidence=evidence,
        overrides=chain.overrides,
        promotions=chain.promotions,
        reviews=chain.reviews,
        lowerings=chain.lowerings,
        searches=chain.searches,
        known=chain.records,
        alarms=alarms,
        times=chain.times,
        places=chain.places,
    )


def _newer(stray: Recorded, last: Recorded) -> bool:
    """Whether a record that the ledger lacks is newer than its last one; of one second, by the place that each says it has.

    A gate that is killed between registry and ledger leaves a record that claims a place; the next check takes that place.
    """
    if stray.making.issued != last.making.issued or stray.link is None or last.link is None:
        return stray.making.issued >= last.making.issued
    return stray.link.position > last.link.position


def _shown(own: list[Recorded], kept: tuple[Recorded, ...], said: Check) -> Found:
    """The newest of what a registry shows; where two are as new as each other, the one that is worse."""
    if own:
        newest_ = max(own, key=lambda record: (record.making.issued, record.decision.get("verdict") != "passed"))
        return Found(record=newest_, fault="", ledger=said, known=tuple(sorted(own, key=lambda record: record.making.issued)))
    fault = f"none of the {len(kept)} that were found counts: they are not signed as the policy wants it" if kept else ""
    return Found(record=kept[0] if len(kept) == 1 else None, fault=fault, ledger=said)
