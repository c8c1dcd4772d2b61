"""Landlock and seccomp, as an ordinary user: what a child stops that shuts the doors behind itself."""

from hostile.trials import NOBODY, trials, world_of

world = world_of(NOBODY)
test_an_attack_is_stopped_and_leaves_nothing = trials("landlock", NOBODY, few=True)
