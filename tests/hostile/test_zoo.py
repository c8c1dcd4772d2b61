"""The hostile zoo: every model under every backend, as every user; whoever attacks is stopped, and leaves nothing."""

import os
from collections.abc import Iterator

import pytest
from hostile.backends import BACKENDS
from hostile.entries import Entry, entries
from hostile.world import Outcome, World

NOBODY = 65534
USERS = (0, NOBODY) if os.getuid() == 0 else (os.getuid(),)
ENTRIES = entries()
pytestmark = [pytest.mark.mlflow, pytest.mark.hostile]


def _cases() -> list[object]:
    """Every model under every backend that guarantees what the attack tries to break."""
    return [
        pytest.param(user, backend, entry, id=f"{entry.name}-{backend.name}-{'root' if user == 0 else 'user'}")
        for user in USERS
        for backend in BACKENDS
        for entry in ENTRIES
        if set(entry.needs) <= backend.guarantees
    ]


@pytest.fixture(scope="session")
def worlds() -> Iterator[dict[int, World]]:
    """The worlds that exist so far, by user."""
    made: dict[int, World] = {}
    yield made
    for world in made.values():
        world.__exit__()


def _world(worlds: dict[int, World], user: int) -> World:
    if user not in worlds:
        worlds[user] = World(user=user).__enter__()
    return worlds[user]


@pytest.mark.parametrize(("user", "backend", "entry"), _cases())
def test_an_attack_is_stopped_and_leaves_nothing(worlds: dict[int, World], user: int, backend: object, entry: Entry) -> None:
    """The gate lives, exits as stated, names what was wrong; nothing is written, told, reached, killed or left running."""
    outcome = _world(worlds, user).meet(entry, backend=backend.name)
    facts = (outcome.decision or {}).get("facts", {}).get("predictions", {})
    print(outcome.status, facts.get("misbehaviour"), outcome.left, outcome.heard, outcome.written, outcome.told, "\n", outcome.printed[-1500:])
    _nothing_happened(outcome)
    _as_stated(outcome, entry)


def _nothing_happened(outcome: Outcome) -> None:
    """Nobody but the model and the gate noticed anything."""
    assert outcome.left == []
    assert outcome.heard == []
    assert outcome.written == []
    assert outcome.told == []
    assert outcome.victim
    assert "LOOT" not in outcome.printed


def _as_stated(outcome: Outcome, entry: Entry) -> None:
    """The exit code, the verdict, the finding and its words are those of the header, in the output as in the registry."""
    assert outcome.status == entry.exit
    assert entry.words in outcome.printed
    match entry.exit:
        case 0:
            assert (outcome.decision["verdict"], outcome.marked) == ("passed", "passed")
        case 1:
            assert (outcome.decision["verdict"], outcome.marked) == ("blocked", "blocked")
            assert entry.finding in [finding["rule"] for finding in outcome.decision["findings"] if finding["outcome"] == "fail"]
        case _:
            assert (outcome.decision, outcome.marked) == (None, None)
    if entry.check:
        assert outcome.decision["facts"]["predictions"]["misbehaviour"]["check"] in entry.check
