"""A pytest plugin: one process per mutant, forked after everything is imported and collected, runs the tests that reach the mutated function.

First all tests run once, in a process of their own too, without a mutant: what each of them reaches, how long it takes,
and whether it passes at all. Nothing is left of one run for another, neither caches nor modules.
"""

import json
import math
import os
import pickle
import resource
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import pytest
from hypothesis import HealthCheck, settings
from mutmut.state import state

__all__ = ["Reached", "chosen", "outcome"]

BUDGET = 4.0
"""Seconds of tests per mutant, as they take without one; the quickest come first."""
LONGEST = 2.0
"""A test that takes longer than this many seconds is left out."""
SLOWER = 10.0
"""A mutant that takes this many times as long, and `MUTANTS_LEAST` (ten) seconds more, has a loop without an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What one test does without a mutant: the functions that it reaches, the seconds that it takes, and whether it passes."""

    functions: frozenset[str]
    seconds: float
    passed: bool


def chosen(function: str, tests: Sequence[Reached]) -> list[int]:
    """The places of the tests that reach a function, the quickest first, until the budget is spent; at least one."""
    able = [place for place, test in enumerate(tests) if test.passed and function in test.functions and test.seconds <= LONGEST]
    able.sort(key=lambda place: tests[place].seconds)
    kept, spent = [], 0.0
    for place in able:
        spent += tests[place].seconds
        if kept and spent > BUDGET:
            break
        kept.append(place)
    return kept


def outcome(status: int) -> str:
    """What became of a mutant, from how its process ended: survived, killed or timeout."""
    if os.WIFSIGNALED(status):
        return "timeout" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else "killed"
    return "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"


def pytest_configure() -> None:
    """Properties are tried on the same examples every time and without a deadline, so that no mutant is noticed by chance or by other work on the machine."""
    settings.register_profile("mutants", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("mutants")


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Instead of the tests: the mutants that `MUTANTS_ASKED` lists; what became of each goes to `MUTANTS_ANSWERED`, line by line."""
    if session.testsfailed:
        raise session.Interrupted("the tests could not be collected")
    asked = json.loads(Path(os.environ["MUTANTS_ASKED"]).read_text(encoding="utf-8"))
    tests = _reached(session)
    running: dict[int, tuple[str, int]] = {}
    with Path(os.environ["MUTANTS_ANSWERED"]).open("a", encoding="utf-8") as answers:
        _tell(answers, tests=len(tests), failing=[item.nodeid for item, test in zip(session.items, tests, strict=True) if not test.passed])
        for mutant in asked:
            places = chosen(mutant.rpartition("__mutmut_")[0], tests)
            if not places:
                _tell(answers, mutant=mutant, outcome="no test", tests=0)
                continue
            if len(running) == int(os.environ["MUTANTS_WORKERS"]):
                _finish(running, answers)
            running[_started(session, mutant, places, sum(tests[i].seconds for i in places))] = mutant, len(places)
        while running:
            _finish(running, answers)
    return True


def _finish(running: dict[int, tuple[str, int]], answers: TextIO) -> None:
    """Wait for the first of them, and tell what became of it."""
    child, status = os.wait()
    mutant, amount = running.pop(child)
    _tell(answers, mutant=mutant, outcome=outcome(status), tests=amount)


def _tell(answers: TextIO, **what: object) -> None:
    print(json.dumps(what), file=answers, flush=True)


def _reached(session: pytest.Session) -> list[Reached]:
    """What every test reaches; those that no earlier run noted are run, in a process of their own, under mutmut's name for such runs."""
    kept = Path(os.environ["MUTANTS_REACHED"])
    known = _noted(kept)
    new = [item for item in session.items if _key(item) not in known]
    if new and os.waitpid(_forked(lambda: _note(session, new, kept), "stats", seconds=36_000), 0)[1]:
        raise session.Interrupted("the tests did not run to their end without a mutant")
    known = _noted(kept)
    return [known[_key(item)] for item in session.items]


def _noted(kept: Path) -> dict[str, Reached]:
    return pickle.loads(kept.read_bytes()) if kept.exists() else {}  # noqa: S301 - our own child wrote it


def _key(item: pytest.Item) -> str:
    """A test's name and the age of its file, so that a test that was changed is run again."""
    return f"{item.nodeid} {item.path.stat().st_mtime_ns}"


def _note(session: pytest.Session, items: Sequence[pytest.Item], kept: Path) -> int:
    found = _noted(kept)
    for item, following in zip(items, [*items[1:], None], strict=True):
        failed, started = session.testsfailed, time.process_time()
        state()._stats.clear()  # noqa: SLF001 - mutmut has no other door
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        seconds = time.process_time() - started
        found[_key(item)] = Reached(functions=frozenset(state()._stats), seconds=seconds, passed=session.testsfailed == failed)  # noqa: SLF001
    kept.write_bytes(pickle.dumps(found))
    return 0


def _started(session: pytest.Session, mutant: str, places: Sequence[int], seconds: float) -> int:
    """The process that tries one mutant."""

    def run() -> int:
        items: list[Any] = [session.items[place] for place in places]
        for item, following in zip(items, [*items[1:], None], strict=True):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return 1
        return 0

    return _forked(run, mutant, seconds=math.ceil(SLOWER * seconds) + int(os.environ.get("MUTANTS_LEAST", "10")))


def _forked(run: Callable[[], int], mutant: str, *, seconds: int) -> int:
    """A process that runs something with a mutant in force, for at most so many seconds of its own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.environ["MUTANT_UNDER_TEST"] = mutant
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))
            code = run()
        finally:
            os._exit(code)
    return child
