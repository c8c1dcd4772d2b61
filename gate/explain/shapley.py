"""Shapley values of a black box, by sampled permutations (Štrumbelj and Kononenko 2014), in pairs of an order and its reverse.

A walk begins at a row of the background and takes over the values of the explained row one input after the other, in
random order; what an input adds on the way is one draw of its value. The draws of a walk sum up to the answer minus
that of the background's row, whatever the model is. The quantity is that of `shap` with an independent masker.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gate.core.estimates import Measured
from gate.core.explanation import Importance
from gate.core.local_explanation import Attribution, Shapley
from gate.explain.box import Box
from gate.explain.mixed import Places, asked, worth
from gate.explain.numbers import measured, rounded, spearman

__all__ = ["Values", "afforded", "attributed", "shapley_values"]

_ROWS = 500
_PAIRS = 6
_CELLS = 10**8
"""So many values go to the candidate at most; rows give way."""
_FEWEST_ROWS = 20
_TOP = 5
_AT_ONCE = 2_000_000

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Values:
    """(rows, pairs, d) draws of Shapley values: their mean over pairs is the estimate, and the pairs are independent."""

    draws: Floats

    @property
    def mean(self) -> Floats:
        """(rows, d) the estimates."""
        return np.asarray(self.draws.mean(axis=1))


def shapley_values(box: Box, rows: Places, background: Places, *, pairs: int, random: np.random.Generator, tell: Callable[[str], None]) -> Values:
    """Values for rows of a box, each walk from a row of the background that is drawn anew; 2 × pairs × (d − 1) questions per row.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    inputs = len(box.columns)
    size = max(1, _AT_ONCE // max(2 * pairs * inputs * inputs, 1))
    parts = []
    for start in range(0, len(rows), size):
        tell(f"Shapley values of {start:,} of {len(rows):,} rows")
        parts.append(_walked(box, rows[start : start + size], background, pairs=pairs, random=random))
    return Values(draws=np.concatenate(parts) if parts else np.empty((0, pairs, inputs)))


def _walked(box: Box, rows: Places, background: Places, *, pairs: int, random: np.random.Generator) -> Floats:
    """(rows, pairs, d) the mean of an order and its reverse, from the same row of the background."""
    inputs = len(box.columns)
    explained = np.repeat(rows, 2 * pairs)
    begins = np.repeat(random.choice(background, size=len(rows) * pairs), 2)
    orders = np.repeat(random.permuted(np.tile(np.arange(inputs), (len(rows) * pairs, 1)), axis=1), 2, axis=0)
    orders[1::2] = orders[1::2, ::-1]
    places = np.argsort(orders, axis=1)
    steps = np.arange(1, inputs)
    taken = places[:, None, :] < steps[None, :, None]
    sources = np.where(taken, explained[:, None, None], begins[:, None, None]).reshape(-1, inputs).astype(np.int64)
    between = asked(box, sources).reshape(len(explained), inputs - 1)
    path = np.column_stack([box.answers[begins], between, box.answers[explained]])
    added = np.diff(worth(box, path, box.answers[explained][:, None]), axis=1)
    values = np.take_along_axis(added, places, axis=1)
    return np.asarray(values.reshape(len(rows), pairs, 2, inputs).mean(axis=2))


def afforded(box: Box, *, wanted: int, pairs: int) -> int:
    """So many rows can be explained within the most values that go to the candidate."""
    per_row = 2 * pairs * max(len(box.columns), 1) ** 2
    return min(wanted, max(_FEWEST_ROWS, _CELLS // per_row))


def attributed(box: Box, importances: tuple[Importance, ...], *, random: np.random.Generator, tell: Callable[[str], None]) -> Shapley:
    """The mean absolute values of all inputs, and how far they agree with permutation importance, where that is there.

    Raises:
        OutOfTimeError: the budget was used up first.
    """
    count = min(box.rows, afforded(box, wanted=_ROWS, pairs=_PAIRS))
    rows = np.sort(random.choice(box.rows, size=count, replace=False)).astype(np.int64)
    values = shapley_values(box, rows, np.arange(box.rows), pairs=_PAIRS, random=random, tell=tell)
    found = tuple(_attribution(name, values.draws[:, :, place]) for place, name in enumerate(box.columns))
    ordered = tuple(sorted(found, key=lambda entry: entry.mean.value, reverse=True))
    return Shapley(rows=count, background=box.rows, walks=2 * _PAIRS, attributions=ordered, **_agreement(ordered, importances))  # type: ignore[arg-type]  # as they are named


def _attribution(feature: str, draws: Floats) -> Attribution:
    """The mean of absolute values, corrected for the noise of sampling by the jackknife.

    The mean of |estimate| counts noise as importance. Half of the draws times the sign of the other half counts none,
    and loses what the sign gets wrong. The interval reaches from the lower limit of the one to the upper of the other.
    """
    pairs = draws.shape[1]
    first, second = draws[:, : pairs // 2].mean(axis=1), draws[:, pairs // 2 :].mean(axis=1)
    plain = np.abs(draws.mean(axis=1))
    without_one = np.abs((draws.sum(axis=1, keepdims=True) - draws) / (pairs - 1)).mean(axis=1)
    signed = (np.sign(first) * second + np.sign(second) * first) / 2
    above, below = (measured(float(each.mean()), _error(each)) for each in (plain, signed))
    low, high = max(0.0, min(below.low, above.low)), max(above.high, below.high)
    value = min(max(float((pairs * plain - (pairs - 1) * without_one).mean()), low), high)
    return Attribution(feature=feature, mean=Measured(value=rounded(value), low=rounded(low), high=rounded(high)))


def _error(values: Floats) -> float:
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0


def _agreement(found: tuple[Attribution, ...], importances: tuple[Importance, ...]) -> dict[str, object]:
    if not importances:
        return {}
    ours = {entry.feature: entry.mean.value for entry in found}
    top = min(_TOP, len(found))
    theirs = [entry.feature for entry in importances[:top]]
    strength = [entry.loss.value if entry.loss else entry.moved for entry in importances]
    return {
        "agreement": spearman([ours[entry.feature] for entry in importances], strength),
        "shared": len({entry.feature for entry in found[:top]} & set(theirs)),
        "top": top,
    }
