"""The hidden order of rows."""

import numpy as np
import pyarrow as pa

from gate.predict.order import Order, shuffled


def test_the_order_is_undone() -> None:
    """Shuffling and taking each answer once is the identity for every size; rows asked twice have two answers."""
    random = np.random.default_rng(2)
    for rows in (1, 2, 7, 16, 17, 500):
        order = shuffled(rows, random)
        batch = pa.record_batch({"x": np.arange(rows, dtype=float)})
        answers = order.asked(batch).column("x")
        one, other = order.both(answers)

        assert len(order.places) == rows + min(16, rows)
        assert order.once(answers).to_pylist() == batch.column("x").to_pylist()
        assert (len(one), one.to_pylist()) == (min(16, rows), other.to_pylist())


def test_the_first_answer_counts_and_the_second_is_seen() -> None:
    """Of a row asked twice the two answers stay apart."""
    order = Order(np.array([0, 1, 0]), 2)
    answers = pa.array(["a", "b", "c"])

    assert order.once(answers).to_pylist() == ["a", "b"]
    assert [part.to_pylist() for part in order.both(answers)] == [["a"], ["c"]]


def test_no_two_orders_are_alike() -> None:
    """Of many rows, where each stands cannot be known from where it stood before."""
    random = np.random.default_rng(1)

    assert (shuffled(1000, random).places != shuffled(1000, random).places).mean() > 0.9
