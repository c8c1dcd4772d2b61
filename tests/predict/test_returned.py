"""The shapes in which models answer."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from gate.predict.columns import UnfitError
from gate.predict.returned import answer_columns


@pytest.mark.parametrize(
    ("answer", "name", "expected"),
    [
        ([1, 0], None, [[1], [0]]),
        (np.array([[0.2, 0.8], [0.9, 0.1]]), "score", [[0.2, 0.8], [0.9, 0.1]]),
        (pd.DataFrame({"a": ["x", "y"], "b": [1, 0], "c": [2, 3]}), "b", [[1], [0]]),
        (pd.DataFrame({"b": [1, 0], "a": [2, 3]}), "b", [[1], [0]]),
        (pd.DataFrame({0: [1, 0]}), "b", [[1], [0]]),
        (pd.DataFrame({0: [0.2], 1: [0.8]}), "score", [[0.2, 0.8]]),
        ({"a": [5, 6], "b": np.array([1, 0])}, "b", [[1], [0]]),
        ([{"a": "x", "b": 1}, {"a": "y", "b": 0}], "b", [[1], [0]]),
        (pd.Series([1, 0], index=[7, 3]), None, [[1], [0]]),
        (pd.Series([1, 0], index=["r", "s"]), None, [[1], [0]]),
        (pd.Series([1, 0], index=[0.5, 0.1]), None, [[1], [0]]),
        ([], None, []),
    ],
)
def test_the_column_that_counts(answer: object, name: str | None, expected: list[list[Any]]) -> None:
    """The named column, the only one, or two of probabilities; by position, whatever the index is called."""
    assert answer_columns(answer, name=name).tolist() == expected


@pytest.mark.parametrize(
    ("answer", "name", "said"),
    [
        (None, "b", "None"),
        (pd.DataFrame({"a": [1], "b": [2], "c": [3]}), "d", "not one of the name 'd'"),
        (pd.DataFrame([[1, 2]], columns=["b", "b"]), "b", "not one of the name 'b'"),
        ({"b": 1}, "b", "no columns"),
        ({}, "b", "no columns"),
        ({"b": [[1, 2]]}, "b", "no columns"),
        (np.zeros((2, 3)), "b", "shape (2, 3)"),
        (np.zeros((2, 1, 1)), "b", "shape (2, 1, 1)"),
        (5, "b", "shape ()"),
        (pd.Series([1, 0, 1], index=[2, 0, 1]), "b", "another order"),
        (pd.DataFrame({"b": [1, 0]}, index=[1, 0]), "b", "another order"),
    ],
)
def test_what_is_no_answer_is_refused(answer: object, name: str, said: str) -> None:
    """Nothing is guessed: neither among columns without the name, nor between positions and an index that was sorted."""
    with pytest.raises(UnfitError) as caught:
        answer_columns(answer, name=name)

    assert (caught.value.check, said in str(caught.value)) == ("shape", True)
