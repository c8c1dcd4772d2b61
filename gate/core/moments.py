"""Moments of a regression: exact sums over rows, from which means, spreads and skews of errors follow.

A sum of floats depends on the order of its rows; a sum of whole numbers does not. Every row's value is therefore
divided by a power of two that no value of the table exceeds, raised to its power, and rounded to a multiple of
2⁻⁸⁰. Counted on one scale, parts of a table add up to the whole bit for bit.
"""

from dataclasses import dataclass, fields
from typing import Self

__all__ = ["FRACTION_BITS", "LARGEST", "MomentScale", "Moments"]

FRACTION_BITS = 80
"""Sums are whole multiples of 2⁻⁸⁰ of the scale: finer than a float's own rounding, and 2⁴⁷ rows fit into 128 bits."""
LARGEST = 1e30
"""Labels and predictions beyond this are refused: their squares and products of squares have to stay finite."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MomentScale:
    """What the values of a table are divided by before they are summed.

    Args:
        residual: every |ŷ − y| is at most 2 to this power.
        label: every |y − label_centre| is at most 2 to this power.
        prediction: every |ŷ − prediction_centre| is at most 2 to this power.
        label_centre: the middle between the smallest and the largest label.
        prediction_centre: the middle between the smallest and the largest prediction.
    """

    residual: int
    label: int
    prediction: int
    label_centre: float
    prediction_centre: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """Sums over the rows of a group, in units of 2⁻⁸⁰ of the scale's power. They add up on one scale: `a + b`.

    Args:
        labelled: rows with a label; all sums but the last are over these.
        residual_1, residual_2, residual_3: Σe, Σe², Σe³ of the residuals e = ŷ − y.
        absolute_1, absolute_3: Σ|e|, Σ|e|³.
        residual_4, residual_6: Σe⁴, Σe⁶.
        label_1, label_2: Σ(y − centre), Σ(y − centre)².
        prediction_2: Σ(ŷ − centre)² over all rows; 0 only where all predictions are the centre.
    """

    scale: MomentScale
    labelled: int = 0
    residual_1: int = 0
    residual_2: int = 0
    residual_3: int = 0
    absolute_1: int = 0
    absolute_3: int = 0
    residual_4: int = 0
    residual_6: int = 0
    label_1: int = 0
    label_2: int = 0
    prediction_2: int = 0

    def __add__(self, other: Self) -> "Moments":
        if self.scale != other.scale:
            raise ValueError("moments that were summed on different scales do not add up")
        names = [entry.name for entry in fields(self) if entry.name != "scale"]
        return Moments(scale=self.scale, **{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def possible(self) -> bool:
        """Whether any rows could have these sums: what cannot be negative is not, and no mean exceeds its mean of squares."""
        even = (self.labelled, self.residual_2, self.absolute_1, self.absolute_3, self.residual_4, self.residual_6, self.label_2, self.prediction_2)
        bounded = abs(self.residual_1) <= self.absolute_1 + self.labelled and abs(self.residual_3) <= self.absolute_3 + self.labelled
        return min(even) >= 0 and bounded and max(even[1:-1]) <= self.labelled << FRACTION_BITS
