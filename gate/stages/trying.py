"""A candidate that is loaded and kept, so that a person may ask it about made-up cases."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.aggregate.interface import Engine, Table
from gate.core.model import ModelConfig, Value
from gate.stages.explaining import Witness, answered, form_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from gate.explain.box import AnswerForm

__all__ = ["Offered", "Trying"]

_MOST_ROWS = 200_000
_BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A candidate that waits for questions.

    Args:
        inputs: rows of the columns that it takes, no other column beside them; for the values of a made-up case.
        ask: one answer per row, as a place among the labels or as a number; raises `MisbehavedError`.
        form: what the answers are.
        labels: what it may answer, in words, by place; none for numbers.
        threshold: of a score: selected from here on.
        sandbox: what it runs in.
    """

    inputs: "pa.Table"
    ask: "Callable[[pa.RecordBatch], NDArray[np.float64]]"
    form: "AnswerForm"
    labels: tuple[str, ...]
    threshold: float
    sandbox: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trying:
    """Hands a loaded candidate over, and keeps it as long as `keep` runs.

    Args:
        keep: called with the candidate.
        seconds: how long a question may take.
    """

    keep: Callable[[Offered], None]
    seconds: float

    def put(self, witness: Witness, engine: Engine, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, tell: Callable[[str], None]) -> None:
        """Hand it over. Labels and sensitive features that are no inputs are not read."""
        import pyarrow as pa  # noqa: PLC0415 -- only where a model is tried

        predictor = witness.predictor

        def ask(batch: pa.RecordBatch) -> "NDArray[np.float64]":
            predictor.renew(self.seconds)
            return answered(predictor, batch, witness.answer)

        tell("making up a case")
        parts, rows = [], 0
        person = model.data.cluster
        columns = witness.features if person is None or person in witness.features else (*witness.features, person)
        for batch in engine.batches(table, columns, size=_BATCH_ROWS):
            parts.append(batch)
            rows += batch.num_rows
            if rows >= _MOST_ROWS:
                break
        offered = Offered(
            inputs=_once_each(pa.Table.from_batches(parts), person).select(list(witness.features)),
            ask=ask,
            form=form_of(model, witness.answer),
            labels=tuple(str(label) for label in labels) if witness.answer.labels else (),
            threshold=model.predictions.threshold,
            sandbox=predictor.sandbox,
        )
        self.keep(offered)


def _once_each(rows: "pa.Table", person: str | None) -> "pa.Table":
    """One row of every person, where gate.yaml says which rows belong together: many rows of one are no many people."""
    import numpy as np  # noqa: PLC0415 -- only where a model is tried

    if person is None:
        return rows
    codes = rows.column(person).combine_chunks().dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return rows.take(np.sort(np.unique(codes, return_index=True)[1]))
