"""Ways to keep the child apart, best first: bubblewrap, Landlock with seccomp, and none.

The parent chooses and builds a command here; what the child does to itself stands in `gate.predict.confinement`.
"""

from gate.predict.backends.bubblewrap import BubblewrapBackend
from gate.predict.backends.choice import Tried, available, choose, named
from gate.predict.backends.landlock import LandlockBackend
from gate.predict.backends.plain import PlainBackend

__all__ = ["BubblewrapBackend", "LandlockBackend", "PlainBackend", "Tried", "available", "choose", "named"]
