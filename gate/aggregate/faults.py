"""What is wrong with a table, in words: the same for every engine."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.interface import Table
from gate.core.model import ModelConfig, Value
from gate.core.moments import LARGEST
from gate.errors import DataError

__all__ = ["listed", "neither", "no_numbers", "require_all"]


def listed(labels: tuple[Value, ...], joint: str) -> str:
    """Labels in words: `0 and 1`."""
    *others, last = map(repr, labels)
    return f"{', '.join(others)} {joint} {last}"


def neither(labels: tuple[Value, ...]) -> str:
    """What a prediction is that is no label."""
    return f"neither {listed(labels, 'nor')}" if len(labels) == 2 else f"none of {listed(labels, 'and')}"


def require_all(table: Table, cells: Mapping[str, NDArray[np.int64]]) -> None:
    """Every row is counted once.

    Raises:
        DataError: the counts do not add up to the rows of the table.
    """
    if (counted := int(np.sum(cells["n"]))) != table.rows:
        raise DataError(
            f"{counted:,} rows were counted of {table.rows:,}",
            where=table.location,
            next_step="Check again, with a file that nobody writes; if it stays so, this is an error of the gate: please report it.",
        )


def no_numbers(table: Table, model: ModelConfig, rows: int) -> DataError:
    """What is wrong with labels that are no numbers."""
    return DataError(
        f"{rows:,} rows have a label in column {model.data.label!r} that is no finite number, or beyond {LARGEST:g}",
        where=table.location,
        next_step="A regression is judged by numbers: mend the column, or leave the field empty where the label is not known.",
    )
