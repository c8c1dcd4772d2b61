"""What a model returned, as an array of one or two columns: the many shapes in which people answer. Runs in the child only."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from gate.predict.columns import UnfitError

__all__ = ["answer_columns"]

_SHOWN = 10


def answer_columns(answer: object, *, name: str | None) -> np.ndarray[Any, Any]:
    """The answer's column of that name; where it has no such column, its only one, or its two of probabilities.

    Args:
        answer: an array, list, Series, frame, a mapping from names to columns, or a list of such mappings, one per row.
        name: how gate.yaml calls the column of predictions or of scores; None where it gives no name.

    Raises:
        UnfitError: this is no answer, or it has more columns and none of that name, or its rows come in another order.
    """
    if answer is None:
        raise UnfitError("predict returned None", check="shape")
    answer = _as_frame(answer)
    if isinstance(answer, pd.DataFrame | pd.Series):
        _require_order(answer.index)
    if isinstance(answer, pd.DataFrame):
        return _of_frame(answer, name)
    values = answer.to_numpy() if isinstance(answer, pd.Series) else np.asarray(answer)
    values = values[:, np.newaxis] if values.ndim == 1 else values
    if values.ndim != 2 or values.shape[1] not in {1, 2}:
        raise UnfitError(f"predict returned an answer of shape {values.shape} where one column is expected", check="shape")
    return values


def _as_frame(answer: object) -> object:
    """A mapping of columns, or a list of mappings, as the frame that MLflow's server makes of it."""
    if isinstance(answer, Mapping):
        lengths = {np.ndim(column) for column in answer.values()}
        if lengths != {1}:
            raise UnfitError("predict returned a mapping whose values are no columns", check="shape")
        return pd.DataFrame(dict(answer))
    if isinstance(answer, list) and answer and all(isinstance(row, Mapping) for row in answer):
        return pd.DataFrame(answer)
    return answer


def _of_frame(frame: pd.DataFrame, name: str | None) -> np.ndarray[Any, Any]:
    """The named column before all others; a name that stands there twice is no name."""
    named = [place for place, column in enumerate(frame.columns) if name is not None and str(column) == name]
    if len(named) == 1:
        return frame.iloc[:, named].to_numpy()
    if named or frame.shape[1] not in {1, 2}:
        columns = ", ".join(ascii(str(column))[:40] for column in frame.columns[:_SHOWN])
        raise UnfitError(f"predict returned {frame.shape[1]} columns ({columns}), not one of the name {name!r} that gate.yaml gives", check="shape")
    return frame.to_numpy()


def _require_order(index: pd.Index) -> None:
    """Refuse rows in another order than they were asked in: MLflow serves answers by position, so they would go to other people."""
    asked = np.arange(len(index))
    if pd.api.types.is_integer_dtype(index.dtype) and not np.array_equal(index, asked) and np.array_equal(np.sort(index.to_numpy()), asked):
        raise UnfitError(
            "predict returned its rows in another order than it was asked: by position, as MLflow serves them, they would be mixed up", check="shape"
        )
