"""How often `gate monitor` alarms falsely in two years, and how soon it sees a decay: `python pipelines/calibration/monitoring.py`.

Every day 100 rows of one group and 40 of another; the base rate moves with the seasons. The claim is a gap of at most .10. At the bound every
alarm is false. A decay begins after a year in which the gap was .03. Three ways of looking every day are compared on the same draws.
"""

import argparse
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.metrics.anytime import Claim, Watch

__all__ = ["WAYS", "Row", "first_alarms", "measured", "section"]

SEED, ALPHA, BOUND = 20261126, 0.05, 0.10
SIZES = (100, 40)
YEAR = 365
CLAIM = Claim((1.0, -1.0), BOUND)

Step = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]


def _products(watch: Watch) -> Step:
    """Evidence that adds up; alarms where it suffices."""
    state = [watch]

    def step(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> NDArray[np.bool_]:
        state[0] = state[0].after(successes, trials)
        return state[0].alarms(alpha=ALPHA)

    return step


def _daily(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> NDArray[np.bool_]:
    """A test of each day by itself at the same level, as if it were the only one."""
    rates = successes / trials
    error = np.sqrt(np.sum(rates * (1 - rates) / trials, axis=-1))
    return np.asarray(rates[..., 0] - rates[..., 1] - BOUND > 1.645 * np.maximum(error, 1e-9))


WAYS: dict[str, Callable[[], Step]] = {
    "`gate monitor`: products that start anew every week": lambda: _products(Watch(claim=CLAIM)),
    "one product over all days": lambda: _products(Watch(claim=CLAIM, restart=10**9, memory=1.0)),
    "a test every day at 5 %": lambda: _daily,
}


def first_alarms(way: Callable[[], Step], gaps: Sequence[float], runs: int, *, seed: int) -> NDArray[np.int64]:
    """Per run the first day of an alarm, or -1."""
    rng, step, first = np.random.default_rng(seed), way(), np.full(runs, -1)
    trials = np.broadcast_to(np.array(SIZES, dtype=np.float64), (runs, 2))
    for day, gap in enumerate(gaps):
        base = 0.4 + 0.05 * math.sin(day / 30)
        found = np.stack([rng.binomial(SIZES[0], base + gap, runs), rng.binomial(SIZES[1], base, runs)], axis=-1).astype(np.float64)
        first = np.where((first < 0) & step(found, trials), day, first)
    return first


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A way of looking: the share of runs at the bound that alarm, and the median days to see a jump to .20 and to .30; None where it was not seen."""

    way: str
    false: float
    delays: tuple[float | None, ...]


def measured(runs: int, *, days: int = 2 * YEAR, before: int = YEAR, after: int = YEAR) -> Iterator[Row]:
    """Every way of looking on the same draws."""
    for name, way in WAYS.items():
        false = float(np.mean(first_alarms(way, [BOUND] * days, runs, seed=SEED) >= 0))
        delays = [_median(first_alarms(way, [0.03] * before + [gap] * after, max(runs // 4, 1), seed=SEED + 1), before) for gap in (0.20, 0.30)]
        yield Row(way=name, false=false, delays=tuple(delays))


def _median(first: NDArray[np.int64], before: int) -> float | None:
    """Days from the jump to the alarm, among runs that had not alarmed before; None where half of them never did."""
    late = first[(first >= before) | (first < 0)]
    days = np.where(late < 0, np.inf, late - before + 1.0)
    found = float(np.median(days)) if len(days) else math.inf
    return found if math.isfinite(found) else None


def section(rows: Sequence[Row], runs: int) -> str:
    """The part of the page."""
    error = math.sqrt(ALPHA * (1 - ALPHA) / runs)
    lines = [f"| {row.way} | {row.false:.1%} | {' | '.join('not seen' if day is None else f'{day:.0f}' for day in row.delays)} |" for row in rows]
    return f"""## After the release

`gate monitor` looks every day. 100 rows of one group and 40 of another a day, a gap of at most .10 is allowed, and the base rate moves with the
seasons. At the bound every alarm is false: promised are at most 5 % of runs, for ever. The gap jumps after a year in which it was .03.
{runs:,} runs of two years at the bound (a standard error is {error:.3f}), a quarter as many of each jump; seed {SEED}.
`python pipelines/calibration/monitoring.py` prints this section anew.

| way of looking | false alarms in two years | days to see .20 | days to see .30 |
|---|---|---|---|
{chr(10).join(lines)}

The days are medians over runs that had not alarmed before the jump.
"""


def main() -> None:
    """Simulate, and print the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    print(section([*measured(options.runs)], options.runs))


if __name__ == "__main__":
    main()
