"""Two small learners of our own, both logistic regressions, by full-batch gradient descent without anything drawn by lot.

The same numbers in give the same coefficients out. Inputs are prepared numbers of shape (rows, columns).
"""

import numpy as np
from numpy.typing import NDArray

__all__ = ["adversarial", "prejudice_remover"]

_Coefficients = tuple[NDArray[np.float64], float]
_STEPS, _RATE, _RIDGE = 600, 0.3, 1e-3


def prejudice_remover(ready: NDArray[np.float64], label: NDArray[np.int64], codes: NDArray[np.int64], *, penalty: float) -> _Coefficients:
    """Slopes and intercept of a logistic regression whose loss grows with what its scores tell of the group.

    Kamishima et al. 2012 penalise the mutual information of score and group; here it is the leading term of that: the
    variance of the groups' mean scores, each weighted by the group's share. 0 is the plain regression.
    """
    inputs, moments = _with_one(ready), [np.zeros(ready.shape[1] + 1), np.zeros(ready.shape[1] + 1)]
    weights = np.zeros(inputs.shape[1])
    shares = _shares(codes)
    for step in range(1, _STEPS + 1):
        scores = _logistic(inputs @ weights)
        slope = scores * (1 - scores)
        gaps = shares.T @ scores / shares.sum(axis=0) - scores.mean()
        each = shares / shares.sum(axis=0) - 1 / len(scores)
        of_penalty = inputs.T @ (slope * (each @ (2 * shares.mean(axis=0) * gaps)))
        of_loss = inputs.T @ (scores - label) / len(label) + _RIDGE * _without_intercept(weights)
        weights = _adam(weights, of_loss + penalty * of_penalty, moments, step)
    return weights[:-1], float(weights[-1])


def adversarial(ready: NDArray[np.float64], label: NDArray[np.int64], codes: NDArray[np.int64], *, strength: float) -> _Coefficients:
    """Slopes and intercept of a logistic regression trained against a linear adversary that guesses the group from its log-odds.

    As in Zhang et al. 2018 the predictor's step loses what would help the adversary, and goes against it by `strength`.
    """
    inputs, moments = _with_one(ready), [np.zeros(ready.shape[1] + 1), np.zeros(ready.shape[1] + 1)]
    shares = _shares(codes)
    weights, guess = np.zeros(inputs.shape[1]), np.zeros((2, shares.shape[1]))
    for step in range(1, _STEPS + 1):
        odds = inputs @ weights
        seen = np.column_stack([odds, np.ones(len(odds))])
        wrong = _softmax(seen @ guess) - shares
        of_adversary = inputs.T @ (wrong @ guess[0]) / len(odds)
        of_loss = inputs.T @ (_logistic(odds) - label) / len(label) + _RIDGE * _without_intercept(weights)
        unit = of_adversary / (np.linalg.norm(of_adversary) + 1e-12)
        weights = _adam(weights, of_loss - (of_loss @ unit) * unit - strength * of_adversary, moments, step)
        guess -= _RATE * (seen.T @ wrong / len(odds) + _RIDGE * guess)
    return weights[:-1], float(weights[-1])


def _with_one(ready: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.column_stack([np.asarray(ready, dtype="float64"), np.ones(len(ready))])


def _shares(codes: NDArray[np.int64]) -> NDArray[np.float64]:
    """One column per group that has rows: 1 where the row is in it."""
    shares: NDArray[np.float64] = (codes[:, None] == np.unique(codes)).astype("float64")
    return shares


def _without_intercept(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.append(weights[:-1], 0.0)


def _logistic(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
    return shares


def _softmax(odds: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(odds - odds.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares


def _adam(weights: NDArray[np.float64], gradient: NDArray[np.float64], moments: list[NDArray[np.float64]], step: int) -> NDArray[np.float64]:
    """One step of Kingma and Ba 2015, whose size shrinks with the square root of the number of steps."""
    moments[0] = 0.9 * moments[0] + 0.1 * gradient
    moments[1] = 0.999 * moments[1] + 0.001 * gradient**2
    mean, square = moments[0] / (1 - 0.9**step), moments[1] / (1 - 0.999**step)
    moved: NDArray[np.float64] = weights - _RATE / np.sqrt(step) * mean / (np.sqrt(square) + 1e-8)
    return moved
