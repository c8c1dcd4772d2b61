"""The newest decision: the ledger's last one, and a newer one elsewhere shows that the ledger was cut."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gate.core.alarm import Alarm
from gate.core.approvers import Approvers
from gate.core.facts import Candidate
from gate.core.policy import RecordTerms
from gate.record.alarm import alarm_statement
from gate.record.ledger import Ledger
from gate.record.signing import Unsound, seal, unseal
from gate.record.statement import Link, Making, Recorded, decision_statement, read_statement
from gate.record.stores import FolderStore
from gate.stages.alarms import alarms_about
from gate.stages.archive import chained
from gate.stages.newest import newest
from gate.stages.proof import Demands

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BYTES, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
DEMANDS = Demands(terms=RecordTerms(signature_required=False), tier="t", policy="p", config="c", approvers=Approvers(), now=NOW)


def _sealed(run: str, link: Link | None, *, issued: datetime = NOW, version: str = "1", subject: str = BYTES) -> bytes:
    said = {"schema": "gate.decision/v1", "judgement": "v1", "candidate": {"name": "m", "version": version, "digest": subject}, "counts": {}, "facts": {}}
    making = Making(approvers=None, author="mia", actor="ci", issued=issued, expires=None, run=run)
    return seal(decision_statement(said, making, recorded=True, link=link), None)  # type: ignore[arg-type]  # JSON


def _read(data: bytes) -> Recorded:
    sealed = unseal(data)
    assert not isinstance(sealed, Unsound)
    found = read_statement(sealed)
    assert not isinstance(found, Unsound)
    return found


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger with one record of these bytes."""
    made = Ledger(FolderStore(tmp_path))
    made.append("m", lambda link: _sealed("kept", link))
    return made


def test_a_gate_that_was_killed_before_its_entry_is_mended_by_the_next_check_within_the_same_second(ledger: Ledger) -> None:
    """It left a record in the registry that claims the first place, which the next check has taken."""
    stray = _read(_sealed("killed", Link(position=1, previous=None)))
    found = newest(ledger, Candidate(name="m", version="1", digest=BYTES), kept=(stray,), demands=DEMANDS)

    assert (found.fault, found.ledger.holds, found.record is None) == ("", True, False)


@pytest.mark.parametrize(
    ("place", "later"), [(Link(position=2, previous=BYTES), 0), (None, 0), (Link(position=1, previous=None), 1), (Link(position=2, previous=BYTES), 1)]
)
def test_a_record_that_stood_behind_the_end_was_taken_out(ledger: Ledger, place: Link | None, later: int) -> None:
    """Of the same second at a later place or at none, or of a later second at whatever place."""
    stray = _read(_sealed("cut", place, issued=NOW + timedelta(seconds=later)))
    found = newest(ledger, Candidate(name="m", version="1", digest=BYTES), kept=(stray,), demands=DEMANDS)

    assert (found.ledger.holds, "taken out of it" in found.fault) == (False, True)


@pytest.mark.parametrize(("version", "subject", "standing"), [("1", BYTES, 1), ("2", BYTES, 1), ("2", OTHER, 0)])
def test_a_copy_sheds_no_alarm(ledger: Ledger, version: str, subject: str, standing: int) -> None:
    """What monitoring said of version 1 is said of its bytes: it stands against them as version 2 too, where a decision names it; other bytes are free."""
    alarm = Alarm(store=OTHER, model="m", version="1", findings=("parity on g",), issued=NOW)
    ledger.append("m", lambda link: seal(alarm_statement(alarm, link=link), None))
    ledger.append("m", lambda link: _sealed("free", link, version="3", subject=OTHER))
    candidate = Candidate(name="m", version=version, digest=subject)
    chain = chained(ledger, "m", now=NOW)
    found = newest(ledger, candidate, kept=(), demands=DEMANDS, chain=chain)

    assert found.record is not None
    assert found.alarms == (alarm,) * standing
    assert [said.findings for said in alarms_about(chain, candidate)] == [alarm.findings] * standing
