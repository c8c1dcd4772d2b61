"""The confusion matrix of a yes-or-no answer."""

from dataclasses import dataclass, fields
from typing import Self

__all__ = ["ConfusionCounts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfusionCounts:
    """Rows by label × prediction, and by prediction where the label is missing. Counts add up: `a + b`.

    Where the task has no positive answer (regression, several classes), all rows stand under `answered` and `unlabelled_answered`, and
    the other cells are 0.
    """

    tp: int = 0
    fp: int = 0
    tn: int = 0
    fn: int = 0
    unlabelled_selected: int = 0
    unlabelled_rejected: int = 0
    answered: int = 0
    unlabelled_answered: int = 0

    def __add__(self, other: Self) -> "ConfusionCounts":
        return ConfusionCounts(**{cell.name: getattr(self, cell.name) + getattr(other, cell.name) for cell in fields(self)})

    @property
    def labelled(self) -> int:
        """Rows that have a label."""
        return self.tp + self.fp + self.tn + self.fn + self.answered

    @property
    def rows(self) -> int:
        """All rows, labelled or not."""
        return self.labelled + self.unlabelled_selected + self.unlabelled_rejected + self.unlabelled_answered

    @property
    def selected(self) -> int:
        """Rows that the candidate selects."""
        return self.tp + self.fp + self.unlabelled_selected

    @property
    def positives(self) -> int:
        """Rows whose true label is the positive one."""
        return self.tp + self.fn

    @property
    def negatives(self) -> int:
        """Rows whose true label is the negative one."""
        return self.fp + self.tn
