"""Landlock and seccomp, as root: what a child stops that shuts the doors behind itself."""

from hostile.trials import ROOT, trials, world_of

world = world_of(ROOT)
test_an_attack_is_stopped_and_leaves_nothing = trials("landlock", ROOT, half=True)
