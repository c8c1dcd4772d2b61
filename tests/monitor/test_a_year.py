"""A simulated year: daily windows, labels that arrive late, a decay planted at a known day, and runs that are killed."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from watched_site import CONFIG, Site, day, rows

from gate.judge.watching import State
from gate.monitor import run as monitoring
from gate.monitor.found import Answer, Found
from gate.monitor.store import Counted, Store

DECAY, MATURITY, DAYS = 250, 30, 364
LATEST = 45
"""Within so many days after the decay there has to be an alarm; the median of the calibration is 15 and 8."""
POLICY = f"""
schema: gate.policy/v1
tier: watch
monitoring: {{maturity_days: {MATURITY}}}
rules:
  - {{id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}}
  - {{id: four-fifths, metric: demographic_parity_ratio, min: 0.50, enforcement: soft-mandatory}}
  - {{id: floor, metric: accuracy, scope: by_group, min: 0.30, enforcement: hard-mandatory}}
"""


def _runs(site: Site) -> dict[date, Found]:
    """Runs every fourth week, each with the logs of the weeks that it may still need, and the labels that have come by then."""
    found = {}
    before, after = rows(range(DECAY), rates=(0.42, 0.4)), rows(range(DECAY, DAYS), rates=(0.65, 0.4))
    table = pd.concat([before, after], ignore_index=True)
    table["day"] = table["id"].str.split("-").str[0].astype(int)
    for end in range(28, DAYS + 1, 28):
        chosen = table[(table["day"] < end) & (table["day"] >= end - MATURITY - 28)]
        log = site.log(chosen.drop(columns=["y", "day"]), "log.parquet")
        labels = site.log(chosen.loc[chosen["day"] < end - 5, ["id", "y"]], "labels.csv")
        found[day(end)] = site.run(log, as_of=day(end), labels=[labels])
    return found


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, dict[date, Found]]:
    """The year, run once."""
    site = Site.new(tmp_path_factory.mktemp("year"), config=CONFIG, policy=POLICY)
    return site, _runs(site)


def test_there_is_no_false_alarm_before_the_decay(year: tuple[Site, dict[date, Found]]) -> None:
    """As long as the gap is within the bound, no run alarms; once there are rows enough, each is quiet."""
    before = [found for until, found in year[1].items() if until <= day(DECAY)]

    assert len(before) == 8
    assert {found.answer for found in before[2:]} == {Answer.QUIET}
    assert Answer.ALARM not in {found.answer for found in before}


def test_the_decay_is_seen_within_the_stated_delay_and_stays(year: tuple[Site, dict[date, Found]]) -> None:
    """The alarm names the rule and a day soon after the decay, and no later run forgets it."""
    last = max(year[1])
    since = {entry.rule: entry.since for entry in year[1][last].watched}
    alarmed = [until for until, found in year[1].items() if found.answer is Answer.ALARM]

    assert since["parity"] is not None
    assert day(DECAY) <= since["parity"] <= day(DECAY + LATEST)
    assert alarmed == [until for until in year[1] if until >= min(alarmed)]
    assert since["floor"] is None


def test_every_row_is_counted_once_and_labels_only_when_mature(year: tuple[Site, dict[date, Found]]) -> None:
    """Nothing is counted twice, nothing is lost, and the young windows have no outcome yet."""
    found = year[1][max(year[1])]

    assert (found.selections.windows, found.selections.rows) == (DAYS, DAYS * 140)
    assert found.outcomes.windows == DAYS - MATURITY
    assert found.outcomes.last == day(DAYS - MATURITY - 1)


class _Killed(BaseException):
    """The process is gone."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, list[Path], bytes]:
    """Three weeks of logs, and what is in the store after a run that nothing disturbed."""
    site = Site.new(tmp_path_factory.mktemp("whole"))
    logs = [site.log(rows(range(start, start + 7)), f"{start}.parquet") for start in (0, 7, 14)]
    site.run(*logs, as_of=day(21))
    return site, logs, site.content()


def _steps(monkeypatch: pytest.MonkeyPatch, at: int) -> Iterator[int]:
    """Kill the run at its step number `at`: statements of the store and windows that are counted."""
    steps = 0

    def counting(original: object) -> object:
        def step(*args: object, **kwargs: object) -> object:
            nonlocal steps
            steps += 1
            if steps == at:
                raise _Killed
            return original(*args, **kwargs)  # type: ignore[operator]

        return step

    monkeypatch.setattr(Store, "windows", counting(Store.windows))
    monkeypatch.setattr(Store, "digest", counting(Store.digest))
    monkeypatch.setattr(Store, "prepare", counting(Store.prepare))
    monkeypatch.setattr(Counted, "columns", counting(Counted.columns))
    monkeypatch.setattr(monitoring, "watched", counting(monitoring.watched))
    yield steps


@pytest.mark.parametrize("at", [1, 2, 3, 4, 20, 25])
def test_a_run_that_is_killed_and_repeated_gives_the_same_store(
    whole: tuple[Site, list[Path], bytes], at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it ends, repeating it leaves the content of an undisturbed run, bit for bit."""
    site, logs, wanted = whole
    store = str(tmp_path / "store.duckdb")
    with monkeypatch.context() as patch:
        next(_steps(patch, at))
        with pytest.raises(_Killed):
            site.run(*logs, as_of=day(21), store=store)
    site.run(*logs, as_of=day(21), store=store)

    assert site.content(store) == wanted


_DYING = """
import os, sys
from datetime import date
from pathlib import Path
from gate.monitor.run import MonitorRequest, monitor
from gate.monitor.store import Store
folder, store, *logs = map(Path, sys.argv[1:])
add = Store.add
def dying(self, model, windows):
    add(self, model, windows[: len(windows) // 2])
    os.kill(os.getpid(), 9)
Store.add = dying
monitor(MonitorRequest(config=folder / "gate.yaml", logs=tuple(logs), as_of=date(2026, 1, 26), store=str(store)))
"""


def test_a_process_that_dies_while_it_writes_adds_nothing(whole: tuple[Site, list[Path], bytes], tmp_path: Path) -> None:
    """A real process, ended by the kernel in the middle of writing: the next run finds none of its windows, and makes them all."""
    site, logs, wanted = whole
    store = str(tmp_path / "store.duckdb")
    ended = subprocess.run([sys.executable, "-c", _DYING, str(site.folder), store, *map(str, logs)], check=False).returncode
    left = site.content(store)
    site.run(*logs, as_of=day(21), store=store)

    assert ended == -9
    assert json.loads(left)["windows"] == []
    assert site.content(store) == wanted


def test_runs_day_by_day_and_one_run_agree(whole: tuple[Site, list[Path], bytes], tmp_path: Path) -> None:
    """Counting every day, counting at the end, and counting with the logs in another order give the same bytes."""
    site, logs, wanted = whole
    daily, reordered = str(tmp_path / "daily.duckdb"), str(tmp_path / "reordered.duckdb")
    for until in range(1, 22, 4):
        site.run(*logs, as_of=day(until), store=daily)
    found = site.run(*logs, as_of=day(21), store=daily)
    site.run(*reversed(logs), as_of=day(21), store=reordered)

    assert site.content(daily) == wanted
    assert site.content(reordered) == wanted
    assert {entry.state for entry in found.watched} == {State.WITHIN}
