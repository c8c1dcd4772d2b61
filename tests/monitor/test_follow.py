"""`gate monitor --follow`: when it runs, how it stops, and what a run that fails does to it. Clocks are made up; the process is real."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from watched_site import Site, day, rows

from gate.cli.app import main
from gate.errors import ConfigError, DataError, GateError, StorageError, UsageError
from gate.monitor.follow import Stop, alone, follow, seconds_of


class _Clock:
    """Time that passes in waiting and while something runs."""

    def __init__(self, *, stop_after: int) -> None:
        self.now, self.begun, self.waited, self._left = 1000.0, [], [], stop_after  # type: ignore[var-annotated]

    def wait(self, seconds: float) -> bool:
        self.waited.append(seconds)
        self.now += seconds
        self._left -= 1
        return self._left == 0

    def run(self, *lasting: float | GateError) -> Callable[[], str]:
        script = iter(lasting)

        def once() -> str:
            self.begun.append(self.now)
            done = next(script)
            if isinstance(done, GateError):
                raise done
            self.now += done
            return "found"

        return once


def _follow(clock: _Clock, once: Callable[[], str], said: list[str]) -> str | GateError:
    return follow(once, every=60, wait=clock.wait, say=said.append, clock=lambda: clock.now)


def test_runs_begin_on_the_minute_however_long_they_last() -> None:
    """Times do not drift, and what a long run missed is left out rather than made up for."""
    clock = _Clock(stop_after=4)

    assert _follow(clock, clock.run(1, 59, 130, 5), []) == "found"
    assert clock.begun == [1000, 1060, 1120, 1300]


def test_a_run_that_fails_is_told_and_tried_again_later_each_time() -> None:
    """Thirty seconds, twice as long each time, never longer than until the next run; after one that works, on the minute again."""
    clock, said = _Clock(stop_after=6), list[str]()
    trouble = StorageError("the disk is full", next_step="Make room.")
    last = follow(clock.run(1, trouble, trouble, trouble, 1, trouble), every=300, wait=clock.wait, say=said.append, clock=lambda: clock.now)

    assert last is trouble
    assert clock.waited == [299, 30, 60, 120, 89, 30]
    assert [line.startswith("this run failed, and is tried again in ") and "the disk is full" in line for line in said] == [True] * 4


@pytest.mark.parametrize(("error", "ends"), [(ConfigError("no such model"), True), (UsageError("no log"), True), (DataError("half a file"), False)])
def test_what_cannot_be_meant_ends_it_at_once_and_a_log_that_is_half_written_does_not(error: GateError, ends: bool) -> None:  # noqa: FBT001
    """A mistake in gate.yaml is told whoever starts it; a log may be whole a minute later."""
    clock = _Clock(stop_after=2)
    if ends:
        with pytest.raises(type(error)):
            _follow(clock, clock.run(error, 1), [])
    else:
        assert _follow(clock, clock.run(error, 1), []) == "found"


def test_what_is_no_error_of_the_gate_is_not_passed_over() -> None:
    """A fault of the program ends it; it is not tried for ever."""

    def once() -> str:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        _follow(_Clock(stop_after=2), once, [])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_and_not_the_run(number: signal.Signals) -> None:
    """The first is only noted, whenever it comes; the second does what it did before; afterwards everything is as it was."""
    heard: list[int] = []
    before = signal.signal(number, lambda found, _: heard.append(found))
    try:
        with Stop() as stop:
            os.kill(os.getpid(), number)
            first = (stop.asked, list(heard), stop.wait(3600))
            os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
    finally:
        signal.signal(number, before)

    assert first == (True, [], True)
    assert heard == [number, number]


def test_one_process_at_a_time(tmp_path: Path) -> None:
    """Another process that follows the same model there is refused, one that follows another model is not, and the lock ends with its process."""
    store = str(tmp_path / "store.duckdb")
    script = "import sys; from gate.monitor.follow import alone\nwith alone(sys.argv[1], 'm/1'): print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", script, store], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StorageError, match="another gate monitor --follow"), alone(store, "m/1"):
            pass
        with alone(store, "m/2"):
            pass
        holder.kill()
    with alone(store, "m/1"):
        pass


@pytest.mark.parametrize("named", [(), ("--model", "m")])
def test_one_model_has_one_lock_however_it_is_named(site: Site, named: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The only entry of gate.yaml, left out or named, is the same model: exit 4."""
    monkeypatch.chdir(site.folder)
    site.log(rows([0]))
    with alone(site.store, "m"):
        assert main(["monitor", "log.parquet", "--store", site.store, "--follow", *named]) == 4


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("postgresql://u@127.0.0.1:1/x?password=hunter2", 4),
        ("postgresql://u:hunter2@127.0.0.1:1/x", 4),
        ("postgresql://u@127.0.0.1:1/x?password=a@hunter2", 4),
        ("postgresql://u:%hunter2@127.0.0.1:1/x", 2),
        ("postgresql://u:a/hunter2@127.0.0.1:1/x", 2),
        ("postgresql://u:hunter2/a@127.0.0.1:1/x", 2),
        ("postgresql://u:1/hunter2@127.0.0.1:1/x", 2),
        ("postgresql://u:1?hunter2@127.0.0.1:1/x", 4),
        ("postgresql://u:a@b?hunter2@127.0.0.1:1/x", 2),
    ],
)
@pytest.mark.parametrize("more", [(), ("--follow",)])
def test_no_password_of_the_store_is_printed(
    site: Site, address: str, code: int, more: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it stands in an address that does not answer or cannot be read, and whatever libpq says of it."""
    monkeypatch.chdir(site.folder)
    site.log(rows([0]))
    found = main(["monitor", "log.parquet", "--as-of" if not more else "--every", day(1).isoformat() if not more else "1d", "--store", address, *more])
    printed = capsys.readouterr()

    assert (found, "hunter2" in printed.out + printed.err) == (code, False)


@pytest.mark.parametrize("written", ["", "h", "5s", "-1h", "1.5h", "1w", "¹h", "999999d"])
def test_a_time_that_is_none_is_refused(written: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UsageError, match="no time of ten seconds"):
        seconds_of(written)


def test_times_are_read() -> None:
    """Seconds, minutes, hours, days."""
    assert [seconds_of(written) for written in ("90s", "15m", "1h", "2d")] == [90, 900, 3600, 172_800]


def test_a_process_stops_after_its_run_with_the_exit_code_of_it(site: Site) -> None:
    """Decayed long ago: an alarm; SIGTERM while it waits: exit 1, what it counted is kept, and a day that is fixed cannot be followed."""
    site.log(rows(range(40), rates=(0.8, 0.3)))
    words = [sys.executable, "-m", "gate", "monitor", "log.parquet", "--store", site.store, "--follow", "--every", "1d"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=site.folder) as process:
        assert process.stdout is not None
        printed = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()

    assert (printed.startswith("ALARM: parity on g"), process.returncode) == (True, 1)
    assert said.endswith("gate: stopped after a run that was whole\n")
    assert site.run(site.folder / "log.parquet", as_of=day(100)).added == 0
    assert main(["monitor", "x.csv", "--follow", "--as-of", "2026-01-01"]) == 2
