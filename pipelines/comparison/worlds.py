"""Tables of predictions from worlds whose truth is known: what a tool says of them can be called right or wrong."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

TOLERANCE = 0.10
"""Every tool is asked the same: may the selection rates of groups differ by more than this?"""


@dataclass(frozen=True, slots=True)
class World:
    """Groups, how many rows each has, how often each is selected in truth, and the share of rows whose group was not noted.

    `wrong` is the answer that does harm there: a pass where the gap is too large, a block where there is none.
    """

    name: str
    rows: tuple[int, ...]
    rates: tuple[float, ...]
    wrong: str
    unnoted: float = 0.0


WORLDS = (
    World("ten equal groups of 50 rows", (50,) * 10, (0.4,) * 10, "blocked"),
    World("four equal groups of 5,000 rows", (5000,) * 4, (0.4,) * 4, "blocked"),
    World("a gap of .20 between groups of 5,000 rows", (5000,) * 4, (0.4, 0.4, 0.4, 0.2), "passed"),
    World("a gap of .10, the tolerance itself, 1,000 rows each", (1000,) * 4, (0.45, 0.4, 0.4, 0.35), "passed"),
    World("a gap of .30 between 15 and 15 rows", (15, 15), (0.5, 0.2), "passed"),
    World("a gap of .30 to a group of 25 rows beside 5,000", (5000, 5000, 25), (0.4, 0.4, 0.1), "passed"),
    World("a tenth without a group, of whom nobody is selected", (5000, 5000), (0.4, 0.4), "passed", unnoted=0.1),
)


def table(world: World, seed: int) -> pd.DataFrame:
    """One table: `group` (a letter, or missing), `y_true`, `y_pred` (both 0 or 1)."""
    rng = np.random.default_rng([seed, WORLDS.index(world)])
    names = [chr(ord("a") + place) for place in range(len(world.rows))]
    group = np.repeat(np.array(names, dtype=object), world.rows)
    selected = (rng.random(len(group)) < np.repeat(world.rates, world.rows)).astype(int)
    gone = rng.random(len(group)) < world.unnoted
    group[gone], selected[gone] = None, 0
    return pd.DataFrame({"group": group, "y_true": rng.integers(0, 2, len(group)), "y_pred": selected})
