"""How a candidate is asked, so that answers by position, by mood, by company or by occasion show.

Parts vary in size; their rows are shuffled, and some stand there twice. A few rows, the witnesses, come back in every
later part, and one of them is asked all alone. The same row has to get the same answer everywhere, up to what the size
of a batch moves in a floating-point number.
"""

from collections.abc import Callable

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
        self._witnesses: pa.RecordBatch | None = None
        self._said: pa.Array | None = None
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
        known, said = (None, None) if self._witnesses is None or self._witnesses.schema != part.schema else (self._witnesses, self._said)
        batch = part if known is None else _together(part, known)
        order = shuffled(batch.num_rows, self._random)
        answered = ask(order.asked(batch), answer)
        if isinstance(answered, Misbehaviour):
            return answered
        once = order.once(answered)
        fault = self._compared(*order.both(answered), "twice in one batch")
        if fault is None and said is not None:
            fault = self._compared(said, once.slice(part.num_rows), "again in a later batch")
        if known is None:
            chosen = pa.array(self._random.choice(part.num_rows, size=min(_WITNESSES, part.num_rows), replace=False))
            self._witnesses, self._said = part.take(chosen), once.take(chosen)
        fault = fault or self._alone(answer, ask)
        return once.slice(0, part.num_rows) if fault is None else fault

    def _alone(self, answer: Answer, ask: Ask) -> Misbehaviour | None:
        """One witness, as a person is asked about in service: without company."""
        if self._witnesses is None or self._said is None:
            return None
        place = int(self._random.integers(self._witnesses.num_rows))
        answered = ask(self._witnesses.slice(place, 1), answer)
        return answered if isinstance(answered, Misbehaviour) else self._compared(self._said.slice(place, 1), answered, "alone and in a batch")

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
