"""The zoo sees what it is there to see: without walls its models succeed, and it says so."""

import pytest
from hostile.backends import backend
from hostile.entries import Entry, entries
from hostile.trials import NOBODY, nothing_happened, stands_as_stated, world_of
from hostile.world import World

BITERS = {
    "calls_home_by_tcp",
    "calls_home_by_udp",
    "kills_a_bystander",
    "kills_its_parent",
    "leaves_a_daemon",
    "leaves_shared_memory",
    "mlmodel_elsewhere",
    "reads_other_environments",
    "reads_the_labels",
    "reads_the_registry",
    "removes_files",
    "writes_outside",
}
world = world_of(NOBODY)


@pytest.mark.mlflow
@pytest.mark.hostile
@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in entries() if entry.name in BITERS])
def test_without_walls_the_attack_succeeds_and_the_zoo_sees_it(world: World, entry: Entry) -> None:
    """A model that needs a wall is let loose without one, as an ordinary user: an assertion of the zoo fails."""
    outcome = world.meet(entry, backend="none")

    with pytest.raises(AssertionError):  # noqa: PT012 -- either may be the one that sees it
        nothing_happened(outcome)
        stands_as_stated(outcome, entry, backend("none"))


def test_every_biter_is_in_the_zoo() -> None:
    """No name of the list above is misspelt."""
    assert {entry.name for entry in entries()} >= BITERS
