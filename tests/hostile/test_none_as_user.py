"""The plain backend, as an ordinary user: what the protocol and the checks of answers stop without any walls."""

from hostile.trials import NOBODY, trials, world_of

world = world_of(NOBODY)
test_an_attack_is_stopped_and_leaves_nothing = trials("none", NOBODY)
