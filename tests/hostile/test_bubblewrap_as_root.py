"""Bubblewrap, as root: what namespaces, and the filter of calls inside them, stop."""

from hostile.trials import ROOT, trials, world_of

world = world_of(ROOT)
test_an_attack_is_stopped_and_leaves_nothing = trials("bubblewrap", ROOT, few=True)
