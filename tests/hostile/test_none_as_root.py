"""The plain backend, as root: what limits and the order of questions stop without any walls."""

from hostile.trials import ROOT, trials, world_of

world = world_of(ROOT)
test_an_attack_is_stopped_and_leaves_nothing = trials("none", ROOT, few=True)
