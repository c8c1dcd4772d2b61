"""The candidate as a black box, with the rows that it is asked about."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["AnswerForm", "Ask", "Box", "Grouping", "MisbehavedError", "OutOfTimeError"]

Floats = NDArray[np.float64]
Ask = Callable[[pa.RecordBatch], Floats]
"""One answer per row: the place of a label among the labels, a score, or a number."""

_AT_ONCE = 60_000
_NUMBER_TOLERANCE = 1e-4
"""What the size of a batch may move in a number, so that no more is called a change; the sandbox tolerates the same."""
_LABEL_TOLERANCE = 0.01
"""The share of labels, besides one, that may differ for the same reason; the sandbox tolerates the same."""


class OutOfTimeError(Exception):
    """The budget is used up; what is being produced cannot be."""


class MisbehavedError(Exception):
    """The candidate did something wrong when it was asked; the message says what."""


class AnswerForm(StrEnum):
    """What the numbers that a box answers are."""

    LABEL = "label"
    SCORE = "score"
    NUMBER = "number"
    CLASS = "class"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grouping:
    """A sensitive feature on the rows of a box.

    Args:
        name: what reports call it.
        column: its column.
        groups: the names of its groups.
        codes: per row, the place of its group; negative where it is of none.
    """

    name: str
    column: str
    groups: tuple[str, ...]
    codes: NDArray[np.int64]

    def of(self, place: int) -> NDArray[np.bool_]:
        """Per row: is it of this group?"""
        return np.asarray(self.codes == place, dtype=bool)


@dataclass(slots=True, kw_only=True, eq=False)
class Box:
    """A candidate, and the rows that it is asked about.

    Args:
        inputs: n rows of the columns that it takes.
        ask: asks it; raises `MisbehavedError` for what it does wrong.
        form: what its answers are.
        labels: what it may answer, in words, by place; none for numbers.
        truth: (n,) the answers that would be right, NaN where nobody knows.
        groupings: the sensitive features.
        threshold: of a score: selected from here on.
        favourable: of labels: the place of the favourable one.
        time_left: seconds that are left of the budget.
        asked: how many rows it was asked about.
        judged: (n,) what it answered to the rows as they are when it was judged; None where nobody did.
        afresh: the same candidate in a new process, which has been asked nothing; None where it cannot remember.
    """

    inputs: pa.Table
    ask: Ask
    form: AnswerForm
    truth: Floats
    groupings: tuple[Grouping, ...]
    labels: tuple[str, ...] = ()
    threshold: float = 0.5
    favourable: int = 1
    time_left: Callable[[], float] = lambda: float("inf")
    asked: int = 0
    judged: Floats | None = None
    afresh: Callable[[], AbstractContextManager[Ask]] | None = None
    _first: Floats | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return int(self.inputs.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        """The inputs."""
        return tuple(self.inputs.column_names)

    @property
    def answers(self) -> Floats:
        """(n,) what it answers to the rows as they are; asked once."""
        if self._first is None:
            self._first = self.of(self.inputs)
            self.otherwise(self._first)
        return self._first

    def otherwise(self, answers: Floats) -> NDArray[np.bool_]:
        """Per row: is this answer to the row as it is another than when it was judged?

        Raises:
            MisbehavedError: for more rows than the size of a batch may change.
        """
        known = self.answers if self.judged is None else self.judged
        if self.form in (AnswerForm.LABEL, AnswerForm.CLASS):
            differing = np.asarray(answers != known, dtype=bool)
            allowed = max(1.0, _LABEL_TOLERANCE * len(answers))
        else:
            differing, allowed = ~np.isclose(answers, known, rtol=_NUMBER_TOLERANCE, atol=_NUMBER_TOLERANCE), 0.0
        if (found := int(differing.sum())) > allowed:
            message = f"asked again, it answers {found:,} of {len(answers):,} rows otherwise than when it was judged, although nothing in them is changed"
            raise MisbehavedError(message)
        return differing

    def of(self, rows: pa.Table) -> Floats:
        """What it answers to other rows of the same columns.

        Raises:
            OutOfTimeError: the budget is used up.
            MisbehavedError: the candidate did something wrong.
        """
        parts = []
        for start in range(0, rows.num_rows, _AT_ONCE):
            if self.time_left() <= 0:
                raise OutOfTimeError
            (batch,) = rows.slice(start, _AT_ONCE).combine_chunks().to_batches(max_chunksize=None)
            parts.append(self.ask(batch))
            self.asked += batch.num_rows
        return np.concatenate(parts) if parts else np.empty(0)

    def loss(self, answers: Floats, truth: Floats) -> Floats:
        """Per row: 0 or 1 for a label, the squared error of a score or number; NaN where the truth is not known."""
        if self.form in (AnswerForm.LABEL, AnswerForm.CLASS):
            return np.where(np.isnan(truth), np.nan, (answers != truth).astype(float))
        return (answers - truth) ** 2

    def changed(self, one: Floats, other: Floats) -> NDArray[np.bool_]:
        """Per row: are two answers different? Of scores, whether one selects and the other does not."""
        if self.form is AnswerForm.NUMBER:
            spread = float(np.std(self.answers))
            return ~np.isclose(one, other, rtol=_NUMBER_TOLERANCE, atol=_NUMBER_TOLERANCE * spread)
        return np.asarray(self.decisions(one) != self.decisions(other), dtype=bool)

    def decisions(self, answers: Floats) -> Floats:
        """Per row: 1 where it is selected, else 0; the number of a regression; the place of a class."""
        return (answers >= self.threshold).astype(float) if self.form is AnswerForm.SCORE else answers

    def favour(self, answers: Floats) -> Floats:
        """Per row: 1 where it is selected or of the favourable class, else 0; the number of a regression."""
        decisions = self.decisions(answers)
        return (decisions == self.favourable).astype(float) if self.form is AnswerForm.CLASS else decisions

    def moved(self, one: Floats, other: Floats) -> Floats:
        """Per row: how far two answers are apart; of labels, 1 where they differ."""
        return (one != other).astype(float) if self.form in (AnswerForm.LABEL, AnswerForm.CLASS) else np.abs(one - other)

    def tiled(self, rows: NDArray[np.int64], times: int) -> pa.Table:
        """Some rows, `times` over."""
        return self.inputs.take(pa.array(np.tile(rows, times)))

    def with_column(self, rows: pa.Table, column: str, source: NDArray[np.int64]) -> pa.Table:
        """The rows with the values that `source`, rows of the box, have in a column."""
        place = self.inputs.column_names.index(column)
        return rows.set_column(place, self.inputs.schema.field(place), self.inputs.column(place).take(pa.array(source)))
