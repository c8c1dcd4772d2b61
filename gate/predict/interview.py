"""How a candidate is asked, so that answers by position, by mood, by company or by occasion show.

Parts vary in size; their rows are shuffled, and some stand there twice. A few rows, the witnesses, come back in every
later part, and each is asked all alone too. The same row has to get the same answer everywhere, up to what the size
of a batch moves in a floating-point number.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.predict.answers import checked
from gate.predict.interface import Answer
from gate.predict.order import shuffled

__all__ = ["Interview"]

Ask = Callable[[pa.RecordBatch, Answer], pa.Array | Misbehaviour]

_WITNESSES = 16
_TOLERANCE = 1e-4
"""What the size of a batch may move in a number, absolutely or relatively: single precision after long sums."""
_FLIPS = 0.01
"""The share of repeated rows whose label may flip, besides one: a score that lies on the threshold to its last bits."""


class Interview:
    """The questions to one candidate, and what it has said to the witnesses.

    Args:
        batch_rows: the most rows of the holdout in one question.
        random: orders, sizes and witnesses are drawn from it; the candidate never sees it.
    """

    def __init__(self, *, batch_rows: int, random: np.random.Generator | None = None) -> None:
        self._batch_rows = batch_rows
        self._random = random or np.random.default_rng()
        self._known: tuple[pa.RecordBatch, pa.Array] | None = None
        self._repeated = 0
        self._flipped = 0

    def answers(self, features: pa.RecordBatch, answer: Answer, ask: Ask) -> pa.Array | Misbehaviour:
        """One valid answer per row, in order, or what the candidate did wrong."""
        parts: list[pa.Array] = []
        start = 0
        while start < features.num_rows:
            size = int(self._random.integers(self._batch_rows // 2, self._batch_rows, endpoint=True))
            part = features.slice(start, max(1, size))
            column = self._part(part, answer, ask)
            if isinstance(column, Misbehaviour):
                return column
            parts.append(column)
            start += part.num_rows
        return pa.concat_arrays(parts) if parts else checked(b"f\x01", answer, rows=0)

    def _part(self, part: pa.RecordBatch, answer: Answer, ask: Ask) -> pa.Array | Misbehaviour:
        known = self._known if self._known is not None and self._known[0].schema == part.schema else None
        batch = part if known is None else _together(part, known[0])
        order = shuffled(batch.num_rows, self._random)
        answered = ask(order.asked(batch), answer)
        if isinstance(answered, Misbehaviour):
            return answered
        once = order.once(answered)
        fault = self._compared(*order.both(answered), "twice in one batch")
        if known is not None:
            fault = fault or self._compared(known[1], once.slice(part.num_rows), "again in a later batch")
            fault = fault or self._alone(known, [int(self._random.integers(known[0].num_rows))], answer, ask)
        else:
            chosen = pa.array(self._random.choice(part.num_rows, size=min(_WITNESSES, part.num_rows), replace=False))
            self._known = known = part.take(chosen), once.take(chosen)
            fault = fault or self._again(*known, answer, ask, "with few others and with many")
            fault = fault or self._alone(known, range(known[0].num_rows), answer, ask)
        return once.slice(0, part.num_rows) if fault is None else fault

    def _alone(self, known: tuple[pa.RecordBatch, pa.Array], places: Iterable[int], answer: Answer, ask: Ask) -> Misbehaviour | None:
        """Witnesses one by one, as a person is asked about in service."""
        rows, said = known
        for place in places:
            if fault := self._again(rows.slice(place, 1), said.slice(place, 1), answer, ask, "alone and with others"):
                return fault
        return None

    def _again(self, rows: pa.RecordBatch, said: pa.Array, answer: Answer, ask: Ask, occasion: str) -> Misbehaviour | None:
        answered = ask(rows, answer)
        return answered if isinstance(answered, Misbehaviour) else self._compared(said, answered, occasion)

    def _compared(self, one: pa.Array, other: pa.Array, occasion: str) -> Misbehaviour | None:
        """What is wrong with two answers to the same rows."""
        if pa.types.is_floating(one.type):
            wrong = not np.allclose(one.to_numpy(), other.to_numpy(), rtol=_TOLERANCE, atol=_TOLERANCE)
        else:
            self._repeated += len(one)
            self._flipped += sum(first != second for first, second in zip(one.to_pylist(), other.to_pylist(), strict=True))
            wrong = self._flipped > max(1, _FLIPS * self._repeated)
        return Misbehaviour(check="nondeterministic", detail=f"the candidate gave two answers to the same row, asked {occasion}") if wrong else None


def _together(part: pa.RecordBatch, known: pa.RecordBatch) -> pa.RecordBatch:
    (batch,) = pa.Table.from_batches([part, known]).combine_chunks().to_batches()
    return batch
