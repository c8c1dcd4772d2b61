"""Questions beyond the holdout's own rows: a session with a candidate that is loaded, for its explanation."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.interface import Engine, Table
from gate.core.explanation import Explanation, Part
from gate.core.facts import Misbehaviour
from gate.core.model import ModelConfig, SensitiveFeature, Task, Value
from gate.predict.interface import Answer, AnswerKind, Predictor

if TYPE_CHECKING:
    import pyarrow as pa

    from gate.explain.box import AnswerForm, Box, Grouping
    from gate.predict.client import ChildPredictor

__all__ = ["Questions", "Session", "answered", "form_of"]

_BATCH_ROWS = 65_536
_SAMPLE = 99
"""The stream of random numbers from which the rows are drawn."""


class Session(Protocol):
    """What is done with a candidate that is loaded and has answered for its holdout."""

    def put(
        self,
        predictor: "ChildPredictor",
        engine: Engine,
        table: Table,
        model: ModelConfig,
        labels: tuple[Value, ...],
        *,
        features: tuple[str, ...],
        answer: Answer,
        tell: Callable[[str], None],
    ) -> Explanation | None:
        """Ask it; what was found out, if it is to be recorded."""
        ...


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

    def put(
        self,
        predictor: Predictor,
        engine: Engine,
        table: Table,
        model: ModelConfig,
        labels: tuple[Value, ...],
        *,
        features: tuple[str, ...],
        answer: Answer,
        tell: Callable[[str], None],
    ) -> Explanation:
        """Ask a candidate that is loaded, and explain its answers.

        Args:
            predictor: the candidate.
            engine: reads the table.
            table: labels, sensitive features and inputs.
            model: its entry of gate.yaml.
            labels: the label set, the negative one first; none for numbers.
            features: the columns that the candidate takes.
            answer: what counts as an answer.
            tell: called at the start of every step.

        Raises:
            DataError: the table cannot be used.
        """
        from gate.explain.explanation import Settings, explained  # noqa: PLC0415 -- nothing of it is imported unless it is asked for

        ends = time.monotonic() + self.budget
        box = _boxed(self, predictor, engine, table, model, labels, features=features, answer=answer)
        box.time_left = lambda: ends - time.monotonic()
        return explained(box, Settings(seed=self.seed, parts=self.parts, depth=self.depth, of=table.rows), tell=tell)


def _boxed(
    questions: Questions,
    predictor: Predictor,
    engine: Engine,
    table: Table,
    model: ModelConfig,
    labels: tuple[Value, ...],
    *,
    features: tuple[str, ...],
    answer: Answer,
) -> "Box":
    """The candidate, and a sample of the rows."""
    from gate.explain.box import Box  # noqa: PLC0415 -- as above

    rows = _sample(engine, table, model, labels, features, questions)
    positive = model.data.positive_label
    return Box(
        inputs=rows.select(list(features)),
        ask=lambda batch: answered(predictor, batch, answer),
        form=form_of(model, answer),
        truth=_truth(rows, numbers=not labels),
        labels=tuple(str(label) for label in labels),
        threshold=model.predictions.threshold,
        favourable=labels.index(positive) if positive in labels else -1,
        groupings=tuple(_grouping(feature, rows, place) for place, feature in enumerate(model.sensitive_features)),
    )


def form_of(model: ModelConfig, answer: Answer) -> "AnswerForm":
    """What the numbers are that `answered` gives."""
    from gate.explain.box import AnswerForm  # noqa: PLC0415 -- as above

    if answer.kind is AnswerKind.LABEL:
        return AnswerForm.CLASS if model.task is Task.MULTICLASS_CLASSIFICATION else AnswerForm.LABEL
    return AnswerForm.SCORE if answer.kind is AnswerKind.SCORE else AnswerForm.NUMBER


def _sample(engine: Engine, table: Table, model: ModelConfig, labels: tuple[Value, ...], features: tuple[str, ...], questions: Questions) -> "pa.Table":
    """So many rows of the table, drawn without replacement, in the table's order."""
    import pyarrow as pa  # noqa: PLC0415 -- as above

    random = np.random.default_rng([questions.seed, _SAMPLE])
    chosen = np.sort(random.choice(table.rows, size=min(questions.rows, table.rows), replace=False))
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


def answered(predictor: Predictor, batch: "pa.RecordBatch", answer: Answer) -> NDArray[np.float64]:
    """One number per row: the place of a label among the declared ones, a score, or a number."""
    import pyarrow as pa  # noqa: PLC0415 -- as above
    import pyarrow.compute as pc  # noqa: PLC0415

    from gate.explain.box import MisbehavedError  # noqa: PLC0415
    from gate.predict.table import asking  # noqa: PLC0415

    found = predictor.answers(asking(batch, answer), answer)
    if isinstance(found, Misbehaviour):
        raise MisbehavedError(f"{found.check}: {found.detail}")
    if answer.kind is AnswerKind.LABEL:
        found = pc.index_in(found, value_set=pa.array(list(answer.labels)))
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.float64)
