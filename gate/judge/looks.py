"""What one look at a holdout may spend: the error levels of the policy, divided so that all looks together keep them.

Look j is judged at α / (j(j+1)): 1/2 + 1/6 + 1/12 + … = 1, so however many candidates are tried on one holdout, the
levels add up to what the policy allows a single one.
"""

from gate.core.decision import Levels
from gate.core.policy import Burden, Confidence

__all__ = ["levels_at", "passing_at"]


def levels_at(confidence: Confidence, look: int | None, *, burden: Burden) -> Levels:
    """The one-sided error levels of a look, before they are divided by the number of claims; None is a look that is not counted.

    Where the burden lies on the gate, only a proven violation stops a candidate. To ask for a surer proof at a later look
    would let those pass who wear the holdout out first, so the failing level stays whole there.
    """
    failing = _error(confidence.failing)
    return Levels(passing=passing_at(confidence, look), failing=failing if burden is Burden.GATE else _spent(failing, look))


def passing_at(confidence: Confidence, look: int | None) -> float:
    """The error level at which a look judges passes."""
    return _spent(_error(confidence.passing), look)


def _spent(level: float, look: int | None) -> float:
    return level if look is None else level / (look * (look + 1))


def _error(confidence: float) -> float:
    """1 − confidence, without the dust of the subtraction."""
    return round(1 - confidence, 12)
