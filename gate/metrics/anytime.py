"""Evidence that may be looked at every day: batch e-values, their products, and when to raise an alarm.

A claim is a linear bound on the rates of one or two groups: Σ w·p ≤ t. Of every batch, the likelihood of what past
batches predict is divided by that of the nearest rates within the claim. Under the claim the expectation of this ratio
is at most 1 whatever the base rates do, so that products of them may be watched for ever (Ville 1939; Grünwald, de Heide
and Koolen 2024; Turner and Grünwald 2023). Products that start anew every so often, mixed with weights that sum to 1,
see a change that comes late nearly as fast as one that comes early.

Arrays hold many claims of one kind at once; their last axis is that of the one or two groups of a claim.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["MEMORY", "Claim", "Floats", "Watch", "log_evalue", "nearest", "predicted"]

Floats = NDArray[np.float64]

MEMORY = 0.9
"""The share of what is known that predictions keep from batch to batch; chosen by simulation (docs/calibration.md)."""
_STEPS = 60
"""Halvings of an interval of at most 1: as exact as doubles are."""
_EDGE = 1e-12
"""Rates nearer to 0 or 1 than this would have infinite logarithms."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Σ weights·rates ≤ bound, of one group or two.

    A difference p_a − p_b ≤ t has weights (1, −1); a ratio p_b ≥ r·p_a weights (r, −1) and bound 0; a floor p ≥ m has
    weight (−1,) and bound −m.
    """

    weights: tuple[float, ...]
    bound: float

    def holds(self, rates: Floats) -> NDArray[np.bool_]:
        """Whether rates, of shape (…, groups), are within the claim."""
        return np.asarray(rates @ np.array(self.weights) <= self.bound)


def predicted(successes: Floats, trials: Floats) -> Floats:
    """The rates that past batches lead one to expect: Jeffreys' estimate, never 0 or 1. Any function of the past is valid."""
    return (successes + 0.5) / (trials + 1)


def nearest(claim: Claim, rates: Floats, trials: Floats) -> Floats:
    """The rates at the claim's bound that are nearest: they minimise Σ trials·KL(rates ‖ found).

    Along the bound this is convex in the first group's rate, so that the root of its derivative is found by halving.

    Args:
        claim: that `rates` are outside of.
        rates: in (0, 1), shape (…, groups).
        trials: rows of each group in the batch, likewise.
    """
    weights = claim.weights
    if len(weights) == 1:
        return np.full_like(rates, np.clip(claim.bound / weights[0], _EDGE, 1 - _EDGE))
    first, second = weights
    ends = sorted((claim.bound - second * end) / first for end in (_EDGE, 1 - _EDGE))
    low = np.full(rates.shape[:-1], max(_EDGE, ends[0]))
    high = np.full(rates.shape[:-1], min(1 - _EDGE, ends[1]))
    for _ in range(_STEPS):
        middle = (low + high) / 2
        slope = _slope(rates[..., 0], middle, trials[..., 0]) - first / second * _slope(rates[..., 1], _other(claim, middle), trials[..., 1])
        low, high = np.where(slope > 0, low, middle), np.where(slope > 0, middle, high)
    middle = (low + high) / 2
    return np.stack([middle, _other(claim, middle)], axis=-1)


def _other(claim: Claim, first: Floats) -> Floats:
    """The second group's rate at the bound, given the first one's."""
    return np.clip((claim.bound - claim.weights[0] * first) / claim.weights[1], _EDGE, 1 - _EDGE)


def _slope(rate: Floats, at: Floats, trials: Floats) -> Floats:
    """The derivative of trials·KL(rate ‖ at) in `at`."""
    return trials * (at - rate) / (at * (1 - at))


def log_evalue(claim: Claim, successes: Floats, trials: Floats, rates: Floats) -> Floats:
    """The logarithm of the batch's e-value against the claim; 0 where what is predicted lies within it, or a group has no rows.

    Args:
        claim: what is tested.
        successes: of each group in this batch, shape (…, groups).
        trials: of each group in this batch, likewise.
        rates: predicted from past batches only, likewise.
    """
    stakes = ~claim.holds(rates) & np.all(trials > 0, axis=-1)
    found = np.zeros(stakes.shape)
    if np.any(stakes):
        x, n, theta = successes[stakes], trials[stakes], rates[stakes]
        null = nearest(claim, theta, n)
        found[stakes] = np.sum(x * np.log(theta / null) + (n - x) * np.log((1 - theta) / (1 - null)), axis=-1)
    return found


def _nothing() -> Floats:
    return np.zeros(0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Watch:
    """Claims of one kind over time.

    Args:
        claim: what should hold of each of them.
        restart: batches between two starts of a product.
        memory: the share of what is known that is kept from batch to batch, in (0, 1]; predictions only.
        batches: batches seen.
        logs: the logarithm of each product so far, in the order of their starts, shape (…, starts).
        successes: of each group, as far as remembered, shape (…, groups).
        trials: likewise.
    """

    claim: Claim
    restart: int = 7
    memory: float = MEMORY
    batches: int = 0
    logs: Floats = field(default_factory=_nothing)
    successes: Floats = field(default_factory=_nothing)
    trials: Floats = field(default_factory=_nothing)

    def after(self, successes: Floats, trials: Floats) -> "Watch":
        """The watch with one more batch; a batch is judged by what was known before it."""
        known, seen = (np.broadcast_to(part if self.batches else 0.0, successes.shape) for part in (self.successes, self.trials))
        gain = np.where(np.all(seen > 0, axis=-1), log_evalue(self.claim, successes, trials, predicted(known, seen)), 0.0)
        logs = self.logs if self.batches else np.zeros((*gain.shape, 0))
        if self.batches % self.restart == 0:
            logs = np.concatenate([logs, np.zeros((*gain.shape, 1))], axis=-1)
        return replace(
            self,
            batches=self.batches + 1,
            logs=logs + gain[..., np.newaxis],
            successes=self.memory * known + successes,
            trials=self.memory * seen + trials,
        )

    @property
    def log_evidence(self) -> Floats:
        """The logarithm of Σ 1/(j(j+1))·product_j + what is not spent yet: under the claim, ever above log(1/α) with probability at most α."""
        started = self.logs.shape[-1]
        places = np.arange(1, started + 1)
        unspent = np.full((*self.logs.shape[:-1], 1), -math.log(started + 1))
        return np.asarray(np.logaddexp.reduce(np.concatenate([self.logs - np.log(places * (places + 1)), unspent], axis=-1), axis=-1))

    def alarms(self, *, alpha: float, claims: int = 1) -> NDArray[np.bool_]:
        """Of each claim: is the evidence against it enough, where so many claims are watched at once?"""
        return np.asarray(self.log_evidence >= math.log(claims / alpha))
