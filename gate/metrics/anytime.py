"""Evidence that may be looked at every day: batch e-values, their products, and when to raise an alarm.

A claim is a linear bound on the rates of one or two groups: Σ w·p ≤ t. Of every batch, the likelihood of what past
batches predict is divided by that of the nearest rates within the claim. Under the claim the expectation of this ratio
is at most 1 whatever the base rates do, so that products of them may be watched for ever (Ville 1939; Grünwald, de Heide
and Koolen 2024; Turner and Grünwald 2023). Products that start anew every so often, mixed with weights that sum to 1,
see a change that comes late nearly as fast as one that comes early.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["Claim", "Watch", "log_evalue", "nearest", "predicted"]

_STEPS = 60
"""Halvings of an interval of at most 1: as exact as doubles are."""
_EDGE = 1e-12
"""Rates nearer to 0 or 1 than this would have infinite logarithms."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Σ weights·rates ≤ bound, of one group or two.

    A difference p_a − p_b ≤ t has weights (1, −1); a ratio p_a ≥ r·p_b weights (−1, r) and bound 0; a floor p ≥ m has
    weight (−1,) and bound −m.
    """

    weights: tuple[float, ...]
    bound: float

    def holds(self, rates: NDArray[np.float64]) -> bool:
        """Whether rates are within the claim."""
        return bool(np.dot(self.weights, rates) <= self.bound)


def predicted(successes: NDArray[np.float64], trials: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rates that past batches lead one to expect: Jeffreys' estimate, never 0 or 1. Any function of the past is valid."""
    return (successes + 0.5) / (trials + 1)


def nearest(claim: Claim, rates: NDArray[np.float64], trials: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rates at the claim's bound that are nearest: they minimise Σ trials·KL(rates ‖ found).

    Along the bound this is convex in the first group's rate, so that the root of its derivative is found by halving.

    Args:
        claim: that `rates` are outside of.
        rates: in (0, 1), one per group.
        trials: rows of each group in the batch.
    """
    weights = claim.weights
    if len(weights) == 1:
        return np.array([np.clip(claim.bound / weights[0], _EDGE, 1 - _EDGE)])
    first, second = weights
    ends = sorted((claim.bound - second * end) / first for end in (_EDGE, 1 - _EDGE))
    low, high = max(_EDGE, ends[0]), min(1 - _EDGE, ends[1])
    for _ in range(_STEPS):
        middle = (low + high) / 2
        other = min(max((claim.bound - first * middle) / second, _EDGE), 1 - _EDGE)
        slope = _slope(rates[0], middle, trials[0]) - first / second * _slope(rates[1], other, trials[1])
        low, high = (low, middle) if slope > 0 else (middle, high)
    middle = (low + high) / 2
    return np.array([middle, min(max((claim.bound - first * middle) / second, _EDGE), 1 - _EDGE)])


def _slope(rate: float, at: float, trials: float) -> float:
    """The derivative of trials·KL(rate ‖ at) in `at`."""
    return float(trials * (at - rate) / (at * (1 - at)))


def log_evalue(claim: Claim, successes: NDArray[np.float64], trials: NDArray[np.float64], rates: NDArray[np.float64]) -> float:
    """The logarithm of the batch's e-value against the claim; 0 where what is predicted lies within it, or a group has no rows.

    Args:
        claim: what is tested.
        successes: of each group in this batch.
        trials: of each group in this batch.
        rates: predicted from past batches only.
    """
    if claim.holds(rates) or not np.all(trials > 0):
        return 0.0
    null = nearest(claim, rates, trials)
    found = successes * np.log(rates / null) + (trials - successes) * np.log((1 - rates) / (1 - null))
    return float(np.sum(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One claim over time.

    Args:
        claim: what should hold.
        restart: batches between two starts of a product.
        memory: the share of what is known that is kept from batch to batch, in (0, 1]; predictions only.
        batches: batches seen.
        logs: the logarithm of each product so far, in the order of their starts.
        successes: of each group, as far as remembered.
        trials: likewise.
    """

    claim: Claim
    restart: int = 7
    memory: float = 0.97
    batches: int = 0
    logs: tuple[float, ...] = ()
    successes: tuple[float, ...] = ()
    trials: tuple[float, ...] = ()

    def after(self, successes: NDArray[np.float64], trials: NDArray[np.float64]) -> "Watch":
        """The watch with one more batch; a batch is judged by what was known before it."""
        groups = len(self.claim.weights)
        known, seen = (np.array(part or (0.0,) * groups) for part in (self.successes, self.trials))
        gain = log_evalue(self.claim, successes, trials, predicted(known, seen)) if np.all(seen > 0) else 0.0
        started = (*self.logs, 0.0) if self.batches % self.restart == 0 else self.logs
        return replace(
            self,
            batches=self.batches + 1,
            logs=tuple(log + gain for log in started),
            successes=tuple((self.memory * known + successes).tolist()),
            trials=tuple((self.memory * seen + trials).tolist()),
        )

    @property
    def log_evidence(self) -> float:
        """The logarithm of Σ 1/(j(j+1))·product_j + what is not spent yet: under the claim, ever above log(1/α) with probability at most α."""
        started = len(self.logs)
        terms = [log - math.log(j * (j + 1)) for j, log in enumerate(self.logs, start=1)]
        return float(np.logaddexp.reduce([*terms, -math.log(started + 1)]))

    def alarms(self, *, alpha: float, claims: int = 1) -> bool:
        """Whether the evidence against the claim is enough, where so many claims are watched at once."""
        return self.log_evidence >= math.log(claims / alpha)
