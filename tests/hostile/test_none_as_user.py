"""The plain backend, as an ordinary user: what limits and the order of questions stop without any walls."""

from hostile.trials import NOBODY, trials, world_of

world = world_of(NOBODY)
test_an_attack_is_stopped_and_leaves_nothing = trials("none", NOBODY, half=True)
