"""Rows that are mixed from rows of a box, and what they are worth: the questions of Shapley values, dependence and changes."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gate.explain.box import AnswerForm, Box

__all__ = ["Places", "asked", "decided", "favourable", "mixed", "worth"]

Places = NDArray[np.int64]
_CELLS_AT_ONCE = 4_000_000


def mixed(box: Box, sources: Places) -> pa.Table:
    """(n, d) rows of the box, one per value: the table that takes every value from where `sources` says."""
    columns = [column.take(pa.array(sources[:, place])) for place, column in enumerate(box.inputs.columns)]
    return pa.table(columns, schema=box.inputs.schema)


def asked(box: Box, sources: Places) -> NDArray[np.float64]:
    """(n,) what the candidate answers to mixed rows, made and asked in parts so that memory stays flat.

    Raises:
        OutOfTimeError: the budget is used up.
        MisbehavedError: the candidate did something wrong.
    """
    parts = [np.empty(0), *(box.of(mixed(box, part)) for part in _parts(sources))]
    return np.concatenate(parts)


def _parts(sources: Places) -> Iterator[Places]:
    size = max(1, _CELLS_AT_ONCE // max(sources.shape[1], 1))
    return (sources[start : start + size] for start in range(0, len(sources), size))


def worth(box: Box, answers: NDArray[np.float64], own: NDArray[np.float64]) -> NDArray[np.float64]:
    """What is explained of an answer: the score or number itself, 1 for the favourable label; where no class is, 1 for the row's own."""
    if box.form is AnswerForm.CLASS:
        return np.asarray(answers == (own if box.favourable < 0 else box.favourable), dtype=np.float64)
    return np.asarray(answers, dtype=np.float64)


def favourable(box: Box, answers: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Per answer: is the row selected? The box has to be `decided`."""
    return np.asarray(box.favour(answers) == 1, dtype=bool)


def decided(box: Box) -> bool:
    """Whether some answers are favourable and others are not: a number is neither, and classes are where one is named."""
    return box.form in (AnswerForm.LABEL, AnswerForm.SCORE) or (box.form is AnswerForm.CLASS and box.favourable >= 0)
