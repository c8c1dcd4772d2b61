"""Paired counts: how candidate and baseline answer the same rows. All that a comparison with a champion rests on."""

from dataclasses import dataclass, field, fields
from typing import Self

__all__ = ["Agreement", "PairedCells", "PairedCounts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Rows of one kind by what the two models select: both, only the baseline (`lost`), only the candidate (`gained`), neither."""

    both: int = 0
    lost: int = 0
    gained: int = 0
    neither: int = 0

    def __add__(self, other: Self) -> "Agreement":
        return Agreement(**{cell.name: getattr(self, cell.name) + getattr(other, cell.name) for cell in fields(self)})

    @property
    def candidate(self) -> tuple[int, int]:
        """Rows that the candidate selects, and rows that it does not."""
        return self.both + self.gained, self.lost + self.neither

    @property
    def baseline(self) -> tuple[int, int]:
        """Rows that the baseline selects, and rows that it does not."""
        return self.both + self.lost, self.gained + self.neither


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedCells:
    """Label × baseline's answer × candidate's answer: 8 cells, and 4 for rows without a label."""

    positives: Agreement = field(default_factory=Agreement)
    negatives: Agreement = field(default_factory=Agreement)
    unlabelled: Agreement = field(default_factory=Agreement)

    def __add__(self, other: Self) -> "PairedCells":
        return PairedCells(**{kind.name: getattr(self, kind.name) + getattr(other, kind.name) for kind in fields(self)})


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedCounts:
    """The paired cells of one group against every baseline, by the name that the policy gives it. They add up.

    Raises:
        ValueError: no baseline, or a name twice; and when counts against different baselines are added.
    """

    baselines: tuple[tuple[str, PairedCells], ...]

    def __post_init__(self) -> None:
        if not self.baselines or len(set(self.names)) < len(self.baselines):
            raise ValueError("paired counts have at least one baseline, each once")

    def __add__(self, other: Self) -> "PairedCounts":
        if self.names != other.names:
            raise ValueError("paired counts against different baselines do not add up")
        return PairedCounts(baselines=tuple((name, one + two) for (name, one), (_, two) in zip(self.baselines, other.baselines, strict=True)))

    @property
    def names(self) -> tuple[str, ...]:
        """The baselines' names, in their order."""
        return tuple(name for name, _ in self.baselines)

    def against(self, name: str) -> PairedCells | None:
        """The cells against one baseline; None when nothing was counted against it."""
        return dict(self.baselines).get(name)
