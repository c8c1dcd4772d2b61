"""Rows of one table that stand in another one too: what was learnt by heart is not to be judged, under whatever name or order.

Two people may share all values, so that some rows are in both by chance. How many is told by the table that is trusted:
of its rows that stand there once, a sample of the same size is expected to hold twice as many as values stand there
exactly twice (Good and Turing); of other sizes in proportion.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

__all__ = ["MOST", "Overlap", "overlap"]

MOST = 0.01
"""The share of the rows, beyond chance, that may stand in both tables."""
_ERRORS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """How many rows two tables have in common.

    Args:
        rows: the rows of the trusted table that stand there once; the others tell nothing.
        found: how many of them stand in the other table too.
        chance: how many were to be expected of two independent tables.
    """

    rows: int
    found: int
    chance: float

    @property
    def beyond_chance(self) -> bool:
        """Whether more are found than chance explains, at three standard errors."""
        return self.found > self.chance + _ERRORS * math.sqrt(self.chance + 1)

    @property
    def too_much(self) -> bool:
        """Whether it is beyond chance by more than `MOST` of the rows."""
        return self.beyond_chance and self.found - self.chance > MOST * self.rows


def overlap(trusted: pd.DataFrame, other: pd.DataFrame) -> Overlap:
    """The rows of one table that another has too, by the columns that both have; numbers, of whatever type, are compared in single precision."""
    columns = [name for name in trusted.columns if name in other.columns]
    if not columns:
        return Overlap(rows=0, found=0, chance=0.0)
    kinds = {name: any(is_numeric_dtype(table[name].dtype) and not is_bool_dtype(table[name].dtype) for table in (trusted, other)) for name in columns}
    values, counts = np.unique(_hashed(trusted, kinds), return_counts=True)
    once = values[counts == 1]
    return Overlap(
        rows=len(once),
        found=int(np.isin(once, _hashed(other, kinds)).sum()),
        chance=2.0 * int((counts == 2).sum()) * len(other) / max(len(trusted), 1),
    )


def _hashed(frame: pd.DataFrame, kinds: dict[str, bool]) -> NDArray[np.uint64]:
    """(n,) a number per row; a column that is a number in either table is compared as one, every other as text."""
    shown = {name: _numbers(frame[name]) if number else frame[name].astype("string").fillna("").astype(object) for name, number in kinds.items()}
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(shown), index=False), dtype=np.uint64)


def _numbers(column: "pd.Series[float]") -> NDArray[np.float32]:
    """(n,) the values, NaN for what is no number; there is one zero."""
    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype="float32", na_value=np.nan) + np.float32(0), dtype=np.float32)
