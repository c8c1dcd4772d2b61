"""Numbers with how sure they are, as explanations hold them."""

from dataclasses import dataclass

__all__ = ["GroupRate", "Measured", "Rate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A number with its two-sided 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of rows, with its two-sided 95 % interval of Clopper and Pearson.

    Raises:
        ValueError: there are no rows, or more hits than rows.
    """

    hits: int
    rows: int
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.rows or not self.rows:
            raise ValueError(f"{self.hits} of {self.rows} rows is no share")

    @property
    def value(self) -> float:
        """The share."""
        return self.hits / self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRate:
    """A rate among the rows of a group; None where it has none."""

    feature: str
    group: str
    rate: Rate | None = None
