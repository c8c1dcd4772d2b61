"""From a holdout to a table of predictions."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gate.core.facts import Misbehaviour
from gate.errors import DataError, StorageError
from gate.predict.interface import Answer
from gate.predict.table import joined, predict_table

ANSWER = Answer.label((0, 1))


class FakePredictor:
    """A candidate that selects positive `x`, remembers what it saw, and misbehaves on the batch that it is told to."""

    sandbox = "fake"

    def __init__(self, *, fails_at: int | None = None) -> None:
        self.seen: list[pa.RecordBatch] = []
        self._fails_at = fails_at

    def load(self, folder: Path) -> Misbehaviour | None:  # noqa: ARG002  the protocol's
        """Nothing to load."""
        return None

    def answers(self, features: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:  # noqa: ARG002  the protocol's
        """One if `x` is positive."""
        self.seen.append(features)
        if self._fails_at == len(self.seen):
            return Misbehaviour(check="label", detail="no")
        return pa.array([int(value.as_py() > 0) for value in features["x"]], pa.int64())


def _batches() -> list[pa.RecordBatch]:
    return [pa.record_batch({"x": [-1, 1], "race": ["a", "b"], "label": [0, 1]}), pa.record_batch({"x": [2], "race": ["a"], "label": [0]})]


def _predict(predictor: FakePredictor, batches: list[pa.RecordBatch], output: Path, *, keep: tuple[str, ...] = ("label", "race")) -> Misbehaviour | None:
    return predict_table(predictor, batches, features=("x",), keep=keep, answer=ANSWER, output=output, column="prediction")


def test_predictions_stand_beside_what_is_kept(tmp_path: Path) -> None:
    """The output holds the kept columns and the predictions, in the order of the rows."""
    predictor, output = FakePredictor(), tmp_path / "predictions.parquet"
    misbehaviour = _predict(predictor, _batches(), output)

    assert misbehaviour is None
    assert pq.read_table(output).to_pydict() == {"label": [0, 1, 0], "race": ["a", "b", "a"], "prediction": [0, 1, 1]}


def test_the_candidate_sees_features_only(tmp_path: Path) -> None:
    """Neither the label nor a sensitive feature that is no input is sent."""
    predictor = FakePredictor()
    _predict(predictor, _batches(), tmp_path / "predictions.parquet")

    assert [batch.schema.names for batch in predictor.seen] == [["x"], ["x"]]


def test_misbehaviour_leaves_no_table(tmp_path: Path) -> None:
    """A table of half the predictions is never found by anybody."""
    output = tmp_path / "predictions.parquet"
    misbehaviour = _predict(FakePredictor(fails_at=2), _batches(), output)

    assert (misbehaviour, output.exists()) == (Misbehaviour(check="label", detail="no"), False)


@pytest.mark.parametrize(
    ("batches", "keep", "words"),
    [
        ([], ("label",), "no rows"),
        (_batches(), ("label", "age"), "age"),
        (_batches(), ("label", "prediction"), "already has a column"),
    ],
)
def test_a_holdout_that_does_not_fit_is_a_data_error(tmp_path: Path, batches: list[pa.RecordBatch], keep: tuple[str, ...], words: str) -> None:
    """No rows, an absent column or a name that is taken: said before the candidate is asked."""
    with pytest.raises(DataError, match=words):
        _predict(FakePredictor(), batches, tmp_path / "predictions.parquet", keep=keep)


def _file(path: Path, column: str, values: list[int], *, group: int) -> Path:
    pq.write_table(pa.table({column: values}), path, row_group_size=group)
    return path


def test_two_files_are_joined_row_by_row(tmp_path: Path) -> None:
    """However the files are cut, the n-th row of one stands beside the n-th of the other."""
    one, other = _file(tmp_path / "a", "a", [*range(10)], group=3), _file(tmp_path / "b", "b", [*range(10)], group=4)
    joined(one, other, tmp_path / "c")
    found = pq.read_table(tmp_path / "c").to_pydict()

    assert found == {"a": [*range(10)], "b": [*range(10)]}


def test_files_of_other_lengths_are_not_joined(tmp_path: Path) -> None:
    """A model that answered fewer rows is never compared on the rows that suit."""
    one, other = _file(tmp_path / "a", "a", [1, 2, 3], group=3), _file(tmp_path / "b", "b", [1, 2], group=3)
    with pytest.raises(StorageError, match="not about the same rows"):
        joined(one, other, tmp_path / "c")
