"""An alarm that asks for a new decision: kept once in the ledger, and heeded by `gate verify` until there is one."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pandas as pd
import pytest
from watched_site import CONFIG, Site, day, rows

from gate.core.alarm import Alarm
from gate.errors import StorageError, UsageError
from gate.monitor import run as monitoring
from gate.monitor.alarms import keep_alarm
from gate.monitor.found import Answer, Remark
from gate.record.alarm import alarm_statement, read_alarm
from gate.record.ledger import Ledger
from gate.record.places import store_at
from gate.record.signing import Sealed, Unsound, seal, unseal
from gate.record.statement import Link, Making, decision_statement
from gate.stages.archive import chained

SAID = Alarm(store=f"sha256:{'a' * 64}", model="m", version="3", findings=("parity on g since 2026-01-20",), issued=datetime(2026, 1, 25, tzinfo=UTC))
NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def strict(site: Site) -> Site:
    """A site with a ledger, whose policy wants a new decision after an alarm, and a log that decays."""
    (site.folder / "gate.yaml").write_text(CONFIG.replace("models:", "ledger: ledger\nmodels:", 1), encoding="utf-8")
    site.policy(require_revalidation="true")
    site.log(pd.concat([rows(range(5)), rows(range(5, 40), rates=(0.7, 0.4))]))
    for version in ("3", "4"):
        _decide(site, version, day(0))
    return site


def _decide(site: Site, version: str, when: date) -> None:
    """A decision about a version, in the ledger."""
    said = {"schema": "gate.decision/v1", "judgement": "v1", "candidate": {"name": "m", "version": version, "digest": f"sha256:{'a' * 64}"}}
    issued = datetime.combine(when, time(), tzinfo=UTC)
    making = Making(approvers=None, author="mia", actor="ci", issued=issued, expires=None, run=version)
    _ledger(site).append("m", lambda link: seal(decision_statement(said, making, recorded=True, link=link), None))  # type: ignore[arg-type]  # JSON


def _ledger(site: Site) -> Ledger:
    return Ledger(store_at(str(site.folder / "ledger")))


def _run(site: Site, until: date, **more: object) -> Answer:
    return site.run(site.folder / "log.parquet", as_of=until, **{"entry": "m", "version": "3", **more}).answer


def _unsealed(data: bytes) -> Sealed:
    found = unseal(data)
    assert isinstance(found, Sealed)
    return found


def test_what_is_said_is_read_back() -> None:
    """The law of the statement, unsigned."""
    link = Link(position=1, previous=None)

    assert read_alarm(_unsealed(seal(alarm_statement(SAID, link=link), None))) == (SAID, link)


@pytest.mark.parametrize("change", [{"findings": []}, {"findings": [1]}, {"version": ""}, {"issued": "soon"}, {"more": 1}, {"chain": None}])
def test_what_could_not_have_been_written_here_is_no_alarm(change: dict[str, object]) -> None:
    """A statement with anything else in it is unsound, so that the chain that holds it is not relied on."""
    content = alarm_statement(SAID, link=Link(position=1, previous=None))
    changed = {**content, "predicate": {**content["predicate"], **change}}  # type: ignore[dict-item]

    assert isinstance(read_alarm(_unsealed(seal(changed, None))), Unsound)  # type: ignore[arg-type]


def test_an_alarm_is_kept_once(strict: Site) -> None:
    """Every further day alarms, and adds nothing to the ledger; before the alarm nothing is in it."""
    assert _run(strict, day(5)) is Answer.QUIET
    assert chained(_ledger(strict), "m", now=NOW).alarms == ()
    assert [_run(strict, day(until)) for until in (38, 39, 40)] == [Answer.ALARM] * 3
    ((alarm, position),) = chained(_ledger(strict), "m", now=NOW).alarms

    assert (alarm.version, position) == ("3", 3)
    assert alarm.findings[0].startswith("parity on g since 2026-01-")


def test_an_alarm_that_nobody_would_heed_is_refused_before_anything_is_counted(strict: Site) -> None:
    """Without a version or without a ledger `gate verify` could not see it: exit 2."""
    with pytest.raises(UsageError, match="a version is not named"):
        _run(strict, day(40), version=None)
    (strict.folder / "gate.yaml").write_text(CONFIG, encoding="utf-8")
    with pytest.raises(UsageError, match="a ledger is not named"):
        _run(strict, day(40))

    assert not Path(strict.store).exists()


def test_a_ledger_that_is_broken_is_an_error_and_the_next_run_keeps_the_alarm(strict: Site) -> None:
    """The counts are kept, the command fails, and nothing is forgotten when the ledger is whole again."""
    entries = strict.folder / "ledger" / "model-m" / "entries"
    (entries / "00000003.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StorageError, match="could not be kept"):
        _run(strict, day(40))
    (entries / "00000003.json").unlink()

    assert _run(strict, day(40)) is Answer.ALARM
    assert len(chained(_ledger(strict), "m", now=NOW).alarms) == 1


def test_the_ledger_knows_an_alarm_before_people_are_told(strict: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that ends while it tells people has kept the alarm; and a ledger that is broken keeps it from nobody."""
    kept: list[int] = []

    def telling(*_given: object, **_more: object) -> tuple[str, ...]:
        kept.append(len(chained(_ledger(strict), "m", now=NOW).alarms))
        raise KeyboardInterrupt

    monkeypatch.setattr(monitoring, "told", telling)
    with pytest.raises(KeyboardInterrupt):
        _run(strict, day(40))
    (strict.folder / "ledger" / "model-m" / "entries" / "00000003.json").write_text("{}", encoding="utf-8")
    with pytest.raises(KeyboardInterrupt):
        _run(strict, day(40))

    assert kept == [1, 0]


def test_a_version_that_was_never_decided_about_is_not_watched(strict: Site) -> None:
    """An alarm about it would stand against nothing: exit 2, and nothing is counted."""
    with pytest.raises(UsageError, match="no decision about m/33"):
        _run(strict, day(40), version="33")

    assert not Path(strict.store).exists()


def test_drift_is_told_again_after_a_new_decision_when_it_rests_on_later_days(strict: Site) -> None:
    """Not while the days that the decision knew are among them, and not twice."""
    found = strict.run(strict.folder / "log.parquet", as_of=day(5), entry="m", version="3")
    drifted = [replace(found, remarks=(Remark(about="drift of g", detail="", alarms=True, since=day(first)),)) for first in (20, 44, 60, 61)]

    def told(which: int) -> bool:
        return keep_alarm(drifted[which], _ledger(strict), "m", "3", now=NOW)

    assert (told(0), told(0), told(2)) == (True, False, False)
    _decide(strict, "3", day(50))
    assert (told(1), told(2), told(3)) == (False, True, False)
    ((first, _), (second, _)) = chained(_ledger(strict), "m", now=NOW).alarms
    assert first.findings == second.findings == ("drift of g",)


def test_alarms_of_other_versions_are_their_own(strict: Site) -> None:
    """The same days under another version are another alarm."""
    _run(strict, day(40))
    _run(strict, day(40), version="4")

    assert [alarm.version for alarm, _ in chained(_ledger(strict), "m", now=NOW).alarms] == ["3", "4"]
