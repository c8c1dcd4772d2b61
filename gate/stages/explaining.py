"""Questions beyond the holdout's own rows: a session with a candidate that is loaded, for its explanation."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.interface import Engine, Table
from gate.core.explanation import Explanation, Part
from gate.core.facts import Misbehaviour
from gate.core.model import ModelConfig, SensitiveFeature, Task, Value
from gate.errors import DataError
from gate.predict.interface import Answer, AnswerKind, Predictor

if TYPE_CHECKING:
    import pyarrow as pa

    from gate.explain.box import AnswerForm, Ask, Box, Grouping
    from gate.explain.local import Cases, LocalSettings
    from gate.predict.client import ChildPredictor

__all__ = ["Afresh", "Kept", "Questions", "Session", "Witness", "answered", "form_of"]

Afresh = Callable[[], AbstractContextManager[Predictor | Misbehaviour]]
"""The candidate in a process of its own, which has been asked nothing, or what it did wrong when it was loaded there."""

_BATCH_ROWS = 65_536
_SAMPLE = 99
"""The stream of random numbers from which the rows are drawn."""


class Session(Protocol):
    """What is done with a candidate that is loaded and has answered for its holdout."""

    def put(
        self, witness: "Witness", engine: Engine, table: Table, model: ModelConfig, labels: tuple[Value, ...], *, tell: Callable[[str], None]
    ) -> Explanation | None:
        """Ask it; what was found out, if it is to be recorded."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """What was found about single cases, for whoever keeps a trail of them: the rows, what was found, and the id of every row."""

    box: "Box"
    cases: "Cases"
    ids: "pa.ChunkedArray"
    words: tuple[tuple[str, str], ...]


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

    predictor: "ChildPredictor"
    afresh: Afresh
    features: tuple[str, ...]
    answer: Answer
    said: Path
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What is to be found out about a candidate.

    Args:
        parts: which parts of an explanation; none named means all that this kind of answer has.
        seed: what every random draw comes from.
        rows: the most rows of the table that are looked at.
        depth: of the surrogate.
        budget: seconds; what is not reached by then is not produced.
        cases: the most refusals whose reasons and changes are looked for.
        id_column: the column that says whose row it is; None means the row's number in the table, from 0.
        keep: called with what was found about single cases.
    """

    parts: tuple[Part, ...] = ()
    seed: int = 0
    rows: int = 5000
    depth: int = 3
    budget: float = 600.0
    cases: int = 300
    id_column: str | None = None
    keep: Callable[[Kept], None] | None = None

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
        rows, ids, chosen = _sample(engine, table, model, labels, witness.features, self)
        box = _boxed(rows, witness, model, labels)
        if table.beside is None:  # a join keeps no order, so that no place in it is one of the rows that were judged
            box.judged = _judged(witness, chosen)
        box.time_left = lambda: ends - time.monotonic()
        settings = Settings(
            seed=self.seed, parts=self.parts, depth=self.depth, of=table.rows, people=_people(self, model, table, rows.select(list(witness.features)))
        )
        keep = self.keep
        held: Callable[[Cases], None] = (
            (lambda _: None) if keep is None else (lambda cases: keep(Kept(box=box, cases=cases, ids=ids, words=model.cases.reasons)))
        )
        return explained(box, settings, tell=tell, keep=held)


def _people(questions: Questions, model: ModelConfig, table: Table, inputs: "pa.Table") -> "LocalSettings":
    """What gate.yaml knows of inputs; a name that is no column of the table is a typo, and would free what nobody can change."""
    import pyarrow as pa  # noqa: PLC0415 -- as above

    from gate.explain.counterfactuals import Allowed  # noqa: PLC0415
    from gate.explain.local import LocalSettings  # noqa: PLC0415

    terms = model.cases
    unknown = sorted(terms.columns - {*table.columns, *inputs.column_names})
    if unknown:
        raise DataError("explanations in gate.yaml names what is no column", where=", ".join(unknown), next_step="Write the names as the table does.")
    for name in (*terms.only_increase, *terms.only_decrease):
        kind = inputs.schema.field(name).type if name in inputs.column_names else pa.int64()
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_temporal(kind)):
            message = f"gate.yaml says that {name!r} goes one way only, but it holds {kind} and no numbers"
            raise DataError(message, where="explanations", next_step="Declare it `immutable`, or leave it out.")
    fixed = frozenset((*terms.immutable, *(feature.column for feature in model.sensitive_features)))
    allowed = Allowed(fixed=fixed, up=frozenset(terms.only_increase), down=frozenset(terms.only_decrease))
    return LocalSettings(words=dict(terms.reasons), allowed=allowed, cases=questions.cases)


def _boxed(rows: "pa.Table", witness: Witness, model: ModelConfig, labels: tuple[Value, ...]) -> "Box":
    """The candidate, and a sample of the rows."""
    from gate.explain.box import Box  # noqa: PLC0415 -- as above

    positive = model.data.positive_label
    return Box(
        inputs=rows.select(list(witness.features)),
        ask=lambda batch: answered(witness.predictor, batch, witness.answer),
        form=form_of(model, witness.answer),
        truth=_truth(rows, numbers=not labels),
        labels=tuple(str(label) for label in labels),
        threshold=model.predictions.threshold,
        favourable=labels.index(positive) if positive in labels else -1,
        afresh=lambda: _asking_afresh(witness),
        groupings=tuple(_grouping(feature, rows, place) for place, feature in enumerate(model.sensitive_features)),
    )


def form_of(model: ModelConfig, answer: Answer) -> "AnswerForm":
    """What the numbers are that `answered` gives."""
    from gate.explain.box import AnswerForm  # noqa: PLC0415 -- as above

    if answer.kind is AnswerKind.LABEL:
        return AnswerForm.CLASS if model.task is Task.MULTICLASS_CLASSIFICATION else AnswerForm.LABEL
    return AnswerForm.SCORE if answer.kind is AnswerKind.SCORE else AnswerForm.NUMBER


def _sample(
    engine: Engine, table: Table, model: ModelConfig, labels: tuple[Value, ...], features: tuple[str, ...], questions: Questions
) -> "tuple[pa.Table, pa.ChunkedArray, NDArray[np.int64]]":
    """So many rows of the table, drawn without replacement, in the table's order; whose they are, and their places."""
    import pyarrow as pa  # noqa: PLC0415 -- as above

    named = questions.id_column
    if named is not None and named not in table.columns:
        raise DataError("The table has no such column of ids", where=named, next_step=f"It has: {', '.join([*table.columns][:50])}.")
    random = np.random.default_rng([questions.seed, _SAMPLE])
    chosen = np.sort(random.choice(table.rows, size=min(questions.rows, table.rows), replace=False)).astype(np.int64)
    columns = features if named is None or named in features else (*features, named)
    start, parts = 0, []
    for batch in engine.placed(table, model, labels, columns, size=_BATCH_ROWS):
        first, last = np.searchsorted(chosen, [start, start + batch.num_rows])
        parts.append(batch.take(pa.array(chosen[first:last] - start)))
        start += batch.num_rows
    rows = pa.Table.from_batches(parts)
    ids = pa.chunked_array([pa.array(chosen)]) if named is None else rows.column(named)
    return rows, ids, chosen


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
        yield lambda batch: answered(predictor, batch, witness.answer)


def answered(predictor: Predictor, batch: "pa.RecordBatch", answer: Answer) -> NDArray[np.float64]:
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
