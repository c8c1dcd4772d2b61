"""How a candidate is asked: whatever answers by something else than the row is found out."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from gate.core.facts import Misbehaviour
from gate.predict.interface import Answer
from gate.predict.interview import Interview

Model = Callable[[np.ndarray], np.ndarray]
LABEL, SCORE = Answer.label((0, 1)), Answer.score()


def _asked(model: Model, answer: Answer, *, rows: int = 5000, seed: int = 0, calls: int = 2) -> pa.Array | Misbehaviour:
    """What the interview makes of a model of one column, over several batches."""
    interview = Interview(batch_rows=1000, random=np.random.default_rng(seed))
    x = np.random.default_rng(7).normal(size=rows)

    def ask(batch: pa.RecordBatch, _answer: Answer) -> pa.Array:
        assert batch.num_rows <= 1000 + 16 + 16
        return pa.array(model(batch.column("x").to_numpy()))

    found: list[pa.Array] = []
    for part in np.array_split(x, calls):
        column = interview.answers(pa.record_batch({"x": part}), answer, ask)
        if isinstance(column, Misbehaviour):
            return column
        found.append(column)
    whole = pa.concat_arrays(found)
    assert len(whole) == rows
    return whole


def _honest(x: np.ndarray) -> np.ndarray:
    return (x > 0).astype(np.int64)


class _ByCount:
    """Answers well for so many rows, and then the opposite."""

    def __init__(self, rows: int) -> None:
        self.left = rows

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.left -= len(x)
        return _honest(x) if self.left > 0 else 1 - _honest(x)


class _ByMemory:
    """Answers the opposite to whoever comes again."""

    def __init__(self) -> None:
        self.seen: set[float] = set()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        again = np.array([value in self.seen for value in x])
        self.seen.update(x.tolist())
        return np.where(again, 1 - _honest(x), _honest(x))


def test_an_honest_model_is_believed() -> None:
    """Labels and scores come back row by row, whatever the order of asking."""
    x = np.random.default_rng(7).normal(size=5000)

    assert _asked(_honest, LABEL).to_pylist() == _honest(x).tolist()
    assert _asked(lambda x: 1 / (1 + np.exp(-x)), SCORE).to_pylist() == (1 / (1 + np.exp(-x))).tolist()


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        (lambda x: np.random.default_rng(len(x)).integers(0, 2, len(x)), LABEL),
        (lambda x: np.where(np.arange(len(x)) < len(x) / 2, _honest(x), 1 - _honest(x)), LABEL),
        (lambda x: _honest(x) if len(x) > 100 else 1 - _honest(x), LABEL),
        (lambda x: (x > x.mean() + 0.5 * x.std()).astype(np.int64) if len(x) > 1 else np.ones(1, np.int64), LABEL),
        (_ByCount(1500), LABEL),
        (_ByMemory(), LABEL),
        (lambda x: 1 / (1 + np.exp(-x)) * (0.9 if len(x) < 2 else 1), SCORE),
        (lambda x: np.random.default_rng(len(x)).uniform(size=len(x)), SCORE),
    ],
    ids=["at random", "by position", "by size", "by neighbours", "by count", "by memory", "score alone", "score at random"],
)
def test_answers_that_do_not_depend_on_the_row_alone_are_misbehaviour(model: Model, answer: Answer) -> None:
    """By mood, place, company, size, count or memory: found out under every seed."""
    found = _asked(model, answer)

    assert isinstance(found, Misbehaviour)
    assert (found.check, "two answers to the same row" in found.detail) == ("nondeterministic", True)


def test_last_bits_may_differ() -> None:
    """What the size of a batch moves in a float is no misbehaviour, and neither is one label that flips for it."""
    single = _asked(lambda x: (1 / (1 + np.exp(-x))) * (1 + 1e-6 * (len(x) % 7)), SCORE)

    flips = iter([True])

    def one_flip(x: np.ndarray) -> np.ndarray:
        return 1 - _honest(x) if len(x) == 1 and next(flips, False) else _honest(x)

    assert not isinstance(single, Misbehaviour)
    assert not isinstance(_asked(one_flip, LABEL), Misbehaviour)


def test_what_goes_wrong_in_asking_is_passed_on() -> None:
    """A fault of the child ends the interview."""
    fault = Misbehaviour(check="exit", detail="gone")

    assert Interview(batch_rows=10).answers(pa.record_batch({"x": [1.0]}), LABEL, lambda _batch, _answer: fault) is fault


def test_rows_of_another_kind_begin_anew() -> None:
    """Witnesses are no use where the columns have other types."""
    interview = Interview(batch_rows=10)
    for column in ([1.0, -1.0], ["a", "b"]):
        batch = pa.record_batch({"x": column})
        answers = interview.answers(batch, LABEL, lambda batch, _answer: pa.array([int(value in (1.0, "a")) for value in batch.column("x").to_pylist()]))

        assert answers.to_pylist() == [1, 0]
