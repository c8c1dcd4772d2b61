"""What a model answers to a case, which input moves the answer, and how it depends on one of them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gate.core.document import Json
from gate.errors import GateError
from gate.explain.box import AnswerForm, MisbehavedError
from gate.report.phrases import name
from gate.tryout.person import Field, Given, read, rows_of

__all__ = ["Booth", "FallenError"]


class FallenError(GateError):
    """The candidate did something wrong when it was asked, and answers no more."""


@dataclass(slots=True, kw_only=True, eq=False)
class Booth:
    """A model that a person may ask, one question at a time.

    Args:
        title: which model it is.
        sandbox: what it runs in.
        fields: its inputs.
        schema: their types.
        ask: asks it; raises `MisbehavedError` for what it does wrong.
        form: what its answers are.
        labels: what it may answer, in words, by place; none for numbers.
        threshold: of a score: selected from here on.
        fallen: what it did wrong; it is never asked again then.
    """

    title: str
    sandbox: str
    fields: tuple[Field, ...]
    schema: pa.Schema
    ask: Callable[[pa.RecordBatch], NDArray[np.float64]]
    form: AnswerForm
    labels: tuple[str, ...] = ()
    threshold: float = 0.5
    fallen: str = ""
    turn: threading.Lock = field(default_factory=threading.Lock)

    def tried(self, written: Mapping[str, object]) -> dict[str, Json]:
        """The answer to a case; with every input in turn put back to its start; and along the values of one input.

        Args:
            written: `values`, one for each field; `shown`, the place of the input to go along.

        Raises:
            UsageError: the values are none of these inputs; the model was not asked.
            FallenError: the model did something wrong, now or before.
        """
        values, shown = read(self.fields, written.get("values")), written.get("shown")
        place = shown if isinstance(shown, int) and not isinstance(shown, bool) and 0 <= shown < len(self.fields) else 0
        points = self.fields[place].points
        moved = [i for i, entry in enumerate(self.fields) if entry.start != values[i]]
        back = [_with(values, i, self.fields[i].start) for i in moved]
        answers = self._asked([values, *back, *(_with(values, place, point) for point in points)])
        own, rest = answers[0], answers[1:]
        effects = sorted(zip(moved, rest, strict=False), key=lambda entry: (-self._apart(own, entry[1]), entry[0]))
        return {
            "answer": self._said(own),
            "effects": [{"input": i, "without": self._said(other), "apart": self._apart(own, other)} for i, other in effects],
            "curve": [{"at": _json(point), **self._said(other)} for point, other in zip(points, rest[len(moved) :], strict=True)],
            "shown": place,
        }

    def _asked(self, rows: Sequence[Sequence[Given]]) -> list[float]:
        batch = rows_of(self.schema, rows)
        with self.turn:
            if self.fallen:
                raise FallenError(self.fallen)
            try:
                return [float(answer) for answer in self.ask(batch)]
            except MisbehavedError as error:
                self.fallen = f"The model misbehaved and was ended: {error}"
                raise FallenError(self.fallen) from error

    def _apart(self, one: float, other: float) -> float:
        """By how much two answers differ; of labels 1 where they do."""
        return float(one != other) if self.labels else abs(one - other)

    def _said(self, answer: float) -> dict[str, Json]:
        """An answer as a number, and in words."""
        if self.labels:
            return {"number": answer, "words": name(self.labels[int(answer)])}
        words = f"{answer:.4g}"
        if self.form is AnswerForm.SCORE:
            words = f"{answer:.4f}, {'selected' if answer >= self.threshold else 'not selected'}"
        return {"number": answer, "words": words}


def _json(point: Given) -> Json:
    return str(point) if isinstance(point, date) else point


def _with(values: Sequence[Given], place: int, value: Given) -> tuple[Given, ...]:
    return (*values[:place], value, *values[place + 1 :])
