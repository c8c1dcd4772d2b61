"""Questions beyond the holdout's own rows: a session with a candidate that is loaded, for its explanation."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.interface import Engine, Table
from gate.core.explanation import Explanation, Part
from gate.core.facts import Misbehaviour
from gate.core.model import ModelConfig, SensitiveFeature, Task, Value
from gate.predict.interface import Answer, AnswerKind, Predictor

if TYPE_CHECKING:
    import pyarrow as pa

    from gate.explain.box import AnswerForm, Ask, Box, Grouping

__all__ = ["Afresh", "Questions", "Witness"]

Afresh = Callable[[], AbstractContextManager[Predictor | Misbehaviour]]
"""The candidate in a process of its own, which has been asked nothing, or what it did wrong when it was loaded there."""

_BATCH_ROWS = 65_536
_SAMPLE = 99
"""The stream of random numbers from which the rows are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """A candidate that is loaded and was judged.

    Args:
        predictor: answers.
        afresh: it in a process of its own, for questions that a memory would spoil.
        features: the columns that it takes.
        answer: what counts as an answer.
        said: a Parquet file with what it answered when it was judged, one line per row of the table.
        column: the column of it.
    """

    predictor: Predictor
    afresh: Afresh
    features: tuple[str, ...]
    answer: Answer
    said: Path
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is to be found out about a candidate.

    Args:
        parts: which parts of an explanation.
        seed: what every random draw comes from.
        rows: the most rows of the table that are looked at.
        depth: of the surrogate.
        budget: seconds; what is not reached by then is not produced.
    """

    parts: tuple[Part, ...] = tuple(Part)
    seed: int = 0
    rows: int = 5000
    depth: int = 3
    budget: float = 600.0

    def put(self, witness: Witness, engine: Engine, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, tell: Callable[[str], None]) -> Explanation:
        """Ask a candidate that is loaded, and explain its answers.

        Args:
            witness: the candidate.
            engine: reads the table.
            table: labels, sensitive features and inputs.
            model: its entry of gate.yaml.
            labels: the label set, the negative one first; none for numbers.
            tell: called at the start of every step.

        Raises:
            DataError: the table cannot be used.
        """
        from gate.explain.explanation import Settings, explained  # noqa: PLC0415 -- nothing of it is imported unless it is asked for

        ends = time.monotonic() + self.budget
        box = _boxed(self, witness, engine, table, model, labels)
        box.time_left = lambda: ends - time.monotonic()
        return explained(box, Settings(seed=self.seed, parts=self.parts, depth=self.depth, of=table.rows), tell=tell)


def _boxed(questions: Questions, witness: Witness, engine: Engine, table: Table, model: ModelConfig, labels: tuple[Value, ...]) -> "Box":
    """The candidate, and a sample of the rows."""
    from gate.explain.box import Box  # noqa: PLC0415 -- as above

    chosen = _chosen(questions, table.rows)
    rows = _sample(engine, table, model, labels, witness.features, chosen)
    positive = model.data.positive_label
    return Box(
        inputs=rows.select(list(witness.features)),
        ask=lambda batch: _answered(witness.predictor, batch, witness.answer),
        form=_form(model, witness.answer),
        truth=_truth(rows, numbers=not labels),
        labels=tuple(str(label) for label in labels),
        threshold=model.predictions.threshold,
        favourable=labels.index(positive) if positive in labels else -1,
        judged=_judged(witness, chosen),
        afresh=lambda: _asking_afresh(witness),
        groupings=tuple(_grouping(feature, rows, place) for place, feature in enumerate(model.sensitive_features)),
    )


def _form(model: ModelConfig, answer: Answer) -> "AnswerForm":
    from gate.explain.box import AnswerForm  # noqa: PLC0415 -- as above

    if answer.kind is AnswerKind.LABEL:
        return AnswerForm.CLASS if model.task is Task.MULTICLASS_CLASSIFICATION else AnswerForm.LABEL
    return AnswerForm.SCORE if answer.kind is AnswerKind.SCORE else AnswerForm.NUMBER


def _chosen(questions: Questions, rows: int) -> NDArray[np.int64]:
    """The places of so many rows, drawn without replacement, in the table's order."""
    random = np.random.default_rng([questions.seed, _SAMPLE])
    return np.sort(random.choice(rows, size=min(questions.rows, rows), replace=False)).astype(np.int64)


def _sample(engine: Engine, table: Table, model: ModelConfig, labels: tuple[Value, ...], features: tuple[str, ...], chosen: NDArray[np.int64]) -> "pa.Table":
    """The chosen rows."""
    import pyarrow as pa  # noqa: PLC0415 -- as above

    start, parts = 0, []
    for batch in engine.placed(table, model, labels, features, size=_BATCH_ROWS):
        first, last = np.searchsorted(chosen, [start, start + batch.num_rows])
        parts.append(batch.take(pa.array(chosen[first:last] - start)))
        start += batch.num_rows
    return pa.Table.from_batches(parts)


def _grouping(feature: SensitiveFeature, rows: "pa.Table", place: int) -> "Grouping":
    from gate.explain.box import Grouping  # noqa: PLC0415 -- as above

    codes = np.asarray(rows.column(f"gate:f{place}").to_numpy(), dtype=np.int64)
    return Grouping(name=feature.name, column=feature.column, groups=tuple(group.name for group in feature.groups), codes=codes)


def _truth(rows: "pa.Table", *, numbers: bool) -> NDArray[np.float64]:
    """The place of the label, or the number; NaN where it is missing or outside the label set."""
    truth = np.array(rows.column("gate:truth").to_numpy(zero_copy_only=False), dtype=np.float64)
    return np.where(np.isfinite(truth), truth, np.nan) if numbers else np.where(truth >= 0, truth, np.nan)


def _judged(witness: Witness, chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """What it answered to the chosen rows when it was judged."""
    import pyarrow as pa  # noqa: PLC0415 -- as above
    import pyarrow.parquet as pq  # noqa: PLC0415

    return _numbers(pq.read_table(witness.said, columns=[witness.column]).column(0).take(pa.array(chosen)), witness.answer)


@contextmanager
def _asking_afresh(witness: Witness) -> "Iterator[Ask]":
    """A way to ask it in a process of its own."""
    from gate.explain.box import MisbehavedError  # noqa: PLC0415 -- as above

    with witness.afresh() as predictor:
        if isinstance(predictor, Misbehaviour):
            raise MisbehavedError(f"{predictor.check}: {predictor.detail}")
        yield lambda batch: _answered(predictor, batch, witness.answer)


def _answered(predictor: Predictor, batch: "pa.RecordBatch", answer: Answer) -> NDArray[np.float64]:
    """One number per row: the place of a label among the declared ones, a score, or a number."""
    from gate.explain.box import MisbehavedError  # noqa: PLC0415 -- as above
    from gate.predict.table import asking  # noqa: PLC0415

    found = predictor.answers(asking(batch, answer), answer)
    if isinstance(found, Misbehaviour):
        raise MisbehavedError(f"{found.check}: {found.detail}")
    return _numbers(found, answer)


def _numbers(answers: "pa.Array | pa.ChunkedArray", answer: Answer) -> NDArray[np.float64]:
    import pyarrow as pa  # noqa: PLC0415 -- as above
    import pyarrow.compute as pc  # noqa: PLC0415

    if answer.kind is AnswerKind.LABEL:
        answers = pc.index_in(answers, value_set=pa.array(list(answer.labels), answers.type))
    return np.asarray(answers.to_numpy() if isinstance(answers, pa.ChunkedArray) else answers.to_numpy(zero_copy_only=False), dtype=np.float64)
