"""Counts of a model that chooses one of several classes: label × prediction."""

from dataclasses import dataclass
from typing import Self

from gate.core.confusion import ConfusionCounts

__all__ = ["ClassCounts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassCounts:
    """Rows by label × prediction, in the order of the declared labels. Counts add up: `a + b`.

    Args:
        cells: classes × classes, one label after the other.
        unlabelled: rows without a label, by prediction.
    """

    cells: tuple[int, ...]
    unlabelled: tuple[int, ...]

    def __add__(self, other: Self) -> "ClassCounts":
        return ClassCounts(
            cells=tuple(one + two for one, two in zip(self.cells, other.cells, strict=True)),
            unlabelled=tuple(one + two for one, two in zip(self.unlabelled, other.unlabelled, strict=True)),
        )

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.unlabelled)

    @property
    def chosen(self) -> tuple[int, ...]:
        """Rows by prediction, labelled or not."""
        return tuple(self._column(place) + self.unlabelled[place] for place in range(self.classes))

    @property
    def possible(self) -> bool:
        """Whether any rows could have these counts."""
        return len(self.cells) == self.classes**2 and min((*self.cells, *self.unlabelled), default=-1) >= 0

    def against_the_rest(self, place: int) -> ConfusionCounts:
        """The class at this place as the positive label, all others as the negative one."""
        hit, row, column = self.cells[place * self.classes + place], self._row(place), self._column(place)
        labelled, unlabelled = sum(self.cells), sum(self.unlabelled)
        return ConfusionCounts(
            tp=hit,
            fn=row - hit,
            fp=column - hit,
            tn=labelled - row - column + hit,
            unlabelled_selected=self.unlabelled[place],
            unlabelled_rejected=unlabelled - self.unlabelled[place],
        )

    @property
    def right_and_wrong(self) -> ConfusionCounts:
        """Rows that are right as true positives, the others as false negatives: for accuracy, which asks for nothing else."""
        right = sum(self.cells[place * self.classes + place] for place in range(self.classes))
        return ConfusionCounts(tp=right, fn=sum(self.cells) - right, unlabelled_rejected=sum(self.unlabelled))

    def _row(self, place: int) -> int:
        return sum(self.cells[place * self.classes : (place + 1) * self.classes])

    def _column(self, place: int) -> int:
        return sum(self.cells[place :: self.classes])
