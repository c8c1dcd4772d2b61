"""One test for each model of the zoo under one backend as one user; the files `test_*_as_*.py` are made of it.

A file each, because files are what pytest-xdist deals out: each has a world of its own, made once.
"""

import os
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hostile.backends import Tried, backend
from hostile.entries import Entry, entries
from hostile.world import Outcome, World

__all__ = ["NOBODY", "ROOT", "nothing_happened", "stands_as_stated", "trials", "world_of"]

ROOT, NOBODY = 0, 65534
MEMORY = 2**30
COMMANDS = ("::", "##[")
QUICK = {"honest", "answers_nan", "exit_at_load", "reads_a_secret", "calls_home_by_tcp"}


def first_of_each_way(met: list[Entry]) -> set[str]:
    """One model for each way of being stopped: the same guarantee, exit code, finding and checks. The others are `slow`."""
    firsts: dict[tuple[object, ...], str] = {}
    for entry in met:
        firsts.setdefault((entry.needs, entry.exit, entry.finding, frozenset(entry.check)), entry.name)
    return QUICK | set(firsts.values())


def world_of(user: int) -> Callable[..., Iterator[World]]:
    """A fixture that holds the world of the files' user."""

    @pytest.fixture(scope="module")
    def world() -> Iterator[World]:
        with World(user=user if os.getuid() == ROOT else os.getuid()) as made:
            yield made

    return world


def trials(name: str, user: int, *, half: bool = False, few: bool = False) -> Callable[..., None]:
    """The test: whoever attacks is stopped, and leaves nothing. GATE_ZOO=all leaves no model out.

    Args:
        name: the backend.
        user: who runs the gate.
        half: leave out what tries no wall, because another file has it.
        few: leave out all but a handful, because the same backend is tried by another user.
    """
    tried, whole = backend(name), os.environ.get("GATE_ZOO") == "all"
    met = [entry for entry in entries() if set(entry.needs) <= tried.guarantees]
    chosen = [entry for entry in met if whole or entry.name in QUICK or not (few or (half and not entry.needs))]
    always = first_of_each_way(chosen)

    def marks(entry: Entry) -> list[pytest.MarkDecorator]:
        return [pytest.mark.mlflow] + [pytest.mark.hostile] * (entry.name not in QUICK) + [pytest.mark.slow] * (entry.name not in always)

    @pytest.mark.skipif(user == ROOT != os.getuid(), reason="only root can be root")
    @pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name, marks=marks(entry)) for entry in chosen])
    def test(world: World, entry: Entry) -> None:
        """The gate lives, exits as stated, names what was wrong; nothing is written, told, reached, killed or left running."""
        outcome = world.meet(entry, backend=tried.name)
        nothing_happened(outcome)
        stands_as_stated(outcome, entry, tried)

    return test


def nothing_happened(outcome: Outcome) -> None:
    """Nobody but the model and the gate noticed anything."""
    assert outcome.left == []
    assert outcome.heard == []
    assert outcome.written == []
    assert outcome.told == []
    assert outcome.victim
    assert outcome.peak < MEMORY
    assert "LOOT" not in outcome.printed
    assert [line for line in outcome.printed.splitlines() if line.strip().startswith(COMMANDS)] == []
    assert {sign for sign in outcome.printed if unicodedata.category(sign) in {"Cc", "Cf"}} <= {"\n"}


def stands_as_stated(outcome: Outcome, entry: Entry, tried: Tried) -> None:
    """Exit code, verdict, finding and words are those of the header, in the output as in the registry."""
    assert outcome.status == entry.exit, outcome.printed
    assert entry.words in outcome.printed
    if entry.exit not in {0, 1}:
        assert (outcome.decision, outcome.marked) == (None, None)
        return
    verdict = {0: "passed", 1: "blocked"}[entry.exit]
    assert outcome.decision is not None
    assert (outcome.decision["verdict"], outcome.marked) == (verdict, verdict)
    assert {finding["rule"] for finding in outcome.decision["findings"] if finding["outcome"] == "fail"} == set(entry.finding.split())
    predictions = outcome.decision["facts"]["predictions"]
    assert predictions["sandbox"] == (None if entry.check == ("inputs",) else tried.name)  # what asks for the label is never loaded
    assert not entry.check or predictions["misbehaviour"]["check"] in entry.check, predictions
