"""Bubblewrap, as an ordinary user: what namespaces, and the filter of calls inside them, stop."""

from hostile.trials import NOBODY, trials, world_of

world = world_of(NOBODY)
test_an_attack_is_stopped_and_leaves_nothing = trials("bubblewrap", NOBODY)
