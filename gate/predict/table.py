"""From a holdout to a table of predictions: features go to the candidate, everything else stays here."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from gate.core.facts import Misbehaviour
from gate.errors import DataError, StorageError
from gate.predict.answers import column_type
from gate.predict.interface import Answer, Predictor
from gate.predict.wire import ANSWER_NAME

__all__ = ["ahead", "joined", "predict_table"]


def predict_table(
    predictor: Predictor,
    batches: Iterable[pa.RecordBatch],
    *,
    features: tuple[str, ...],
    keep: tuple[str, ...],
    answer: Answer,
    output: Path,
    column: str,
) -> Misbehaviour | None:
    """Write the kept columns and the candidate's predictions to a Parquet file, batch by batch; memory stays flat.

    Args:
        predictor: a candidate that has been loaded.
        batches: the holdout.
        features: the columns that the candidate may see, in the order it expects.
        keep: the columns that go to the output.
        answer: what counts as a prediction.
        output: the Parquet file; it does not exist afterwards if the candidate misbehaved.
        column: the name of the column of predictions.

    Raises:
        DataError: a column is absent, or the prediction's name is taken, or there are no rows.
        StorageError: the output could not be written.
    """
    if column in keep:
        raise DataError("The holdout already has a column of this name", where=column, next_step="Name predictions.column in gate.yaml differently.")
    rows, done = ahead(batches), False
    try:
        first = next(rows, None)
        if first is None:
            raise DataError("The holdout has no rows", next_step="Check data.uri in gate.yaml.")
        _require(first.schema, (*features, *keep))
        misbehaviour = _write(predictor, _chain(first, rows), features=features, keep=keep, answer=answer, output=output, column=column)
        done = misbehaviour is None
    except OSError as error:
        raise StorageError(f"The predictions could not be written: {error}", where=str(output), next_step="Check space and rights there.") from error
    finally:
        if not done:
            output.unlink(missing_ok=True)
    return misbehaviour


def _write(
    predictor: Predictor, batches: Iterable[pa.RecordBatch], *, features: tuple[str, ...], keep: tuple[str, ...], answer: Answer, output: Path, column: str
) -> Misbehaviour | None:
    writer: pq.ParquetWriter | None = None
    try:
        for batch in batches:
            predictions = predictor.answers(_asking(batch.select(features), answer), answer)
            if isinstance(predictions, Misbehaviour):
                return predictions
            kept = batch.select(keep)
            schema = kept.schema.append(pa.field(column, column_type(answer)))
            writer = writer or pq.ParquetWriter(output, schema)
            writer.write_batch(pa.record_batch([*kept.columns, predictions], schema=schema))
    finally:
        if writer is not None:
            writer.close()
    return None


def ahead(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same batches, each read while the candidate answers the one before it."""
    rows = iter(batches)
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(next, rows, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, rows, None)
            yield batch


def _asking(features: pa.RecordBatch, answer: Answer) -> pa.RecordBatch:
    """The features, and with them which column of the answer counts."""
    return features.replace_schema_metadata(None if answer.column is None else {ANSWER_NAME: answer.column.encode()})


def _chain(first: pa.RecordBatch, rest: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    yield first
    yield from rest


def _require(schema: pa.Schema, columns: tuple[str, ...]) -> None:
    absent = sorted({name for name in columns if name not in schema.names})
    if absent:
        raise DataError("The holdout lacks columns that are needed", where=", ".join(absent), next_step=f"It has: {', '.join(schema.names[:50])}.")


def joined(one: Path, other: Path, output: Path) -> None:
    """Write the rows of two Parquet files side by side, in their order; memory stays flat.

    Raises:
        StorageError: they do not have the same number of rows, or the output could not be written.
    """
    try:
        with pq.ParquetFile(one) as left, pq.ParquetFile(other) as right:
            if left.metadata.num_rows != right.metadata.num_rows:
                raise StorageError("The predictions of two models are not about the same rows", where=str(output), next_step="Check again.")
            schema = pa.schema([*left.schema_arrow, *right.schema_arrow])
            with pq.ParquetWriter(output, schema) as writer:
                for first, second in _aligned(left, right):
                    writer.write_batch(pa.record_batch([*first.columns, *second.columns], schema=schema))
    except OSError as error:
        raise StorageError(f"The predictions could not be written: {error}", where=str(output), next_step="Check space and rights there.") from error


def _aligned(left: pq.ParquetFile, right: pq.ParquetFile) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Batches of the same rows, however the two files are cut."""
    others = right.iter_batches()
    rest: pa.RecordBatch | None = None
    for batch in left.iter_batches():
        while batch.num_rows:
            rest = rest if rest is not None and rest.num_rows else next(others)
            rows = min(batch.num_rows, rest.num_rows)
            yield batch.slice(0, rows), rest.slice(0, rows)
            batch, rest = batch.slice(rows), rest.slice(rows)  # noqa: PLW2901 -- what is left of it
