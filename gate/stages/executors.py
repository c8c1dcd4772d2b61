"""A registered model asked on the executors of a cluster: each task is the parent of a sandbox of its own.

The model has stood in the driver's dock already: its files are trusted, and it loads. What travels to an executor is an
archive of the same files, whose digest is taken again there before anything of it is loaded.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import pyarrow as pa

from gate.aggregate.interface import Table
from gate.core.facts import Misbehaviour, PredictionFacts
from gate.errors import DataError, SandboxError, StorageError
from gate.predict.answers import column_type
from gate.predict.interface import Answer, Limits
from gate.predict.table import asking
from gate.registry.digest import tree_digest

if TYPE_CHECKING:
    from gate.aggregate.spark import SparkEngine
    from gate.predict.client import ChildPredictor

__all__ = ["Errand", "asked_there"]

FAULT = "gate:fault"
"""The column in which a task says what the candidate did wrong, instead of rows."""
_SHOWN_ALIKE = frozenset({"BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE", "VARCHAR"})
"""Types of which a model gets the same values from both engines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a task has to know; it travels to the executors.

    Args:
        digest: of the model's files.
        features: the columns that the candidate may see, in the order it expects.
        keep: the columns that go to the output.
        column: the name of the column of predictions.
        answer: what counts as a prediction.
        limits: what the candidate may use.
        archive: the name under which the model's files are there.
        sandbox: the backend that the driver's dock has.
        missing: what that backend lacks.
    """

    digest: str
    features: tuple[str, ...]
    keep: tuple[str, ...]
    column: str
    answer: Answer
    limits: Limits
    archive: str = ""
    sandbox: str = ""
    missing: frozenset[str] = frozenset()


def asked_there(engine: "SparkEngine", holdout: Table, errand: Errand, *, folder: Path, facts: PredictionFacts, output: Path) -> Misbehaviour | None:
    """Write the columns to keep and the candidate's predictions to a folder of Parquet parts, each by the task that asked for it.

    Raises:
        DataError: a column holds what the two engines would show a model differently.
        StorageError: the cluster failed, or did not answer for every row exactly once.
    """
    strange = [name for name in errand.features if holdout.columns[name] not in _SHOWN_ALIKE]
    if strange or holdout.textual:
        what = "a CSV" if holdout.textual else f"the column {strange[0]!r} of {holdout.columns[strange[0]].lower()}"
        raise DataError(f"the engine spark cannot show {what} to a model yet", where=holdout.location, next_step="Use numbers and texts in Parquet.")
    confinement = facts.confinement
    missing = frozenset(() if confinement is None else map(str, confinement.missing))
    known = replace(errand, sandbox=str(facts.sandbox), missing=missing, archive=f"gate-{token_hex(8)}.zip")  # of a name that this cluster has not seen
    archive = shutil.make_archive(str(output.parent / Path(known.archive).stem), "zip", folder)
    types = {known.column: column_type(known.answer), FAULT: pa.string()}
    columns = tuple(dict.fromkeys((*known.features, *known.keep)))
    engine.through(holdout, columns, known.keep, partial(_answered, known), types=types, output=output, archive=Path(archive))
    table = engine.open(str(output))
    fault = engine.first(table, FAULT)
    if fault is not None:
        return Misbehaviour(**json.loads(fault))
    if table.rows != holdout.rows:
        message = f"the executors answered for {table.rows:,} rows of {holdout.rows:,}"
        raise StorageError(message, where=holdout.location, next_step="Check again, with a table that nobody writes.")
    return None


def _answered(errand: Errand, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """One task, on an executor: the kept columns with predictions, or one line that says what the candidate did wrong."""
    first = next(batches, None)
    if first is None:
        return
    folder = _unpacked(errand)
    with _child(errand, folder) as child:
        fault = child.load(folder)
        batch: pa.RecordBatch | None = first
        while batch is not None and fault is None:
            answers = child.answers(asking(batch.select(list(errand.features)), errand.answer), errand.answer)
            if isinstance(answers, Misbehaviour):
                fault = answers
            else:
                yield _beside(batch.select(list(errand.keep)), answers, pa.nulls(batch.num_rows, pa.string()), errand)
                batch = next(batches, None)
    if fault is not None:
        kept = first.select(list(errand.keep)).slice(0, 1)
        said = pa.array([json.dumps({"check": fault.check, "detail": fault.detail})], pa.string())
        yield _beside(kept, pa.nulls(1, column_type(errand.answer)), said, errand)


def _beside(kept: pa.RecordBatch, answers: pa.Array, faults: pa.Array, errand: Errand) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([*kept.columns, answers, faults], names=[*errand.keep, errand.column, FAULT])


def _unpacked(errand: Errand) -> Path:
    """The model's files as they came here; none but those that were trusted are loaded."""
    from pyspark import SparkFiles  # noqa: PLC0415 -- on an executor

    folder = Path(SparkFiles.get(errand.archive))
    if tree_digest(folder) != errand.digest:
        raise SandboxError("the model's files came to an executor other than they left", where=str(folder), next_step="Check again.")
    return folder


def _child(errand: Errand, folder: Path) -> "ChildPredictor":
    """A child in the same sandbox as the driver's dock has."""
    from gate.predict.backends import PlainBackend, available  # noqa: PLC0415 -- on an executor
    from gate.predict.client import ChildPredictor  # noqa: PLC0415

    for backend in (*(entry.backend for entry in available() if entry.obstacle is None), PlainBackend()):
        missing = frozenset(map(str, errand.limits.facts(backend).missing))
        if backend.name == errand.sandbox and missing <= errand.missing:
            return ChildPredictor(limits=errand.limits, backend=backend, readable=[folder])
    raise SandboxError(f"an executor has no sandbox {errand.sandbox!r} as the driver has", where="evidence.sandbox", next_step="`gate doctor` there says why.")
